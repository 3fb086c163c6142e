"""BERT's words, counted by WordPiece and by the first GPT's byte pair encoding, as the reference
counts them.
"""

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from pyworker._native import TokenCounter, UnsupportedTokenizer

Json = dict[str, Any]

TEXT = """Größe, naïve façade; the THE The tests tested testing. Don't! it's 12,345.67 (a_b)
Привет, мир: ёлка йод. 中文字符和 English 混排。日本語のテキスト、カタカナ。 한국어 텍스트, 각각.
हिन्दी में पाठ। العربية نَصٌّ. ภาษาไทย Việt Nam ộ ờ İstanbul ǅ ΑΒΓς ① ﬁ 👍🏽 👩‍👩‍👧 e\u0301 a\u0316\u0301"""

# White space, punctuation, marks of all kinds, what becomes several characters or none.
HOT = [
    *("a", "B", "é", "É", " ", "\t", "\n", "\x0b", "\x85", "\xa0", "\u2000", "\u2028", "\u3000"),
    *("'", "#", "##", "_", "≠", "≮", "\u037e", "\u0387", "\u1fef", "\u2329", "·", "\u2014"),
    *("\0", "\x7f", "\xad", "\u200d", "\ufeff", "\ufffd", "\ue000", "\U000f0000", "\u0378"),
    # Nonspacing marks with and without a class, old and young; spacing ones with a class.
    *("\u0301", "\u0316", "\u0334", "\u0345", "\u093c", "\u0c46", "\u08d4", "\U0001e94a"),
    *("\u302e", "\u302f", "\u1b44", "\ua953", "\U0001d165", "\U0001d16d", "\u20dd", "\u0903"),
    # They decompose: into several, into marks only, into a mark that stays.
    *("\u0344", "\u0f73", "\u0c48", "\u0958", "\U0001d15e", "\u1e69", "가", "각", "ᄀ", "ᅡ", "ᆨ"),
    *("中", "\uf900", "\U0002f800", "\U00020000", "あ", "が", "İ", "ß", "ς", "ǅ", "K", "Ω", "👍"),
]
SWITCHES = list(itertools.product([True, False], [True, False], [None, True, False], [True, False]))


def bert(switches: tuple[bool, bool, bool | None, bool] = (True, True, None, True)) -> Json:
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return {"type": "BertNormalizer", **dict(zip(names, switches, strict=True))}


def file_of(model: Json, normalizer: Json) -> bytes:
    parts = {"normalizer": normalizer, "pre_tokenizer": {"type": "BertPreTokenizer"}}
    return json.dumps({"version": "1.0", **parts, "model": model}).encode()


def wordpiece(pieces: list[str], **more: object) -> Json:
    return {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {piece: number for number, piece in enumerate(["[UNK]", *pieces])},
        **more,
    }


def pairs(tokens: list[str], **more: object) -> Json:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": "<unk>",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": "</w>",
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {token: number for number, token in enumerate(["<unk>", *tokens])},
        "merges": [],
        **more,
    }


class Both:
    """The native counter and the reference, made of the same bytes."""

    def __init__(self, data: bytes) -> None:
        self.native = TokenCounter(data)
        self.reference = Tokenizer.from_buffer(data)

    def check(self, text: str) -> None:
        expected = len(self.reference.encode(text).ids)
        assert self.native.count(text) == expected, ascii(text)
        # What was remembered is the same.
        assert self.native.count(text) == expected, ascii(text)


def trained(kind: str, switches: tuple[bool, bool, bool | None, bool]) -> bytes:
    """Of this file's text: small, and with pieces in every script of it."""
    tokenizer: Any
    trainer: Any
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        trainer = trainers.WordPieceTrainer(
            vocab_size=400, special_tokens=["[UNK]"], show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
        trainer = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<unk>"],
            end_of_word_suffix="</w>",
            limit_alphabet=100,
            show_progress=False,
        )
    tokenizer.normalizer = normalizers.BertNormalizer(**without_type(bert(switches)))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator([TEXT] * 3, trainer)
    return tokenizer.to_str().encode()


