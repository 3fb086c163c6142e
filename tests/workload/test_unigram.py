"""Unigram, counted as the reference counts it: charsmaps, clusters, unknown text, old files."""

import base64
import functools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from charsmaps import charsmap, compositions
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from pyworker._native import TokenCounter, UnsupportedTokenizer

Json = dict[str, Any]

TEXT = """The cat sat on the mat; the dog's coat isn't wet. Größe, naïve façade, ①②③ ﬁnd ½ cup …
Кошка сидела на ковре, собака нет. 日本語のテキスト、カタカナ。 中文字符和 English 混排。 한국어 텍스트
हिन्दी में पाठ क्षत्रिय। العربية نَصٌّ. Việt Nam ộ 👍🏽 👩‍👩‍👧 e\u0301 a\u0323\u0302"""

# Whatever joins to clusters, on either side; spaces of all kinds; what a charsmap changes, or drops.
HOT = [
    *("a", "e", "é", "É", "1", " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\x85", "\xa0", "\u3000"),
    *("\u0301", "\u0308", "\u0323\u0302", "\u0345", "\u200d", "\u200c", "\ufe0f", "\u20e3", "\u0344"),
    *("\u0600", "\u06dd", "\u0604a", "\u0890", "\U000110bd", "\u0627\u0654", "\u0646", "\u064e"),
    *("\u0915", "\u094d", "\u0915\u094d\u0937", "\u093c", "\u093f", "\u09a8\u09bc", "\u0e33", "\u0f73"),
    *("ᄀ", "ᅡ", "ᆨ", "가", "각", "\U00016d63", "©", "®", "☺", "👨\u200d👩\u200d👧", "🏽", "🇩", "🇩🇪"),
    *("①", "ﬁ", "½", "…", "¨", "ﷺ", "Å", "ǆ", "İ", "ς", "ｶ", "ﾞ", "カ\u3099", "\u200b", "\ufeff", "\xad"),
    *("``", "''", "'", "`", '"', "▁", "▁▁", "<unk>", "<mask>", "中", "\U0002f800", "\0", "\x7f", "\uffff"),
]  # fmt: skip

SPLIT: Json = {"type": "WhitespaceSplit"}
STRIP_RIGHT: Json = {"type": "Strip", "strip_left": False, "strip_right": True}


def replace(kind: str, pattern: str, content: str) -> Json:
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def metaspace(**more: object) -> Json:
    return {"type": "Metaspace", "replacement": "▁", **more}


def sequence(*parts: Json) -> Json:
    kind = "normalizers" if parts and parts[0]["type"] != "WhitespaceSplit" else "pretokenizers"
    return {"type": "Sequence", kind: list(parts)}


@functools.cache
def precompiled() -> str:
    """White space to spaces, controls dropped, compositions of many scripts: in NFKC's way."""
    changes = dict.fromkeys("\t\n\r\x0b\x0c\xa0\u2028\u3000", " ") | {"\r\n": " ", "\u200b": " "}
    changes |= dict.fromkeys("\x01\x7f\xad\ufeff\u200e", "")
    for codes in (
        range(0xA0, 0x250),
        range(0x620, 0x640),
        range(0x928, 0x960),
        range(0x3300, 0x3340),
    ):
        changes |= compositions(codes)
    changes |= compositions(range(0xFB00, 0xFB07)) | {"…": "...", "ﷺ": "صلى الله", "①": "1"}
    return base64.b64encode(charsmap(changes)).decode()


def pipelines() -> dict[str, tuple[Json | None, Json]]:
    """Normaliser and pre-tokeniser of the families of files, by their name."""
    charsmap: Json = {"type": "Precompiled", "precompiled_charsmap": precompiled()}
    quotes = [replace("String", "``", '"'), replace("String", "''", '"')]
    plain: list[Json] = [{"type": "NFKD"}, {"type": "StripAccents"}]
    lower: Json = {"type": "Lowercase"}
    space, mark = replace("Regex", " {2,}", " "), replace("Regex", " {2,}", "▁")
    old = metaspace(str_rep="▁", add_prefix_space=True)
    always, first = (
        metaspace(prepend_scheme="always", split=True),
        metaspace(prepend_scheme="first"),
    )
    strip: Json = {"type": "Strip", "strip_left": True, "strip_right": True}
    return {
        "t5": (charsmap, sequence(SPLIT, old)),
        "t5, new": (sequence(charsmap, STRIP_RIGHT, mark), first),
        "xlm-r": (sequence(charsmap, space), sequence(SPLIT, always)),
        "mbart": (sequence(charsmap, STRIP_RIGHT, mark), always),
        "albert": (sequence(*quotes, *plain, lower, charsmap, space), old),
        "xlnet": (sequence(*quotes, *plain, charsmap), sequence(SPLIT, old)),
        "deberta": (sequence(lower, strip, charsmap, space), always),
        "plain": (None, metaspace(prepend_scheme="never", add_prefix_space=False)),
    }


