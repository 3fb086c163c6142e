"""Prompts vary, have their length, and come from the package itself."""

import random

from pyworker.model.prompts import random_words


def test_a_prompt_has_its_number_of_words() -> None:
    for count in (0, 1, 250):
        assert len(random_words(random.Random(1), count).split()) == count


def test_no_two_prompts_are_alike_and_the_same_source_gives_the_same() -> None:
    rng = random.Random(1)
    prompts = [random_words(rng, 250) for _ in range(100)]
    assert len(set(prompts)) == 100
    assert random_words(random.Random(1), 250) == prompts[0]


def test_words_are_plain_and_many() -> None:
    words = set(random_words(random.Random(1), 100_000).split())
    assert len(words) > 500
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)
