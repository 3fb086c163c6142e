"""One API over what counts: natively, by the tokenizers package, or by an estimate that says so."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fakes.hub import cached

from pyworker.workload import BadTokenizer, TokenCounter, TokenizerNotFound

Json = dict[str, Any]
Log = pytest.LogCaptureFixture

BYTES = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
ALPHABET = sorted([*map(chr, BYTES), *(chr(0x100 + n) for n in range(256 - len(BYTES)))])


def tokenizer_json(**more: object) -> bytes:
    """A token a byte, and one more for the end; known to the native counter."""
    names = ("truncation", "padding", "normalizer", "decoder")
    parts: Json = dict.fromkeys(names)
    split = {"add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    file: Json = {
        **parts,
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "ByteLevel", **split},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "!", "type_id": 0}},
            ],
            "pair": [],
            "special_tokens": {"!": {"id": "!", "ids": [0], "tokens": ["!"]}},
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {letter: number for number, letter in enumerate(ALPHABET)},
            "merges": [],
        },
    }
    return json.dumps({**file, **more}).encode()


# Its normalizer changes nothing about these texts, but the native counter cannot know that.
FOREIGN: Json = {"normalizer": {"type": "Replace", "pattern": {"Regex": "never"}, "content": ""}}
BOTH = {"native": tokenizer_json(), "tokenizers": tokenizer_json(**FOREIGN)}
LIMITS: Json = {
    "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
    "padding": {
        "strategy": {"Fixed": 4},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "!",
    },
}


@pytest.mark.parametrize("backend", BOTH)
def test_both_backends_answer_alike(backend: str, caplog: Log) -> None:
    counter = TokenCounter.from_bytes(BOTH[backend])
    assert (counter.backend, counter.exact, counter.source) == (backend, True, "bytes")
    assert counter.count("abcé") == counter.count_bytes("abcé".encode()) == 6
    assert counter.count("abcé", special=False) == 5
    assert counter.count_many(["", "a", "bc"]) == [1, 2, 3]
    assert counter.count_many(["", "a", "bc"], special=False) == [0, 1, 2]
    with pytest.raises(UnicodeEncodeError):
        counter.count("a\ud800")
    with pytest.raises(UnicodeDecodeError):
        counter.count_bytes(b"\xff")
    # Why it is slower is said once, when the file is read.
    assert len(caplog.records) == (backend == "tokenizers")
    assert bool(counter.reason) == (backend == "tokenizers")
    assert counter.reason in caplog.text


@pytest.mark.parametrize("foreign", [{}, FOREIGN])
def test_the_files_limits_hold_unless_the_whole_is_asked_for(foreign: Json) -> None:
    data = tokenizer_json(**LIMITS, **foreign)
    texts = ["", "abcde", "a" * 100]
    assert TokenCounter.from_bytes(data).count_many(texts) == [4, 6, 8]
    assert TokenCounter.from_bytes(data, whole=True).count_many(texts) == [1, 6, 101]


def test_an_estimate_is_marked(caplog: Log) -> None:
    estimate = TokenCounter.estimate("the reason")
    assert (estimate.backend, estimate.exact, estimate.reason) == ("estimate", False, "the reason")
    assert estimate.count("a" * 40) == estimate.count_bytes(b"a" * 40) == 10
    assert estimate.count_many(["", "a" * 8], special=False) == [0, 2]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "the reason" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"\xff\xfe", b'{"version": "9"}'])
def test_a_bad_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes(content)
    with pytest.raises(BadTokenizer, match=r"tokenizer\.json cannot be used: .") as bad:
        TokenCounter.from_file(file)
    assert "\n" not in str(bad.value)


def test_a_model_is_found_by_name_folder_and_revision(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes(tokenizer_json())
    environ = {"HF_HUB_CACHE": str(tmp_path / "cache")}
    main = cached(tmp_path / "cache", "a/b", file)
    file.write_bytes(tokenizer_json(post_processor=None))
    cached(tmp_path / "cache", "a/b", file, commit="b" * 40, revision="bare")
    named = TokenCounter.for_model("a/b", environ=environ)
    assert (named.source, named.count("ab")) == (str(main / "tokenizer.json"), 3)
    assert TokenCounter.for_model("a/b", revision="bare", environ=environ).count("ab") == 2
    assert TokenCounter.for_model(tmp_path, environ={}).count("ab") == 2


def test_a_model_that_is_not_here_is_not_fetched_unasked(tmp_path: Path) -> None:
    with pytest.raises(TokenizerNotFound, match="of a/b in the local Hugging Face"):
        TokenCounter.for_model("a/b", environ={"HF_HUB_CACHE": str(tmp_path)})
