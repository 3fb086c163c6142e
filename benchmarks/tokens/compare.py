"""One tokenizer.json, many texts: our counts beside the reference's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.tokens.shrink import smallest
from pyworker.workload.tokens import TokenCounter
from tests.workload.trained import Trained

# One text in so many also goes through the other calls.
AGAIN_SHARE = 8
# Of one tokenizer; the first ones tell enough.
MOST_DIFFERENCES = 5


@dataclass
class Difference:
    """One text that is counted otherwise."""

    file: str
    call: str
    special: bool
    text: str
    ours: int | str
    reference: int | str


@dataclass
class Result:
    """What one tokenizer showed."""

    file: str
    family: str
    backend: str
    reason: str
    wanted: bool  # it should be counted natively
    texts: int = 0
    counts: int = 0
    unread: int = 0  # texts that the reference itself fails on
    differences: list[Difference] = field(default_factory=list[Difference])


class Pair:
    """Ours and the reference's counter of one file."""

    def __init__(self, one: Trained) -> None:
        self.one = one
        self.ours = TokenCounter.from_bytes(one.data)
        self.reference: Any = one.reference
        # A batch is padded to its longest text, so there each text is a batch of its own.
        self.padded = b'"padding": null' not in one.data and self.reference.padding is not None

    def right(self, texts: Sequence[str], *, special: bool) -> list[int | str]:
        """The reference's counts, or its error in words."""
        if self.padded:
            return [self.right_one(text, special=special) for text in texts]
        try:
            encoded = self.reference.encode_batch_fast(texts, add_special_tokens=special)
            return [len(one.ids) for one in encoded]
        except BaseException:  # noqa: BLE001 -- its panics are no Exception; each text tells more
            return [self.right_one(text, special=special) for text in texts]

    def right_one(self, text: str, *, special: bool) -> int | str:
        """As `right`, by the call that the promise names."""
        try:
            return len(self.reference.encode(text, add_special_tokens=special).ids)
        except BaseException as error:  # noqa: BLE001 -- a panic is an answer to compare
            return f"{type(error).__name__}: {error}"

    def ours_by(self, call: str, text: str, *, special: bool) -> int | str:
        """Our count by one of the calls."""
        try:
            match call:
                case "count_bytes":
                    return self.ours.count_bytes(text.encode(), special)
                case "count_many":
                    return self.ours.count_many([text], special)[0]
                case _:
                    return self.ours.count(text, special)
        except BaseException as error:  # noqa: BLE001 -- a panic is an answer to compare
            return f"{type(error).__name__}: {error}"

    def difference(self, call: str, text: str, *, special: bool) -> Difference:
        """The smallest text of this kind."""

        def differs(candidate: str) -> bool:
            right = self.right_one(candidate, special=special)
            return isinstance(right, int) and right != self.ours_by(
                call, candidate, special=special
            )

        # A difference that only the batch or the memory of an earlier text shows is kept whole.
        small = smallest(text, differs) if differs(text) else text
        ours = self.ours_by(call, small, special=special)
        right = self.right_one(small, special=special)
        return Difference(self.one.name, call, special, small, ours, right)


def compare(one: Trained, texts: Sequence[str]) -> Result:
    """Every text, with special tokens and without, by every call."""
    pair = Pair(one)
    ours = pair.ours
    result = Result(one.name, one.family, ours.backend, ours.reason, one.native, len(texts))
    for special in (False, True):
        right = pair.right(texts, special=special)
        many = ours.count_many(texts, special)
        for place, (text, expected) in enumerate(zip(texts, right, strict=True)):
            if isinstance(expected, str):
                result.unread += 1
                continue
            counted: dict[str, int | str] = {"count_many": many[place]}
            if place % AGAIN_SHARE == 0:
                counted["count"] = pair.ours_by("count", text, special=special)
                counted["count_bytes"] = pair.ours_by("count_bytes", text, special=special)
                # The batch of the reference is what it promises to be.
                assert expected == pair.right_one(text, special=special), (one.name, text)
            result.counts += len(counted)
            for call, number in counted.items():
                if number != expected and len(result.differences) < MOST_DIFFERENCES:
                    result.differences.append(pair.difference(call, text, special=special))
    return result
