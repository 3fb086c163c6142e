"""Tokens of a text: exactly, with the model's own tokenizer.json, or estimated and said so."""

import logging
from collections.abc import Mapping
from pathlib import Path

from tokenizers import Tokenizer

from pyworker.errors import SettingsError

log = logging.getLogger(__name__)

# English and code give 3.5 to 4.5 bytes a token with vocabularies of 32,000 and more.
BYTES_PER_TOKEN = 4.0


class TokenCounter:
    """Counts tokens.

    Attributes:
        exact: False when it estimates from the length in bytes.
        source: What it counts with, for people.
    """

    def __init__(self, tokenizer: Tokenizer | None, source: str) -> None:
        self._tokenizer = tokenizer
        self.exact = tokenizer is not None
        self.source = source

    def count(self, text: str) -> int:
        """Tokens of `text`, special tokens of the model included, as its encoder counts them."""
        if self._tokenizer is None:
            return round(len(text.encode(errors="replace")) / BYTES_PER_TOKEN)
        return len(self._tokenizer.encode(text).ids)


def estimator(why: str) -> TokenCounter:
    """A counter that estimates; says so in the log, with the reason."""
    log.warning("token counts are estimated, 4 bytes a token: %s", why)
    return TokenCounter(None, "estimate")


def token_counter(setting: str, *, auto_model: str, environ: Mapping[str, str]) -> TokenCounter:
    """The counter that the TOKENIZER setting asks for. Reads files; never downloads.

    Args:
        setting: Path of a tokenizer.json or of a folder with one, a model id in the local Hugging
            Face cache, or `auto`.
        auto_model: The model id that `auto` stands for.
        environ: Where HF_HUB_CACHE and HF_HOME are looked up.

    Raises:
        SettingsError: A tokenizer was named and cannot be used. With `auto` there is an estimate.
    """
    name = auto_model if setting == "auto" else setting
    path = _find(name, environ)
    if path is None:
        if setting == "auto":
            return estimator(f"{name} is not in the local Hugging Face cache")
        raise SettingsError(
            f"TOKENIZER must be a tokenizer.json, a folder with one, or a model id in the local"
            f" Hugging Face cache, not {setting!r}"
        )
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # because tokenizers raises bare Exception for every bad file
        if setting == "auto":
            return estimator(f"{path} cannot be used: {error}")
        raise SettingsError(f"TOKENIZER {path} cannot be used: {error}") from error
    # A file may cut or fill texts to the length of its training; here all of a text counts.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    log.info("counting tokens with %s", path)
    return TokenCounter(tokenizer, str(path))


def _find(name: str, environ: Mapping[str, str]) -> Path | None:
    path = Path(name)
    for candidate in (path, path / "tokenizer.json"):
        if candidate.is_file():
            return candidate
    return _find_cached(name, environ)


def _find_cached(model: str, environ: Mapping[str, str]) -> Path | None:
    """`<cache>/models--ORG--NAME/snapshots/<commit>/tokenizer.json`, of the revision `main`."""
    folder = _cache(environ) / ("models--" + model.replace("/", "--"))
    try:
        commit = (folder / "refs" / "main").read_text().strip()
        path = folder / "snapshots" / commit / "tokenizer.json"
        return path if path.is_file() else None
    except OSError:
        return None


def _cache(environ: Mapping[str, str]) -> Path:
    if environ.get("HF_HUB_CACHE"):
        return Path(environ["HF_HUB_CACHE"])
    home = environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"
