"""Tokens of the served model: estimated until its tokenizer is loaded, exact from then on.

Nothing here waits or connects: `pyworker/model/tokenizer.py` calls `load` in a thread beside the
serving, and gives what the model server says of itself to `load_said`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import orjson

from pyworker.errors import SettingsError
from pyworker.workload.fallback import Estimate
from pyworker.workload.find import MAIN, find_tokenizer
from pyworker.workload.tokens import BadTokenizer, TokenCounter

log = logging.getLogger(__name__)

# Bytes of a payload that take a millisecond or a few to count, by what counts them, when none of
# its words was counted before: a thread takes larger ones, so that the events of other requests do
# not wait. The native counter gives up the interpreter lock from the same size on
# (`native/src/python/tokens.rs`); a thread costs 0.1 ms.
_THREAD_BYTES = {"native": 64 * 1024, "tokenizers": 4 * 1024, "estimate": 1024 * 1024}


class ServedModel(NamedTuple):
    """A model by its id or folder, and its revision."""

    name: str
    revision: str = MAIN


class ServedTokens:
    """Counts prompts with the tokenizer that the TOKENIZER setting asks for. Never downloads.

    A file may cut or fill texts to the length of its training; here all of a text counts.

    Args:
        setting: Path of a tokenizer.json or of a folder with one, a model id in the local Hugging
            Face cache, or `auto`.
        auto: Model ids or folders that `auto` stands for, the best first.
        ask: Paths of the model server whose answers say which model it serves; for `auto`, they
            count more than the names in `auto`.
        environ: Where HF_HUB_CACHE and HF_HOME are looked up; default `os.environ`.

    Attributes:
        counter: What counts now. Take it once for a request: it is replaced when another is loaded.
        ask: The paths to be asked; none when the tokenizer is named.

    Raises:
        SettingsError: A tokenizer is named and not there.
    """

    def __init__(
        self,
        setting: str,
        *,
        auto: Iterable[str],
        ask: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.counter = TokenCounter(
            Estimate(), backend="estimate", source="estimate", reason="not loaded yet"
        )
        self.ask = tuple(ask) if setting == "auto" else ()
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

    def heavy(self, size: int) -> bool:
        """Whether a payload of `size` bytes is for a thread to count."""
        return size >= _THREAD_BYTES[self.counter.backend]

    def as_json(self) -> dict[str, object]:
        """For /ready."""
        counter = self.counter
        return {"exact": counter.exact, "source": counter.source, "reason": counter.reason}

    def load(self) -> None:
        """Load what the setting names, or what `auto` stands for. Reads files: a quarter second.

        Raises:
            SettingsError: The named tokenizer cannot be used.
        """
        if self._named is not None:
            try:
                self._use(self._named)
            except (OSError, BadTokenizer) as error:
                raise SettingsError(f"TOKENIZER {error}") from error
            return
        problems = self._use_first(self._auto)
        if not self.ask:
            self._settle(problems)

    def load_said(self, answers: Iterable[bytes]) -> None:
        """Load the tokenizer of the model that the model server says it serves; settle for less.

        Args:
            answers: What it answered at the paths of `ask`; may be asked and given again.
        """
        said = [model for answer in answers for model in models_said(answer)]
        problems = self._use_first(said)
        if not said:
            problems = ["the model server does not say which model it serves"]
        if self.counter.exact and problems != self._told:
            if problems:
                log.warning("counting with %s all the same: %s", self.counter.source, problems[0])
            self._told = problems
        self._settle(problems)

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
                problems.append(str(error))
                continue
            return []
        return problems

    def _use(self, path: Path) -> None:
        if self.counter.source == str(path):
            return
        counter = TokenCounter.from_file(path, whole=True)
        log.info("counting tokens with %s (%s)", path, counter.backend)
        self.counter = counter

    def _settle(self, problems: Sequence[str]) -> None:
        why = "; ".join(problems) or "no model is named"
        # Told once: a benchmark that fails comes by here again.
        if not self.counter.exact and self.counter.reason != why:
            self.counter = TokenCounter.estimate(why)


def models_said(answer: bytes) -> list[ServedModel]:
    """The models in an answer of a model server, the best name first; empty if there is none.

    Known are TGI's /info, with the revision, and /v1/models of the OpenAI API, whose `root` is
    what vLLM has loaded when `id` is only what it is called.
    """
    try:
        body: Any = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return []
    if not isinstance(body, dict):
        return []
    said = cast("dict[str, Any]", body)
    found: list[tuple[Any, Any]] = [(said.get("model_id"), said.get("model_sha") or MAIN)]
    served: Any = said.get("data")
    first: Any = cast("list[Any]", served)[0] if isinstance(served, list) and served else None
    if isinstance(first, dict):
        entry = cast("dict[str, Any]", first)
        found += [(entry.get("root"), MAIN), (entry.get("id"), MAIN)]
    return [
        ServedModel(name, revision)
        for name, revision in found
        if name and isinstance(name, str) and isinstance(revision, str)
    ]
