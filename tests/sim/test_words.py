"""The text: the same for the same seed, and ended as TGI ends it."""

from pyworker.sim.words import Sequence, alternatives, count_prompt_tokens, seed_of


def test_the_same_seed_says_the_same_whether_token_by_token_or_at_once() -> None:
    whole = Sequence(7, 50)
    at_once = whole.take(50)
    single = Sequence(7, 50)
    one_by_one = [single.take(1)[0] for _ in range(50)]
    assert at_once == one_by_one
    assert whole.text == single.text == "".join(token.text for token in at_once)
    assert Sequence(8, 50).take(50) != at_once


def test_it_ends_at_its_length() -> None:
    sequence = Sequence(7, 3)
    assert sequence.left == 3
    assert len(sequence.take(10)) == 3
    assert (sequence.finish_reason, sequence.left, sequence.take(1)) == ("length", 0, [])


def test_it_ends_after_the_token_that_completes_a_stop_sequence() -> None:
    free = Sequence(7, 100)
    tokens = free.take(100)
    stop = tokens[9].text + tokens[10].text
    stopped = Sequence(7, 100, (stop,))
    stopped.take(100)
    assert stopped.finish_reason == "stop_sequence"
    assert stopped.text.endswith(stop)
    assert stopped.length <= 11


def test_length_comes_before_a_stop_sequence_on_the_same_token() -> None:
    *others, last = Sequence(7, 5).take(5)
    assert last.text not in {token.text for token in others}
    sequence = Sequence(7, 5, (last.text,))
    sequence.take(5)
    assert (sequence.length, sequence.finish_reason) == (5, "length")


def test_prompt_tokens_follow_the_length_of_the_text() -> None:
    assert count_prompt_tokens("") == 1  # the begin-of-sequence token
    assert count_prompt_tokens("Hello there.") == 4
    assert count_prompt_tokens("incomprehensibilities") == 5
    assert count_prompt_tokens("\ud800 broken") == 3, "a lone surrogate is a sign like others"


def test_seeds_are_64_bits_and_differ_by_every_part() -> None:
    seeds = {seed_of(1, "a"), seed_of(1, "b"), seed_of(2, "a"), seed_of("1a")}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**64 for seed in seeds)


def test_alternatives_begin_with_the_token_and_get_less_likely() -> None:
    token = Sequence(7, 1).take(1)[0]
    listed = alternatives(token, 3)
    assert listed[0] == token
    assert [item.logprob for item in listed] == sorted((i.logprob for i in listed), reverse=True)
    assert len({item.id for item in listed}) == 3
