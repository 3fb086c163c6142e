"""What the simulated model says: words that follow from a seed, one word a token.

A pure room. The same seed and prompt give the same text on every machine and in every version of
Python that keeps `random.Random.random` (its sequence is guaranteed).
"""

import hashlib
import random
import re
from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["length", "stop_sequence"]

# Plain ASCII letters only: the wire format inserts them into JSON without escaping.
_VOCABULARY = (
    "the of and to in is that it was for on are as with they be at one have this from by hot word "
    "but what some we can out other were all there when up use your how said an each she which do "
    "their time if will way about many then them write would like so these her long make thing "
    "see him two has look more day could go come did number sound no most people my over know "
    "water than call first who may down side been now find any new work part take get place made "
    "live where after back little only round man year came show every good me give our under name "
    "very through just form sentence great think say help low line differ turn cause much mean "
    "before move right boy old too same tell does set three want air well also play small end put "
    "home read hand port large spell add even land here must big high such follow act why ask men "
    "went light kind off need house picture try us again animal point mother world near build "
    "self earth father head stand own page should country found answer school grow study still "
    "learn plant cover food sun four between state keep eye never last let thought city tree "
    "cross farm"
)
_WORDS = _VOCABULARY.split()

# Ids below belong to a real vocabulary's special tokens and bytes.
_FIRST_ID = 1000
# Real tokenizers cut long words; about one token for six letters, one for each other sign.
_PROMPT_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")
# The criterion keeps this much of the text's end to look for stop sequences in, as TGI does.
_STOP_WINDOW = 300  # characters


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token."""

    id: int
    text: str
    logprob: float


def count_prompt_tokens(text: str) -> int:
    """How long `text` is as a prompt: its pieces and the begin-of-sequence token."""
    return 1 + sum(1 for _ in _PROMPT_TOKEN.finditer(text))


def seed_of(*parts: int | str) -> int:
    """A 64-bit seed that depends on all of `parts`."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest()[:8], "little")


class Sequence:
    """One answer as it grows.

    Args:
        seed: Chooses the words.
        max_new_tokens: Where it ends at the latest.
        stop: It ends where its text ends with one of these.
    """

    def __init__(self, seed: int, max_new_tokens: int, stop: tuple[str, ...] = ()) -> None:
        self.length = 0
        self.logprob_sum = 0.0
        self.finish_reason: FinishReason | None = None
        self._random = random.Random(seed).random
        self._max_new_tokens = max_new_tokens
        self._stop = stop
        self._tail = ""
        self._texts: list[str] = []

    @property
    def left(self) -> int:
        """Tokens that may still come."""
        return 0 if self.finish_reason else self._max_new_tokens - self.length

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._texts)

    def take(self, count: int) -> list[Token]:
        """The next `count` tokens, or those that are left if it ends before."""
        tokens: list[Token] = []
        while len(tokens) < count and self.finish_reason is None:
            tokens.append(self._next())
        return tokens

    def _next(self) -> Token:
        draw = self._random()
        index = int(draw * len(_WORDS))
        token = Token(_FIRST_ID + index, " " + _WORDS[index], -round(4.0 * self._random(), 4))
        self.length += 1
        self.logprob_sum += token.logprob
        self._texts.append(token.text)
        # TGI looks at the length first.
        if self.length >= self._max_new_tokens:
            self.finish_reason = "length"
        elif self._stop and self._stops(token.text):
            self.finish_reason = "stop_sequence"
        return token

    def _stops(self, text: str) -> bool:
        self._tail = (self._tail + text)[-_STOP_WINDOW:]
        return any(self._tail.endswith(stop) for stop in self._stop)


def alternatives(token: Token, count: int) -> list[Token]:
    """The `count` likeliest tokens in the place of `token`, itself the first."""
    base = token.id - _FIRST_ID
    others = (
        Token(
            _FIRST_ID + (base + step) % len(_WORDS),
            " " + _WORDS[(base + step) % len(_WORDS)],
            round(token.logprob - 0.5 * step, 4),
        )
        for step in range(1, count)
    )
    return [token, *others][:count]
