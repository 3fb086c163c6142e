"""What is measured: from the path of a tokenizer.json to a function that counts a text's tokens.

Imported by the measuring child too, whose interpreter may have nothing but one of the packages.
Each takes the cheapest way to a number that the package offers for one text.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Count = Callable[[str], int]


@dataclass(frozen=True)
class Contender:
    """One way to count."""

    name: str
    package: str  # as PyPI has it
    module: str  # as Python imports it
    load: Callable[[str], Count]
    families: tuple[str, ...] = ()  # that it can read; all when empty
    exact: bool = False  # equal to the reference by what it promises: measured in every case


def pyworker(path: str) -> Count:
    """Ours, special tokens included."""
    counter: Any = import_module("pyworker.workload.tokens").TokenCounter
    count: Count = counter.from_file(path).count
    return count


def tokenizers(path: str) -> Count:
    """The reference."""
    tokenizer: Any = import_module("tokenizers").Tokenizer.from_file(path)
    return lambda text: len(tokenizer.encode(text).ids)


def gigatoken(path: str) -> Count:
    """An array of ids for each text."""
    encode: Any = import_module("gigatoken").Tokenizer(path).encode
    return lambda text: len(encode(text))


def fastokens(path: str) -> Count:
    """An encoding whose ids stay in Rust."""
    # Its Tokenizer in Rust; the package's own wraps it for other APIs.
    encode: Any = import_module("fastokens._native").Tokenizer.from_file(path).encode
    return lambda text: len(encode(text))


def splintr(path: str) -> Count:
    """Ids as bytes, four each."""
    encode: Any = import_module("splintr").from_json(path).encode_flat
    return lambda text: len(encode(text)) // 4


def kitoken(path: str) -> Count:
    """A list of ids; special tokens in the text are found, as the reference does."""
    encode: Any = import_module("kitoken").Kitoken.from_tokenizers_file(path).encode
    return lambda text: len(encode(text, True))


def tokie(path: str) -> Count:
    """Its own counting function."""
    count: Count = import_module("tokie").Tokenizer.from_json(path).count_tokens
    return count


OURS = Contender("pyworker", "pyworker", "pyworker", pyworker, exact=True)
REFERENCE = Contender("tokenizers", "tokenizers", "tokenizers", tokenizers, exact=True)
PEERS = (
    Contender("gigatoken", "gigatoken", "gigatoken", gigatoken),
    Contender("fastokens", "fastokens", "fastokens", fastokens),
    Contender("splintr", "splintr-rs", "splintr", splintr),
    Contender("kitoken", "kitoken", "kitoken", kitoken),
    Contender("tokie", "tokie", "tokie", tokie),
)
ALL = {one.name: one for one in (OURS, REFERENCE, *PEERS)}

# One thread: what starts threads of its own is told not to, and CPU time holds all threads anyway.
ENVIRONMENT = {
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "RUST_BACKTRACE": "0",
    "PATH": os.environ.get("PATH", ""),
}
