"""Byte-level BPE counts as the reference encodes, for every known way to split a text: tokenizers
trained here, with texts of what the patterns tell apart.
"""

import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence, Split

from pyworker._native import TokenCounter, UnsupportedTokenizer

Json = dict[str, Any]

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = CL100K.replace("{1,3}", "")
QWEN35 = QWEN2.replace(r"?\p{L}+", r"?[\p{L}\p{M}]+").replace(
    r" ?[^\s\p{L}\p{N}]", r" ?[^\s\p{L}\p{M}\p{N}]"
)
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN = O200K.replace(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace("{1,3}", "")
DEEPSEEK = (
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    (
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
        "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
    ),
)


def split(*patterns: str, behavior: str = "isolated", invert: bool = False) -> Sequence:
    splits = [Split(Regex(pattern), behavior, invert=invert) for pattern in patterns]  # pyright: ignore[reportArgumentType]
    return Sequence([*splits, ByteLevel(add_prefix_space=False, use_regex=False)])


def then_gpt2(first: pre_tokenizers.PreTokenizer) -> Sequence:
    return Sequence([first, ByteLevel(add_prefix_space=False)])


WAYS: dict[str, pre_tokenizers.PreTokenizer] = {
    "gpt2": ByteLevel(add_prefix_space=False),
    "gpt2, prefix space": ByteLevel(add_prefix_space=True),
    "gpt2, split": split(GPT2),
    "starcoder": then_gpt2(Digits(individual_digits=True)),
    "digits": then_gpt2(Digits(individual_digits=False)),
    "each number": then_gpt2(Split(Regex(r"\p{N}"), "isolated")),
    "cl100k": split(CL100K),
    "cl100k, removed": split(CL100K, behavior="removed", invert=True),
    "qwen2": split(QWEN2),
    "qwen3.5": split(QWEN35),
    "o200k": split(O200K),
    "tekken": split(TEKKEN),
    "deepseek": split(*DEEPSEEK),
    "in one piece": ByteLevel(add_prefix_space=False, use_regex=False),
}

# Read by trainers, so that merges cross what patterns part: contractions, digits, scripts, spaces.
CORPUS = [
    "It's what they've said: we're done, I'll go. DON'T! 12345 67,890 2024-11-23\r\n\r\n\t\tindent",
    "def main(argv):\n    return {'a': [1, 2, 3], 'b': \"x's\"}  # note\n\n\nclass HelloWorld:\n        pass",
    "Привет, мир! Ёлка и ещё 100 слов. Ça va très bien, où êtes-vous? Straße ǅ",
    "你好，世界。今天天气很好，我们去公园。カタカナとひらがな・テスト゠ー 한국어 텍스트입니다.",
    "नमस्ते दुनिया, क्या हाल है? مرحبا بالعالم ١٢٣ שָׁלוֹם ไทยก็ได้",
    "😀😃👨‍👩‍👧 🇩🇪 ½ ² Ⅷ ... --- === /// <|x|> $5 #tag @you _a_b_ e\u0301o\u0308 \u3000\u00a0 x",
] * 3


@cache
def trained(way: str, *, nfc: bool = False, complete: bool = True) -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = WAYS[way]
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        min_frequency=1,
        show_progress=False,
        initial_alphabet=ByteLevel.alphabet() if complete else [],
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer.to_str()


def both(file: str) -> tuple[TokenCounter, Tokenizer]:
    return TokenCounter(file.encode()), Tokenizer.from_str(file)


@cache
def counters(way: str) -> list[tuple[TokenCounter, Tokenizer]]:
    """As trained; with NFC; with bytes that have no token; and with merges in another order."""
    plain: Json = json.loads(trained(way))
    random.Random(7).shuffle(plain["model"]["merges"])
    ignoring: Json = json.loads(trained(way, nfc=True, complete=False))
    ignoring["model"]["ignore_merges"] = True
    files = [trained(way), trained(way, nfc=True), json.dumps(plain), json.dumps(ignoring)]
    return [both(file) for file in files]


def expected(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


PIECES = [
    *(" ", "  ", "   ", "\n", "\r\n", "\t", "\r", "\n\n", "\u00a0", "\u2003", "\u0085", "\u3000"),
    *("'s", "'S", "'ſ", "'T", "'re", "'vE", "'LL", "'l", "'", "''", "’s", "\u200b", "\x00", "\x7f"),
    *("1", "12", "123", "1234", "٣", "½", "²", "Ⅷ", "\U00011de0", "\U00016ff4"),
    *("a", "A", "é", "É", "ß", "ǅ", "ʰ", "ª", "ﬀ", "İ", "K", "Ａ", "ABc", "aB", "hello", "World"),
    *("中", "文字", "の", "ー", "・", "゠", "\u3099", "か\u3099", "ｶﾞ", "한", "\u1112\u1161\u11ab"),
    *("\u0301", "\u0323\u0301", "\u0301\u0323", "\u0345", "\u0334", "क्", "\u093c", "ا", "\u064b"),
    *("😀", "👩‍👧", "🇩🇪", "\ufe0f", "\u20e3", "!", "?!", "/", "//\n", "#", "$", "_", "…", "<|x|>"),
    *("\ue000", "\U000f0000", "\u0378", "\ufffd", "aaaaaaaaaaaaaaaaaaaa"),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(max_size=40),
    st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 90)), max_size=4).map(
        lambda runs: "".join(piece * times for piece, times in runs)
    ),
    st.sampled_from(CORPUS).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.sampled_from(PIECES)).map(
            lambda cut: text[: cut[0]] + cut[1] + text[cut[0] :]
        )
    ),
)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_any_text(way: str, texts: list[str]) -> None:
    for counter, tokenizer in counters(way):
        for text in texts:
            assert counter.count(text, special=False) == expected(tokenizer, text)