def without_type(part: Json) -> Json:
    return {key: value for key, value in part.items() if key != "type"}


UNCASED, CASED = (True, True, None, True), (True, True, False, False)
TRAINED = [(kind, switches) for kind in ("wordpiece", "bpe") for switches in (UNCASED, CASED)]


@pytest.fixture(scope="module", params=TRAINED, ids=lambda one: f"{one[0]}-lower-{one[1][3]}")
def small(request: pytest.FixtureRequest) -> Both:
    return Both(trained(*request.param))


def mutations(text: str, number: int, length: int) -> Iterator[str]:
    """Pieces of a text with some characters doubled, left out, cased otherwise, or put in."""
    choice = random.Random(7)
    for _ in range(number):
        start = choice.randrange(len(text))
        piece = list(text[start : start + choice.randrange(1, length)])
        for _ in range(choice.randrange(6)):
            at = choice.randrange(len(piece))
            old = piece[at]
            piece[at] = choice.choice(["", old * 2, old * 70, old.swapcase(), choice.choice(HOT)])
        yield "".join(piece)


def test_trained_tokenizers_count_alike(small: Both) -> None:
    small.check(TEXT)
    for text in mutations(TEXT, 250, 80):
        small.check(text)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(HOT) | st.characters(exclude_categories=["Cs"])).map("".join))
def test_any_text_counts_alike(small: Both, text: str) -> None:
    small.check(text)


# Every token shows: the parts of words by BPE, which counts unknown characters one by one; the words
# themselves by WordPiece, to which a word with an unknown character is one token.
LETTERS = {
    "parts": pairs(["a", "a</w>", "b", "b</w>"]),
    "words": wordpiece(["a", "b", "##b"]),
}


@pytest.mark.parametrize("switches", SWITCHES)
@pytest.mark.parametrize("letters", LETTERS.values(), ids=LETTERS)
def test_all_switches_count_alike(
    switches: tuple[bool, bool, bool | None, bool], letters: Json
) -> None:
    both = Both(file_of(letters, bert(switches)))
    choice = random.Random(11)
    both.check(TEXT)
    for _ in range(100):
        both.check("".join(choice.choices(HOT, k=choice.randrange(1, 12))))


def test_every_character_counts_alike() -> None:
    """Between letters, and as a word of its own: a page of characters a text.

    Beyond the planes with characters, where all pages are alike, one page in 64.
    """
    both = Both(file_of(LETTERS["parts"], bert()))
    pages = [*range(0x324), *range(0x324, 0xE00, 64), 0xE00, 0xE01, *range(0xE02, 0x1100, 64)]
    compare_pages(both, pages, "a{0}b {0} ")


@pytest.mark.parametrize("switches", [UNCASED, CASED])
def test_every_character_counts_alike_beside_marks(
    switches: tuple[bool, bool, bool | None, bool],
) -> None:
    """The mark is of a class between those of most others: they change places around it.

    Without the pages that have nothing but Chinese characters, or Hangul, or private ones.
    """
    both = Both(file_of(LETTERS["words"], bert(switches)))
    pages = [*range(0x35), *range(0x9F, 0xAD), *range(0xF9, 0x140), 0x160, *range(0x1B0, 0x201)]
    compare_pages(both, [*pages, 0x2F8, 0xE00, 0xE01], "a\u302e{0}\u302eb {0}\u302e ")


def compare_pages(both: Both, pages: list[int], context: str) -> None:
    pages = [page for page in pages if not 0xD8 <= page < 0xE0]
    texts = [
        "".join(context.format(chr(code)) for code in range(page << 8, (page + 1) << 8))
        for page in pages
    ]
    expected = [len(found.ids) for found in both.reference.encode_batch(texts)]
    assert both.native.count_many(texts) == expected


