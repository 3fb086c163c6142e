"""Counting what a request costs. Usable alone, with nothing else of this package running."""

from pyworker._native import UnsupportedTokenizer
from pyworker.workload.find import TokenizerNotFound, find_tokenizer
from pyworker.workload.tokens import BadTokenizer, TokenCounter

__all__ = [
    "BadTokenizer",
    "TokenCounter",
    "TokenizerNotFound",
    "UnsupportedTokenizer",
    "find_tokenizer",
]
