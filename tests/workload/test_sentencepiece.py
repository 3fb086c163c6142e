"""SentencePiece's BPE: every text counts as the reference encodes it, in every form that files have."""

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from pyworker._native import TokenCounter, UnsupportedTokenizer

Json = dict[str, Any]

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SENTENCES = [
    "the quick brown fox jumps over the lazy dog, then rests in the shade of the tree",
    "def count(text):\n    return len(text)\n\n\nfor line in lines:\n        count(line)",
    "быстрая лиса прыгает через ленивую собаку и отдыхает в тени деревьев",
    "我们在树荫下休息，我们在图书馆里读书，图书馆里有很多书",
    "le café est fermé; où est le café d'été?  10 000 €  20 000 €",
    "==== ---- ....    ||||  aaaaaaaa bbbbbbbb",
]


def trained(*, across_spaces: bool) -> Json:
    """A model of 900 strings; with inner `▁` where words were not split to train it."""
    model: Any = models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    tokenizer = Tokenizer(model)
    scheme = pre_tokenizers.Metaspace(prepend_scheme="always", split=not across_spaces)
    tokenizer.pre_tokenizer = scheme  # type: ignore[assignment]
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=["<unk>", *BYTES], show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return json.loads(tokenizer.to_str())["model"]


REPLACE: Json = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
LEGACY: Json = {
    "type": "Sequence",
    "normalizers": [{"type": "Prepend", "prepend": "▁"}, REPLACE],
}
SPLIT: Json = {
    "type": "Split",
    "pattern": {"String": " "},
    "behavior": "MergedWithPrevious",
    "invert": False,
}