def code_points() -> Iterator[str]:
    """All where scripts are small, and one of every 97: that each of them has its class is told by
    the test of the table.
    """
    small = (*range(0x3400), *range(0xA640, 0xAC00), *range(0xF900, 0x10000))
    for point in sorted({*small, *range(0, 0x110000, 97)}):
        if not 0xD800 <= point < 0xE000:
            yield chr(point)


@pytest.mark.parametrize("way", ["gpt2", "cl100k", "o200k"])
def test_every_character_among_others(way: str) -> None:
    counter, tokenizer = both(trained(way, nfc=True))
    text = "".join(f"a{c}b 1{c}!{c}A\n {c}'s{c}\u0301" for c in code_points())
    assert counter.count(text, special=False) == expected(tokenizer, text)


@pytest.mark.parametrize("unit", ["a", " ", "\n", "中", "ab", "it's ", "😀", "\u0301", "\r\n\t"])
def test_runs_of_any_length(unit: str) -> None:
    for way in ("gpt2", "qwen2", "o200k"):
        counter, tokenizer = both(trained(way, nfc=True))
        for times in (1, 7, 8, 9, 64, 127, 129, 600, 3000):
            text = unit * times
            assert counter.count(text, special=False) == expected(tokenizer, text), times


def test_long_texts_and_their_beginnings() -> None:
    """Counted in stretches, which are remembered."""
    drawn = random.Random(3)
    text = "".join(drawn.choice(PIECES + CORPUS) for _ in range(1500))
    for way in ("gpt2, prefix space", "qwen2", "o200k", "deepseek"):
        counter, tokenizer = both(trained(way, nfc=True))
        for end in (len(text) // 3, len(text) // 2, len(text), len(text)):
            assert counter.count(text[:end]) == expected(tokenizer, text[:end])


@pytest.mark.parametrize("spelled", ["pairs", "strings"])
def test_merges_spelled_either_way(spelled: str) -> None:
    file: Json = json.loads(trained("gpt2"))
    if spelled == "strings":
        merges = [" ".join(pair) for pair in file["model"]["merges"]]
        file["model"]["merges"] = ["#version: 0.2", *merges]
    counter, tokenizer = both(json.dumps(file))
    for text in CORPUS:
        assert counter.count(text) == expected(tokenizer, text)


def test_many_tokens_that_no_merge_leads_to() -> None:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    chosen = random.Random(3)
    words = {"".join(chosen.choices("abcdefgh", k=7)) for _ in range(20_000)}
    tokens = {token: number for number, token in enumerate([*letters, *sorted(words)])}
    tokenizer = Tokenizer(models.BPE(tokens, [], ignore_merges=True))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    counter = TokenCounter(tokenizer.to_str().encode())
    text = "\n".join(sorted(words))
    assert counter.count(text) == expected(tokenizer, text) == 2 * len(words) - 1


def test_unknown_patterns_are_refused() -> None:
    known: Json = json.loads(trained("cl100k"))
    pattern = known["pre_tokenizer"]["pretokenizers"][0]["pattern"]
    for regex in (CL100K + " ", CL100K.replace("(?i:", "(?:"), r"\p{N}{1,3}", r"\s+"):
        pattern["Regex"] = regex
        with pytest.raises(UnsupportedTokenizer):
            TokenCounter(json.dumps(known).encode())


@pytest.mark.parametrize("name", ["gpt2", "qwen2.5"])
def test_published_ones(name: str, shared_dir: Path) -> None:
    folder = shared_dir / "data"
    counter = TokenCounter((folder / "tokenizers" / name / "tokenizer.json").read_bytes())
    counts = json.loads((folder / "tokenizers" / "COUNTS.json").read_text())["counts"][name]
    for file, (whole, with_special, by_line) in counts.items():
        text = (folder / "text" / file).read_bytes().decode()
        assert counter.count(text, special=False) == whole, file
        assert counter.count(text) == with_special, file
        assert sum(counter.count(line, special=False) for line in text.split("\n")) == by_line, file
