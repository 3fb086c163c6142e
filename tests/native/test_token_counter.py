"""The native counter's edge: what it takes from Python, what it gives back, from any thread."""

import json
import threading
from typing import Any

import pytest

from pyworker._native import TokenCounter, UnsupportedTokenizer

BYTES = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
# GPT-2's alphabet: the bytes that print stand for themselves, the others from U+0100 on.
ALPHABET = [*map(chr, BYTES), *(chr(0x100 + number) for number in range(256 - len(BYTES)))]
# Long enough that the interpreter lock is released.
LONG = 600_000


def tokenizer_json(**more: object) -> bytes:
    """Byte-level BPE without merges: a token a byte."""
    file: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": True,
        },
        "post_processor": {"type": "BertProcessing", "sep": ["!", 0], "cls": ["!", 0]},
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {letter: number for number, letter in enumerate(sorted(ALPHABET))},
            "merges": [],
        },
    }
    return json.dumps({**file, **more}).encode()


@pytest.fixture(name="counter")
def _counter() -> TokenCounter:
    return TokenCounter(tokenizer_json())


@pytest.mark.parametrize("text", ["", "abc", "日本語 🎉", "\x00\n", "a" * LONG, "é" * LONG])
def test_all_ways_of_asking_count_the_same(counter: TokenCounter, text: str) -> None:
    size = len(text.encode())
    assert counter.count(text) == counter.count(text, True) == size + 2
    assert counter.count(text, special=False) == counter.count_bytes(text.encode(), False) == size
    assert counter.count_bytes(text.encode()) == size + 2
    assert counter.count_many([text, "", text], special=False) == [size, 0, size]


def test_many_texts_may_be_none_and_any_sequence(counter: TokenCounter) -> None:
    assert counter.count_many([]) == []
    assert counter.count_many(("a", "bc")) == [3, 4]
    with pytest.raises(TypeError):
        counter.count_many("abc")
    with pytest.raises(TypeError):
        counter.count_many([b"abc"])  # pyright: ignore[reportArgumentType]


def test_a_lone_surrogate_is_no_text(counter: TokenCounter) -> None:
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        counter.count("a\ud800")
    with pytest.raises(UnicodeEncodeError):
        counter.count_many(["a", "\udfff"])


def test_bytes_must_be_utf8(counter: TokenCounter) -> None:
    with pytest.raises(UnicodeDecodeError) as bad:
        counter.count_bytes(b"ab\xffc")
    assert (bad.value.start, bad.value.object) == (2, b"ab\xffc")
    # A surrogate's three bytes are no UTF-8 either.
    with pytest.raises(UnicodeDecodeError):
        counter.count_bytes("\ud800".encode(errors="surrogatepass"))


@pytest.mark.parametrize("text", [b"abc", None, 1])
def test_a_text_is_a_str(counter: TokenCounter, text: Any) -> None:
    with pytest.raises(TypeError):
        counter.count(text)
    with pytest.raises(TypeError):
        counter.count_bytes(bytearray(text) if isinstance(text, bytes) else text)  # pyright: ignore[reportArgumentType]


def test_the_files_limits_hold_unless_the_whole_is_asked_for() -> None:
    data = tokenizer_json(
        truncation={"max_length": 8, "strategy": "LongestFirst", "stride": 0},
        padding={
            "strategy": {"Fixed": 6},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "!",
        },
    )
    assert TokenCounter(data).count_many(["", "abcde", "a" * 100]) == [6, 7, 8]
    assert TokenCounter(data, whole=True).count_many(["", "abcde", "a" * 100]) == [2, 7, 102]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\xfe", b'{"version": "1.0"}'])
def test_what_is_no_tokenizer_says_why(data: bytes) -> None:
    with pytest.raises(UnsupportedTokenizer) as why:
        TokenCounter(data)
    assert issubclass(UnsupportedTokenizer, ValueError)
    assert str(why.value)


def test_what_it_holds_is_bounded(counter: TokenCounter) -> None:
    assert 0 < counter.heap_bytes < 60 * 2**20


def test_any_thread_may_count_at_any_time(counter: TokenCounter) -> None:
    texts = [f"{'word ' * (100 + number)}{number}" for number in range(64)] + ["x" * LONG]
    expected = [len(text) + 2 for text in texts]
    counts: dict[int, list[int]] = {}

    def count(number: int) -> None:
        counts[number] = [counter.count(text) for _ in range(8) for text in texts]

    threads = [threading.Thread(target=count, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == dict.fromkeys(range(8), expected * 8)