def test_marks_that_stay_are_put_in_order() -> None:
    """Neighbours are one token in the order of their classes, and two in any other."""
    marks = ["\U0001d165", "\u302e", "\U0001d16d", "\u08d4"]
    merges = [
        [low, high + end] for low, high in itertools.combinations(marks, 2) for end in ("", "</w>")
    ]
    tokens = [mark + end for mark in marks for end in ("", "</w>")]
    tokens += ["".join(pair) for pair in merges]
    both = Both(file_of(pairs(tokens, merges=merges), bert()))
    for order in itertools.permutations([*marks, "\u0301", "\u0c46", "\u200d"], 4):
        both.check("a" + "".join(order))
        both.check("".join(order) + "!")


def test_files_that_cannot_be_counted_exactly_are_refused() -> None:
    for model in (
        wordpiece([], unk_token="[none]"),
        wordpiece([], unheard=1),
        pairs([], unk_token="<none>"),
        pairs([], dropout=0.1),
        pairs([], byte_fallback=True),
        pairs([], ignore_merges=True),
        pairs([], continuing_subword_prefix="##"),
    ):
        with pytest.raises(UnsupportedTokenizer):
            TokenCounter(file_of(model, bert()))
    for normalizer in ({**bert(), "unheard": 1}, {"type": "Lowercase"}):
        with pytest.raises(UnsupportedTokenizer):
            TokenCounter(file_of(wordpiece([]), normalizer))


@pytest.mark.parametrize("prefix", ["", "##", "é", "ab"])
@pytest.mark.parametrize("limit", [0, 1, 3, 100])
def test_prefixes_and_limits_count_alike(prefix: str, limit: int) -> None:
    pieces = ["a", "b", "ab", f"{prefix}a", f"{prefix}b", f"{prefix}ba", prefix, "가", "각"]
    model = wordpiece(
        list(dict.fromkeys(pieces)),
        continuing_subword_prefix=prefix,
        max_input_chars_per_word=limit,
    )
    both = Both(file_of(model, bert(CASED)))
    for text in ("a", "ab", "abab", "aba ab", "baab", "각가", "éa", "x", "abx", "ababab" * 20):
        both.check(text)


@pytest.mark.parametrize("more", [{}, {"fuse_unk": True}, {"unk_token": None}])
@pytest.mark.parametrize("suffix", [None, "", "</w>", "b"])
def test_unknown_characters_count_alike(more: Json, suffix: str | None) -> None:
    end = suffix or ""
    tokens = ["a", "b", f"a{end}", f"b{end}", "ab", f"ab{end}", f"abab{end}", "aa", "aaaa"]
    merges = [["a", "b"], ["a", f"b{end}"], ["ab", f"ab{end}"], ["a", "a"], ["aa", "aa"]]
    model = pairs(list(dict.fromkeys(tokens)), merges=merges, end_of_word_suffix=suffix, **more)
    both = Both(file_of(model, bert()))
    for text in (
        "ab",
        "abab",
        "xab",
        "abxxab",
        "x",
        "xy",
        "aaaaab",
        "axxb" * 30,
        "aab" * 50,
        "中x각",
    ):
        both.check(text)


@pytest.mark.parametrize("name", ["bert-base-uncased", "openai-gpt"])
def test_real_files_count_real_texts_alike(shared_dir: Path, name: str) -> None:
    data = (shared_dir / "data/tokenizers" / name / "tokenizer.json").read_bytes()
    both = Both(data)
    counts = json.loads((shared_dir / "data/tokenizers/COUNTS.json").read_text())["counts"][name]
    for file, (without, special, lines) in counts.items():
        text = (shared_dir / "data/text" / file).read_text()
        assert both.native.count(text, special=False) == without, file
        assert both.native.count(text) == special, file
        assert sum(both.native.count_many(text.split("\n"), special=False)) == lines, file
        for piece in mutations(text, 25, 200):
            both.check(piece)