def metaspace(**more: object) -> Json:
    return {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", **more}}


FORMS: dict[str, Json] = {
    "always": metaspace(prepend_scheme="always", split=False),
    "always, split": metaspace(prepend_scheme="always", split=True),
    "first": metaspace(prepend_scheme="first", split=False),
    "first, split": metaspace(prepend_scheme="first", split=True),
    "never": metaspace(prepend_scheme="never", split=False),
    "never, split": metaspace(prepend_scheme="never", split=True),
    "older": metaspace(add_prefix_space=True, str_rep="▁"),
    "legacy": {"normalizer": LEGACY},
    "gemma": {"normalizer": REPLACE},
    "newer gemma": {"normalizer": REPLACE, "pre_tokenizer": SPLIT},
}
"""What stands around the model."""

WORDS = trained(across_spaces=False)
PHRASES = trained(across_spaces=True)


def without(model: Json, *strings: str) -> Json:
    """The same model without these strings, which take part in no merge."""
    vocab = {string: number for string, number in model["vocab"].items() if string not in strings}
    return {**model, "vocab": vocab}


MODELS: dict[str, Json] = {
    "words": WORDS,
    "phrases": PHRASES,
    "unknown fused": {**WORDS, "byte_fallback": False},
    "unknown each": {**PHRASES, "byte_fallback": False, "fuse_unk": False},
    # Some characters are spelled, some unknown: one that waits changes places with the former.
    "some bytes": without(WORDS, *BYTES[0x90:0xA0], "<0xE2>"),
    "some bytes, each": {**without(WORDS, *BYTES[0x90:0xA0], "<0xE2>"), "fuse_unk": False},
    "nothing for unknown": {**PHRASES, "byte_fallback": False, "unk_token": None},
    "merges ignored": {**WORDS, "ignore_merges": True, "merges": WORDS["merges"][:200]},
    # Every merge comes before those that make its parts.
    "merges reversed": {**PHRASES, "merges": PHRASES["merges"][::-1]},
    "merged bytes": {
        **WORDS,
        "vocab": {**WORDS["vocab"], "<0xF0><0x9F>": 2000, "e<0xF0>": 2001, "<unk>e": 2002},
        "merges": [*WORDS["merges"], ["<0xF0>", "<0x9F>"], ["e", "<0xF0>"], ["<unk>", "e"]],
    },
    "merges with spaces": {**WORDS, "merges": [" ".join(merge) for merge in WORDS["merges"]]},
}


def tokenizer_json(form: str, model: str, **more: object) -> bytes:
    names = ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")
    parts: Json = {**dict.fromkeys(names), "version": "1.0", "added_tokens": []}
    return json.dumps({**parts, **FORMS[form], "model": MODELS[model], **more}).encode()


PIECES = [
    *("the", " the", "quick", "  ", "    ", " ", "\n", "\n\n", "▁", "▁▁", "▁the", "the▁", "count("),
    *(
        "図",
        "书",
        "图书馆",
        "我们",
        "лис",
        "ё",
        "é",
        "e\u0301",
        "€",
        "😀",
        "👩‍💻",
        "🏳️",
        "\t",
        "\u00a0",
    ),
    *(
        "<unk>",
        "<0x41>",
        "<0xE2>",
        "a",
        "aaaaaaa",
        "====",
        "\u2580",
        "\u2582",
        "\x00",
        "\U0010ffff",
    ),
]
TEXTS = st.lists(
    st.text(max_size=6) | st.sampled_from(PIECES) | st.sampled_from(SENTENCES), min_size=1
).map("".join)


@cache
def both(form: str, model: str) -> tuple[TokenCounter, Any]:
    data = tokenizer_json(form, model)
    return TokenCounter(data), Tokenizer.from_str(data.decode())


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25)
@given(form=st.sampled_from(list(FORMS)), texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_texts_count_as_the_reference_encodes_them(model: str, form: str, texts: list[str]) -> None:
    counter, reference = both(form, model)
    for text in texts:
        assert counter.count(text) == len(reference.encode(text)), text


# All characters of the first two planes, where vocabularies have theirs; a sample of the others.
CODES = [*range(0xD800), *range(0xE000, 0x20000), *range(0x20000, 0x110000, 61)]
CHARACTERS = [chr(code) for code in CODES]


def test_every_character_of_the_first_plane_alone() -> None:
    counter, reference = both("legacy", "some bytes")
    alone = CHARACTERS[:0xF800]
    encoded = [len(encoding) for encoding in reference.encode_batch(alone)]
    assert counter.count_many(alone) == encoded


@pytest.mark.parametrize("model", ["words", "some bytes"])
def test_every_character_between_others(model: str) -> None:
    counter, reference = both("always", model)
    step = 128 if model == "words" else 1024
    for first in range(0, len(CHARACTERS), step):
        # All of them spelled; a part of those that are spelled or unknown.
        text = "".join(f"{char} a{char}" for char in CHARACTERS[first : first + 128])
        assert counter.count(text) == len(reference.encode(text)), text


@pytest.mark.parametrize("model", ["words", "phrases", "merges reversed"])
@pytest.mark.parametrize("form", ["always", "first, split", "legacy", "gemma"])
@pytest.mark.parametrize("unit", ["a", " ", "\n", "=", "the ", " the", "图书馆", "▁", "0 000", "ё"])
def test_long_texts_without_a_cut(form: str, model: str, unit: str) -> None:
    counter, reference = both(form, model)
    for length in (1, 63, 64, 65, 66, 129, 5000):
        text = (unit * length)[:length]
        assert counter.count(text) == len(reference.encode(text)), (unit, length)


def added(content: str, *, normalized: bool = False) -> Json:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip"), False)
    return {"id": 0, "content": content, **flags, "normalized": normalized, "special": True}


@pytest.mark.parametrize("form", ["always", "first", "first, split", "never", "legacy", "gemma"])
@pytest.mark.parametrize("normalized", [False, True])
def test_added_tokens_before_and_between(form: str, normalized: bool) -> None:
    tokens = [added("<s>", normalized=normalized), added("<a>")]
    data = tokenizer_json(form, "words", added_tokens=tokens)
    counter, reference = TokenCounter(data), Tokenizer.from_str(data.decode())
    for text in (
        *("<s>the quick", "<s> the quick", " <s>the", "the<s>quick<s>", "<s><s> the", "<a>the"),
        *("<s>", " <s> ", "▁<s>▁", "<s>▁the", "<s>\n", "the <a> <s>quick", "<a><s>the <a>"),
    ):
        assert counter.count(text) == len(reference.encode(text)), text


@pytest.mark.parametrize("special", [False, True])
def test_real_texts_have_their_known_counts(shared_dir: Path, special: bool) -> None:
    file = shared_dir / "data" / "tokenizers" / "mistral-v1-metaspace" / "tokenizer.json"
    counter = TokenCounter(file.read_bytes())
    counts = json.loads((shared_dir / "data" / "tokenizers" / "COUNTS.json").read_bytes())
    for name, (alone, encoded, by_line) in counts["counts"]["mistral-v1-metaspace"].items():
        text = (shared_dir / "data" / "text" / name).read_bytes().decode()
        # Twice: what was counted before is looked up.
        for _ in range(2):
            assert counter.count(text, special) == (encoded if special else alone), name
        assert sum(counter.count_many(text.split("\n"), special=False)) == by_line, name


@pytest.mark.parametrize("form", ["first, split", "legacy", "gemma"])
def test_slices_of_real_texts(shared_dir: Path, form: str) -> None:
    file = shared_dir / "data" / "tokenizers" / "mistral-v1-metaspace" / "tokenizer.json"
    MODELS["mistral"] = json.loads(file.read_bytes())["model"]
    counter, reference = both(form, "mistral")
    random = Random(form)
    for path in sorted((shared_dir / "data" / "text").iterdir()):
        text = path.read_bytes().decode()
        for _ in range(20):
            start, length = random.randrange(len(text)), random.choice([1, 8, 64, 512])
            piece = text[start : start + length]
            mixed = piece + random.choice(PIECES) + piece[::-1]
            for slice_ in (piece, mixed):
                assert counter.count(slice_) == len(reference.encode(slice_)), slice_


@pytest.mark.parametrize(
    ("form", "change"),
    [
        ("always", {"replacement": "_"}),
        ("always", {"new": 1}),
        ("older", {"add_prefix_space": False}),
        ("newer gemma", {"behavior": "Removed"}),
    ],
)
def test_other_forms_are_refused(form: str, change: Json) -> None:
    pre_tokenizer = {**FORMS[form]["pre_tokenizer"], **change}
    with pytest.raises(UnsupportedTokenizer):
        TokenCounter(tokenizer_json(form, "words", pre_tokenizer=pre_tokenizer))
