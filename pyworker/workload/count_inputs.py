"""What `python -m pyworker count` counts, and how much of it is estimated."""

from pathlib import Path
from typing import Any

from pyworker.workload.chat_beside import Chats, chats_beside
from pyworker.workload.chat_request import Engine
from pyworker.workload.selector import Selector
from pyworker.workload.tokens import TokenCounter


class Counting:
    """Counts texts or payloads.

    Args:
        counter: What counts texts.
        selector: Where the texts of payloads stand; None when texts are counted.
        special: With the special tokens around a text.
        engine: Whose way to read chats is taken.

    Attributes:
        found: Texts, token ids and messages that were counted.
        counted, estimates: Payloads, and those of them that are estimates.
    """

    def __init__(
        self,
        counter: TokenCounter,
        selector: Selector | None,
        *,
        special: bool,
        engine: Engine,
    ) -> None:
        self._counter = counter
        self._selector = selector
        self._special = special
        self._chats = Chats(None, "")
        if self._selector is not None and self._selector.chats:
            self._chats = chats_beside(Path(counter.source), engine)
        self.found = self.counted = self.estimates = 0

    def count(self, text: bytes) -> dict[str, Any]:
        """What a text or payload holds."""
        if self._selector is None:
            self.found += 1
            tokens = self._counter.count_bytes(text, self._special)
            return {"tokens": tokens, "exact": self._counter.exact}
        counted = self._counter.count_json(text, self._selector, template=self._chats.template)
        self.found += counted.strings + counted.ids + counted.messages
        self.counted += 1
        self.estimates += not counted.exact
        return counted._asdict()

    def estimated(self) -> str:
        """How many are estimates, and why."""
        why = self._chats.reason or "they have more than texts, or the chat template refuses them"
        return f"{self.estimates} of {self.counted} payloads are estimated: {why}"

    def nowhere(self) -> str:
        """That nothing is where the selector looks."""
        assert self._selector is not None
        return f"nothing at {', '.join(entry.path for entry in self._selector.entries)}"
