"""Tokens of a text: exactly, with the model's own tokenizer.json, or estimated and said so."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, Self

from pyworker._native import TokenCounter as NativeCounter
from pyworker._native import UnsupportedTokenizer
from pyworker.workload.chat import ChatTemplate
from pyworker.workload.fallback import Estimate, Reference
from pyworker.workload.find import (
    MAIN,
    TokenizerNotFound,
    download_tokenizer,
    find_tokenizer,
    is_model_id,
)
from pyworker.workload.json_count import JsonCount, count_json
from pyworker.workload.selector import Selector

log = logging.getLogger(__name__)

# The largest published tokenizer.json, Gemma's, has 33 MB; weights must not be read for one.
MOST_BYTES = 256 * 1024 * 1024


class BadTokenizer(ValueError):
    """A tokenizer.json that neither the native counter nor the tokenizers package can read."""


class _Counting(Protocol):
    def count(self, text: str, special: bool = True) -> int: ...
    def count_bytes(self, text: bytes, special: bool = True) -> int: ...
    def count_many(self, texts: Sequence[str], special: bool = True) -> list[int]: ...


class TokenCounter:
    """Counts tokens as `len(Tokenizer.encode(text, add_special_tokens=special).ids)` would.

    `from_file`, `from_bytes` and `for_model` make one. They read megabytes for up to a quarter of
    a second: an event loop calls them in a thread. Counting is safe from many threads.

    Attributes:
        exact: False when it estimates from the length in bytes.
        backend: What counts: "native"; "tokenizers", the package, when the native counter does not
            know a part of the file; or "estimate".
        source: What it counts with, for people.
        reason: Why it is not native, for people; empty when it is.
    """

    def __init__(
        self,
        counting: _Counting,
        *,
        backend: Literal["native", "tokenizers", "estimate"],
        source: str,
        reason: str = "",
    ) -> None:
        self._counting = counting
        self.exact = backend != "estimate"
        self.backend = backend
        self.source = source
        self.reason = reason

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, whole: bool = False) -> Self:
        """Count with a tokenizer.json.

        Args:
            path: The file.
            whole: Ignore the file's truncation and padding: all of a text counts.

        Raises:
            OSError: The file cannot be read.
            BadTokenizer: It is no tokenizer.json.
        """
        source = os.fspath(path)
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise BadTokenizer(
                f"{source} cannot be used: it is larger than {MOST_BYTES // 2**20} MiB"
            )
        return cls.from_bytes(data, whole=whole, source=source)

    @classmethod
    def from_bytes(cls, data: bytes, *, whole: bool = False, source: str = "bytes") -> Self:
        """Count with the content of a tokenizer.json.

        Raises:
            BadTokenizer: It is none.
        """
        try:
            return cls(NativeCounter(data, whole=whole), backend="native", source=source)
        except UnsupportedTokenizer as error:
            reason = str(error)
        try:
            reference = Reference(data, whole=whole)
        except (ValueError, ImportError) as error:
            raise BadTokenizer(f"{source} cannot be used: {error}") from error
        log.warning(
            "%s is counted by the tokenizers package, which is slower by far: %s", source, reason
        )
        return cls(reference, backend="tokenizers", source=source, reason=reason)

    @classmethod
    def for_model(
        cls,
        name_or_dir: str | os.PathLike[str],
        *,
        revision: str = MAIN,
        download: bool = False,
        whole: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Count with the tokenizer.json of a model.

        Args:
            name_or_dir: Folder of the model, or its id in the local Hugging Face cache.
            revision: Branch, tag or commit in the cache.
            download: Fetch it into the cache if it is not there.
            whole: Ignore the file's truncation and padding.
            environ: Where HF_HUB_CACHE and HF_HOME are looked up; default `os.environ`.

        Raises:
            TokenizerNotFound: It is not on this machine, or cannot be fetched.
            OSError: The file cannot be read.
            BadTokenizer: It is no tokenizer.json.
        """
        path = find_tokenizer(name_or_dir, revision=revision, environ=environ)
        if path is None:
            name = os.fspath(name_or_dir)
            if Path(name).exists():
                raise TokenizerNotFound(f"there is no tokenizer.json in {name}")
            if not is_model_id(name):
                raise TokenizerNotFound(f"there is no file and no folder {name}")
            if not download:
                raise TokenizerNotFound(
                    f"no tokenizer.json of {name} in the local Hugging Face cache,"
                    f" revision {revision}, and no such folder"
                )
            path = download_tokenizer(name, revision=revision, environ=environ)
        return cls.from_file(path, whole=whole)

    @classmethod
    def estimate(cls, reason: str = "no tokenizer.json") -> Self:
        """A counter that estimates; says so in the log, with the reason."""
        log.warning("token counts are estimated, 4 bytes a token: %s", reason)
        return cls(Estimate(), backend="estimate", source="estimate", reason=reason)

    def count(self, text: str, special: bool = True) -> int:
        """Tokens of `text`.

        Args:
            text: Any text.
            special: With the special tokens that the model's encoder puts around a text.

        Raises:
            UnicodeEncodeError: `text` has a lone surrogate (never raised by an estimate).
        """
        return self._counting.count(text, special)

    def count_bytes(self, text: bytes, special: bool = True) -> int:
        """Tokens of a text in UTF-8.

        Raises:
            UnicodeDecodeError: It is no UTF-8 (never raised by an estimate).
        """
        return self._counting.count_bytes(text, special)

    def count_many(self, texts: Sequence[str], special: bool = True) -> list[int]:
        """Tokens of each text."""
        return self._counting.count_many(texts, special)

    def count_json(
        self,
        payload: bytes,
        selector: Selector,
        *,
        span: tuple[int, int] | None = None,
        template: ChatTemplate | None = None,
    ) -> JsonCount:
        """Tokens of the texts that a request's JSON holds; see `pyworker.workload.json_count`.

        Raises:
            JsonError: The first mistake in the JSON.
        """
        return count_json(
            self._counting, payload, selector, exact=self.exact, span=span, template=template
        )
