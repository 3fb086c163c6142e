"""Whatever a file adds around its model - added tokens, special ones, truncation, padding - texts
count as the reference encodes them. The models are alphabets: what is tested stands around them.
"""

import json
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers

from pyworker._native import TokenCounter, UnsupportedTokenizer

Json = dict[str, Any]

ALPHABET = "aAbBxy<>_ \n\té1"
CONTENTS = [
    *("a", "A", "ab", "aB", "b", "bb", "<", "<a>", "<b>", "xy", "x", "_", "_a", "1a"),
    *(" ", "  ", " a", "\n", "\n\n", "é", "É", "e\u0301", "▁a", "▁"),
]


def added(content: str, **flags: bool) -> Json:
    names = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return {"id": 0, "content": content, **dict.fromkeys(names, False), **flags}


def bpe(vocab: list[str], **more: object) -> Json:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {token: number for number, token in enumerate(vocab)},
        "merges": [],
        **more,
    }


def byte_level() -> Json:
    split = {"add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return {"model": bpe(alphabet), "pre_tokenizer": {"type": "ByteLevel", **split}}


def bert() -> Json:
    letters = [piece for letter in "abxy<>_1e" for piece in (letter, f"##{letter}")]
    return {
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: number for number, token in enumerate(["[UNK]", *letters])},
        },
    }


def sentencepiece() -> Json:
    vocab = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abxy"]
    return {"model": bpe(vocab, unk_token="<unk>", fuse_unk=True, byte_fallback=True)}


def metaspace() -> Json:
    how = {"replacement": "▁", "prepend_scheme": "first", "split": False}
    return {**sentencepiece(), "pre_tokenizer": {"type": "Metaspace", **how}}


def legacy() -> Json:
    steps = [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    ]
    return {**sentencepiece(), "normalizer": {"type": "Sequence", "normalizers": steps}}


def unigram() -> Json:
    """As T5 has it: words by white space, each with U+2581 in front of it."""
    spaces = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    pieces = [["<unk>", 0.0], *([letter, -1.0 - number] for number, letter in enumerate("▁abxy1_"))]
    return {
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "WhitespaceSplit"}, spaces],
        },
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": False},
    }


FAMILIES = {
    "byte_level": byte_level(),
    "nfc": {**byte_level(), "normalizer": {"type": "NFC"}},
    "bert": bert(),
    "metaspace": metaspace(),
    "legacy": legacy(),
    "unigram": unigram(),
}

TEXT: Json = {"Sequence": {"id": "A", "type_id": 0}}


def special(name: str) -> Json:
    return {"SpecialToken": {"id": name, "type_id": 0}}


def template(*single: Json) -> Json:
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [TEXT, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
            "<x>": {"id": "<x>", "ids": [2, 3], "tokens": ["<x", ">"]},
        },
    }


OFFSETS: Json = {
    "type": "ByteLevel",
    "add_prefix_space": True,
    "trim_offsets": True,
    "use_regex": True,
}
ENDS: Json = {"sep": ["</s>", 1], "cls": ["<s>", 0]}
PROCESSORS: list[Json] = [
    OFFSETS,
    {"type": "BertProcessing", **ENDS},
    {"type": "RobertaProcessing", **ENDS, "trim_offsets": True, "add_prefix_space": False},
    template(special("<s>"), TEXT, special("<x>")),
    template(TEXT, special("<s>"), TEXT),
    template(special("<s>")),
    template(TEXT),
]


@st.composite
def processors(draw: st.DrawFn) -> Json | None:
    one = draw(st.sampled_from([None, *PROCESSORS]))
    if one is None or draw(st.booleans()):
        return one
    # One that adds tokens, at most, and any that do not.
    around = [OFFSETS] * draw(st.integers(0, 1))
    return {"type": "Sequence", "processors": [*around, one, *around]}


FLAGS = st.booleans()
ENDS_OF_TEXT = st.sampled_from(["Left", "Right"])


@st.composite
def tokens_added(draw: st.DrawFn) -> Json:
    flags = ("single_word", "lstrip", "rstrip", "normalized")
    return added(draw(st.sampled_from(CONTENTS)), **{flag: draw(FLAGS) for flag in flags})


@st.composite
def truncations(draw: st.DrawFn) -> Json:
    return {
        # More than any stride here, beside three special tokens.
        "max_length": draw(st.integers(6, 12)),
        "stride": draw(st.integers(0, 2)),
        "strategy": draw(st.sampled_from(["LongestFirst", "OnlyFirst"])),
        "direction": draw(ENDS_OF_TEXT),
    }


@st.composite
def paddings(draw: st.DrawFn) -> Json:
    lengths: list[str | Json] = ["BatchLongest", {"Fixed": 0}, {"Fixed": 7}, {"Fixed": 12}]
    return {
        "strategy": draw(st.sampled_from(lengths)),
        "pad_to_multiple_of": draw(st.sampled_from([None, 0, 1, 8])),
        "direction": draw(ENDS_OF_TEXT),
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }


def tokenizer_json(family: str, **more: object) -> bytes:
    names = ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")
    parts: Json = dict.fromkeys(names)
    return json.dumps({**parts, "version": "1.0", **FAMILIES[family], **more}).encode()


def encoder(data: bytes) -> Any:
    return Tokenizer.from_str(data.decode())


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=40)
@given(
    tokens=st.lists(tokens_added(), max_size=6),
    post=processors(),
    truncation=st.none() | truncations(),
    padding=st.none() | paddings(),
    texts=st.lists(st.text(ALPHABET + "É\u0301▁", max_size=24), min_size=1, max_size=4),
)
def test_texts_count_as_the_reference_encodes_them(
    family: str,
    tokens: list[Json],
    post: Json | None,
    truncation: Json | None,
    padding: Json | None,
    texts: list[str],
) -> None:
    limits = {"truncation": truncation, "padding": padding}
    data = tokenizer_json(family, added_tokens=tokens, post_processor=post, **limits)
    try:
        counter = TokenCounter(data)
    except UnsupportedTokenizer as error:
        if "normalised" not in str(error):
            raise
        # Two with different rules that are one when normalised: the reference takes any of them.
        reject()
    reference = encoder(data)
    for text in texts:
        for whole in (True, False):
            encoded = reference.encode(text, add_special_tokens=whole)
            assert counter.count(text, whole) == len(encoded), (text, whole)


# All characters of the first two planes and of the one with the variation selectors; of the others,
# where few blocks differ, a sample.
CODES = [*range(0x20000), *range(0xE0000, 0xE0200), *range(0x20000, 0x110000, 61)]


def test_every_character_ends_a_word_as_in_the_reference() -> None:
    tokens = [added("<a>", single_word=True), added("<b>", lstrip=True, rstrip=True)]
    data = tokenizer_json("byte_level", added_tokens=tokens)
    counter, reference = TokenCounter(data), encoder(data)
    step = 64
    for first in range(0, len(CODES), step):
        characters = [
            chr(code) for code in CODES[first : first + step] if not 0xD800 <= code < 0xE000
        ]
        text = "".join(f"{char}<a>-<a>{char}<b>" for char in characters)
        assert counter.count(text) == len(reference.encode(text)), text