@functools.cache
def vocabulary() -> list[tuple[str, float]]:
    """Trained here, with a piece for most bytes: then unknown text is counted by its length."""
    tokenizer: Any = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=160, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TEXT.splitlines() * 3, trainer)
    pieces = [(piece, score) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
    return [*pieces, *((f"<0x{byte:02X}>", -15.0) for byte in range(256) if byte != 0xF1)]


def file_of(normalizer: Json | None, pre_tokenizer: Json, **model: object) -> bytes:
    unigram = {"type": "Unigram", "unk_id": 0, "vocab": vocabulary(), "byte_fallback": True} | model
    mask: Json = {"id": len(vocabulary()), "content": "<mask>", "lstrip": True, "rstrip": False}
    mask |= {"single_word": False, "normalized": False, "special": True}
    parts = {"added_tokens": [mask], "normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    return json.dumps({"version": "1.0", **parts, "model": unigram}).encode()


def both(file: bytes) -> tuple[TokenCounter, Any]:
    return TokenCounter(file), Tokenizer.from_str(file.decode())


@functools.cache
def pair(name: str, byte_fallback: bool = True) -> tuple[TokenCounter, Any]:
    return both(file_of(*pipelines()[name], byte_fallback=byte_fallback))


def check(counters: tuple[TokenCounter, Any], text: str) -> None:
    native, reference = counters
    encoding = reference.encode(text)
    assert native.count(text) == len(encoding.ids), (text, encoding.tokens)


@pytest.mark.parametrize("name", pipelines())
def test_every_pipeline_counts_as_the_reference(name: str) -> None:
    chance = random.Random(name)
    for text in (TEXT, "", " ", "\n\n", "▁", "<unk><unk>", "<mask> <mask>a", "  a  b  "):
        check(pair(name), text)
    for _ in range(400):
        text = "".join(chance.choices(HOT, k=chance.randint(1, 12)))
        check(pair(name, chance.random() < 0.7), text)


@settings(max_examples=60)
@given(
    st.sampled_from(list(pipelines())),
    st.booleans(),
    st.lists(st.sampled_from(HOT) | st.text(max_size=3), max_size=12).map("".join),
)
def test_any_text_counts_as_the_reference(name: str, byte_fallback: bool, text: str) -> None:
    check(pair(name, byte_fallback), text)


@pytest.mark.parametrize("name", ["t5", "albert"])
def test_every_character_counts_alone_and_beside_others(name: str) -> None:
    """Where characters are assigned; the rest of the planes is sampled."""
    codes = [
        *range(0x3400),
        *range(0xA640, 0xAC80),
        *range(0xF900, 0x10000),
        *range(0x1F100, 0x1FB00),
    ]
    codes += [*range(0x3400, 0xA000, 64), *range(0xAC80, 0xD800, 17), *range(0x10000, 0x12000, 3)]
    codes += [*range(0x16D60, 0x16D70), *range(0x1D160, 0x1D200), *range(0x20000, 0x110000, 1021)]
    for start in range(0, len(codes), 128):
        characters = map(chr, codes[start : start + 128])
        check(pair(name), "".join(f" {c} a{c}a\u0301{c}\u0301☺\u200d{c}\u0308" for c in characters))


def test_unknown_characters_in_a_row_are_one_token() -> None:
    pieces = [("<unk>", 0.0), ("▁", -2.0), ("a", -1.0), ("b", -1.0), ("xy", -40.0)]
    for byte_fallback in (False, True):
        file = file_of(None, metaspace(), vocab=pieces, byte_fallback=byte_fallback)
        for text in ("xxx", "axa", "xyxyx", "a日本b語", "<unk>x", "xy", "x y", "<unk"):
            check(both(file), text)
    native, _ = both(file_of(None, metaspace(), vocab=pieces, byte_fallback=False))
    assert [native.count(text) for text in ("x", "日本語", "a日b")] == [2, 2, 4]


def test_a_tie_goes_to_the_piece_that_begins_first() -> None:
    pieces = [("<unk>", 0.0), ("▁", -1.0), ("a", -1.0), ("aa", -2.0), ("aaa", -3.0), ("▁a", -2.0)]
    counters = both(file_of(None, metaspace(), vocab=pieces))
    for length in range(1, 20):
        check(counters, "a" * length)


def test_a_file_that_fails_on_some_texts_is_refused() -> None:
    with pytest.raises(UnsupportedTokenizer, match="unk_id"):
        TokenCounter(file_of(None, metaspace(), unk_id=None))


def test_t5_counts_the_texts_as_the_reference_counted_them(shared_dir: Path) -> None:
    data = shared_dir / "data"
    counts = json.loads((data / "tokenizers" / "COUNTS.json").read_text())["counts"]["t5-small"]
    native = TokenCounter((data / "tokenizers" / "t5-small" / "tokenizer.json").read_bytes())
    for name, (alone, special, by_line) in counts.items():
        text = (data / "text" / name).read_text()
        lines = sum(native.count_many(text.split("\n"), special=False))
        assert (native.count(text, special=False), native.count(text), lines) == (
            alone,
            special,
            by_line,
        ), name


def test_mutated_texts_count_as_by_t5(shared_dir: Path) -> None:
    file = (shared_dir / "data" / "tokenizers" / "t5-small" / "tokenizer.json").read_bytes()
    counters, chance = both(file), random.Random(3)
    texts = [path.read_text() for path in sorted((shared_dir / "data" / "text").glob("*.*"))]
    for _ in range(600):
        text = chance.choice(texts)
        start = chance.randrange(len(text))
        part = list(text[start : start + chance.randint(1, 120)])
        for _ in range(chance.randint(0, 6)):
            at = chance.randrange(len(part) + 1)
            part[at : at + chance.randint(0, 2)] = chance.choices([*HOT, "</s>", "<extra_id_0>"])
        check(counters, "".join(part))
