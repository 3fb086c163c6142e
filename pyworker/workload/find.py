"""Where a model's tokenizer.json is on this machine: a file, a folder, the Hugging Face cache.

The cache is laid out as its own client does it, one folder a model:

    models--ORG--NAME/refs/main                              the commit that a branch or tag is at
    models--ORG--NAME/snapshots/<commit>/tokenizer.json      the files of a commit
"""

import os
from collections.abc import Mapping
from pathlib import Path

FILE = "tokenizer.json"
# llama-server is told, and tells, the file of the model itself.
GGUF = ".gguf"
MAIN = "main"


class TokenizerNotFound(FileNotFoundError):
    """No tokenizer.json where one was asked for; says where it was looked for."""


def find_tokenizer(
    name_or_dir: str | os.PathLike[str],
    *,
    revision: str = MAIN,
    environ: Mapping[str, str] | None = None,
) -> Path | None:
    """Find a tokenizer.json on this machine. Opens no connection.

    Args:
        name_or_dir: Path of a tokenizer.json, of a folder with one, or of a model's folder in a
            cache; else a model id, ORG/NAME or NAME, in the local cache. What exists as a path is
            no model id; a GGUF file stands for its folder.
        revision: Branch, tag or commit of a model in a cache; says nothing for other folders.
        environ: Where HF_HUB_CACHE and HF_HOME are looked up; default `os.environ`.

    Returns:
        The file, or None.
    """
    path = Path(name_or_dir)
    if path.suffix == GGUF:
        path = path.parent
    for candidate in (path, path / FILE):
        if candidate.is_file():
            return candidate
    if (path / "snapshots").is_dir():
        return _of_revision(path, revision)
    folder = "models--" + os.fspath(name_or_dir).replace("/", "--")
    return _of_revision(hub_cache(os.environ if environ is None else environ) / folder, revision)


def is_model_id(name: str) -> bool:
    """Whether a name that is no path on this machine may be a model id: NAME or ORG/NAME."""
    parts = name.split("/")
    return (
        len(parts) <= 2
        and all(part and part[0] not in ".~" for part in parts)
        and not name.endswith((".json", GGUF))
    )


def download_tokenizer(
    model: str, *, revision: str = MAIN, environ: Mapping[str, str] | None = None
) -> Path:
    """Fetch a model's tokenizer.json into the local cache. The only function here that connects.

    HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are read by the client itself, when it is imported.

    Raises:
        TokenizerNotFound: The client is not installed, there is no network, or no such model, file
            or revision.
    """
    try:
        import huggingface_hub  # noqa: PLC0415 - half a second, seldom needed
    except ImportError as error:
        raise TokenizerNotFound(
            f"{model} cannot be downloaded: the package huggingface_hub is not installed"
        ) from error
    cache = hub_cache(os.environ if environ is None else environ)
    try:
        path = huggingface_hub.hf_hub_download(  # pyright: ignore[reportUnknownMemberType]
            model, FILE, revision=revision, cache_dir=cache
        )
    except (OSError, ValueError) as error:  # its errors of HTTP and of names are among these
        reason = " ".join(str(error).split())
        raise TokenizerNotFound(f"{model} at {revision} cannot be downloaded: {reason}") from error
    return Path(path)


def hub_cache(environ: Mapping[str, str]) -> Path:
    """The cache's folder by the variables of its client: the most specific one that is set."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environ.get(variable):
            return Path(environ[variable]).expanduser()
    if environ.get("HF_HOME"):
        return Path(environ["HF_HOME"]).expanduser() / "hub"
    caches = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "huggingface" / "hub"


def _of_revision(folder: Path, revision: str) -> Path | None:
    """The file of a branch or tag (its ref says at which commit it is), or of a commit."""
    if not revision or revision.startswith("/") or ".." in revision.split("/"):
        return None
    try:
        commit = (folder / "refs" / revision).read_text().strip()
    except (OSError, UnicodeDecodeError):
        commit = revision
    path = folder / "snapshots" / commit / FILE
    return path if path.is_file() else None
