"""Tokens of the served model: estimated until its tokenizer is loaded, exact from then on.

Chats are exact, too, if its chat template is beside its tokenizer; else they are estimates.

Nothing here waits or connects: `pyworker/model/tokenizer.py` calls `load` in a thread beside the
serving, and gives what the model server says of itself to `load_said`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pyworker.errors import SettingsError
from pyworker.reasons import reason_of
from pyworker.workload.chat_beside import Chats, chats_beside
from pyworker.workload.chat_request import Engine
from pyworker.workload.fallback import Estimate
from pyworker.workload.find import MAIN, find_tokenizer
from pyworker.workload.json_count import JsonCount, Span
from pyworker.workload.said import ServedModel, engine_said, models_said
from pyworker.workload.selector import Selector
from pyworker.workload.tokens import BadTokenizer, TokenCounter

log = logging.getLogger(__name__)

# Bytes of a payload that take a millisecond or a few to count, by what counts them, when none of
# its words was counted before: a thread takes larger ones, so that the events of other requests do
# not wait. The native counter gives up the interpreter lock from the same size on
# (`native/src/python/tokens.rs`); a thread costs 0.1 ms.
_THREAD_BYTES = {"native": 64 * 1024, "tokenizers": 4 * 1024, "estimate": 1024 * 1024}


# Rendering a chat takes 9 us a message: 136 messages of a letter each are 4 KiB and take 1.3 ms.
_THREAD_BYTES_OF_CHAT = 4 * 1024


class Loaded(NamedTuple):
    """What counts at one time; replaced as a whole.

    Attributes:
        counter: Counts texts.
        chats: Counts chats, if they are counted at all.
        engine: Whose way to read a chat that is.
    """

    counter: TokenCounter
    chats: Chats = Chats(None, "")
    engine: Engine | None = None


class ServedTokens:
    """Counts prompts with the tokenizer that the TOKENIZER setting asks for. Never downloads.

    A file may cut or fill texts to the length of its training; here all of a text counts.

    Args:
        setting: Path of a tokenizer.json or of a folder with one, a model id in the local Hugging
            Face cache, or `auto`.
        auto: Model ids or folders that `auto` stands for, the best first.
        ask: Paths of the model server whose answers say which model it serves; for `auto`, they
            count more than the names in `auto`.
        engine: Whose way to read chats is taken, unless an answer says which server it is; None
            when no chats are counted.
        environ: Where HF_HUB_CACHE and HF_HOME are looked up; default `os.environ`.

    Attributes:
        loaded: What counts now. Take it once for a request: it is replaced when another is loaded.
        ask: The paths to be asked; none when there is nothing to learn.

    Raises:
        SettingsError: A tokenizer is named and not there.
    """

    def __init__(
        self,
        setting: str,
        *,
        auto: Iterable[str],
        ask: Sequence[str] = (),
        engine: Engine | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.loaded = Loaded(
            TokenCounter(Estimate(), backend="estimate", source="estimate", reason="not loaded yet")
        )
        self.ask = tuple(ask) if setting == "auto" or engine == "unknown" else ()
        self._engine: Engine | None = engine
        self._told_of_chats = ""
        self._auto = [ServedModel(name) for name in auto if name]
        self._environ = environ
        self._named: Path | None = None
        self._told: list[str] = []
        if setting != "auto":
            self._named = find_tokenizer(setting, environ=environ)
            if self._named is None:
                raise SettingsError(
                    "TOKENIZER must be a tokenizer.json, a folder with one, or a model id in the"
                    f" local Hugging Face cache, not {setting!r}"
                )

    @property
    def counter(self) -> TokenCounter:
        """What counts texts now."""
        return self.loaded.counter

    def count_json(self, payload: bytes, selector: Selector, span: Span) -> JsonCount:
        """As `TokenCounter.count_json`, chats with the model's template if there is one."""
        loaded = self.loaded
        return loaded.counter.count_json(
            payload, selector, span=span, template=loaded.chats.template
        )

    def heavy(self, size: int, *, chats: bool = False) -> bool:
        """Whether a payload of `size` bytes is for a thread to count."""
        if chats and self.loaded.chats.template is not None:
            return size >= _THREAD_BYTES_OF_CHAT
        return size >= _THREAD_BYTES[self.counter.backend]

    def as_json(self) -> dict[str, object]:
        """For /ready."""
        counter, chats, _ = self.loaded
        said: dict[str, object] = {
            "exact": counter.exact,
            "source": counter.source,
            "reason": counter.reason,
        }
        if self._engine is not None:
            reason = chats.reason if counter.exact else counter.reason
            said["chats"] = {"exact": counter.exact and not reason, "reason": reason}
        return said

    def load(self) -> None:
        """Load what the setting names, or what `auto` stands for. Reads files: a quarter second.

        Raises:
            SettingsError: The named tokenizer cannot be used.
        """
        if self._named is not None:
            try:
                self._use(self._named)
            except (OSError, BadTokenizer) as error:
                raise SettingsError(f"TOKENIZER {_why(self._named, error)}") from error
            if not self.ask:
                self._tell_of_chats()
            return
        problems = self._use_first(self._auto)
        if not self.ask:
            self._settle(problems)
            self._tell_of_chats()

    def load_said(self, answers: Iterable[bytes]) -> None:
        """Load the tokenizer of the model that the model server says it serves; settle for less.

        Args:
            answers: What it answered at the paths of `ask`; may be asked and given again.
        """
        answers = list(answers)
        if self._engine is not None:
            engines: list[Engine | None] = [*map(engine_said, answers), self._engine]
            self._engine = next(filter(None, engines))
        if self._named is not None:
            self._read_chats_again()
            return
        said = [model for answer in answers for model in models_said(answer)]
        problems = self._use_first(said)
        if not said:
            problems = ["the model server does not say which model it serves"]
        if self.counter.exact and problems != self._told:
            if problems:
                log.warning("counting with %s all the same: %s", self.counter.source, problems[0])
            self._told = problems
        self._settle(problems)
        self._read_chats_again()

    def _use_first(self, models: Sequence[ServedModel]) -> list[str]:
        """Load the first that is here; what kept the others from it, nothing if one is loaded."""
        problems: list[str] = []
        for model in models:
            path = find_tokenizer(model.name, revision=model.revision, environ=self._environ)
            if path is None:
                at = "" if model.revision == MAIN else f" at {model.revision}"
                problems.append(f"{model.name}{at} is not in the local Hugging Face cache")
                continue
            try:
                self._use(path)
            except (OSError, BadTokenizer) as error:
                problems.append(_why(path, error))
                continue
            return []
        return problems

    def _use(self, path: Path) -> None:
        if self.counter.source == str(path):
            return
        counter = TokenCounter.from_file(path, whole=True)
        log.info("counting tokens with %s (%s)", path, counter.backend)
        self.loaded = self._with_chats(counter)

    def _with_chats(self, counter: TokenCounter) -> Loaded:
        if self._engine is None:
            return Loaded(counter)
        chats = chats_beside(Path(counter.source), self._engine)
        if chats.template is not None and not chats.reason:
            log.info("counting chats with the chat template beside %s", counter.source)
        return Loaded(counter, chats, self._engine)

    def _read_chats_again(self) -> None:
        """The model server said which one it is, which may differ from what was thought."""
        if self.counter.exact and self.loaded.engine != self._engine:
            self.loaded = self._with_chats(self.counter)
        self._tell_of_chats()

    def _tell_of_chats(self) -> None:
        chats = self.loaded.chats
        how = "with the chat template" if chats.template else "4 tokens a message beside its texts"
        told = f"token counts of chats are estimated, {how}: {chats.reason}"
        if chats.reason and told != self._told_of_chats:
            self._told_of_chats = told
            log.warning("%s", told)

    def _settle(self, problems: Sequence[str]) -> None:
        why = "; ".join(problems) or "no model is named"
        # Told once: a benchmark that fails comes by here again.
        if not self.counter.exact and self.counter.reason != why:
            self.loaded = Loaded(TokenCounter.estimate(why))


def _why(path: Path, error: Exception) -> str:
    """Why a tokenizer cannot be used, with its path, which a BadTokenizer names itself."""
    if isinstance(error, OSError):
        return f"{path} cannot be read: {reason_of(error)}"
    return str(error)
