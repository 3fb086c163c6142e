"""Prompts for benchmarks, from a word list inside the package: nothing is downloaded."""

import functools
import random
from importlib.resources import files


def random_words(rng: random.Random, count: int) -> str:
    """`count` words, a different sequence each time, so that no cache can answer."""
    return " ".join(rng.choices(_words(), k=count))


@functools.cache
def _words() -> tuple[str, ...]:
    return tuple(files("pyworker.model").joinpath("words.txt").read_text().split())
