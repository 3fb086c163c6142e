"""Small tokenizers that are ones, and the Hugging Face cache as its client lays it out."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers

COMMIT = "3ba8a35d1f1d2c5e4b6a798877665544332211ff"


def words_tokenizer(file: Path) -> Path:
    """Write a tokenizer.json that gives each word one token: a count shows who counted."""
    tokenizer: Any = Tokenizer(models.WordLevel({"[?]": 0, "cat": 1}, unk_token="[?]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    file.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(file))
    return file


def cached(cache: Path, model: str, content: bytes, *, commit: str = COMMIT) -> Path:
    """Put a tokenizer.json into a cache, at `commit`, which becomes the main one."""
    folder = cache / f"models--{model.replace('/', '--')}"
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (folder / "blobs").mkdir(exist_ok=True)
    blob = folder / "blobs" / f"of-{commit}"
    blob.write_bytes(content)
    (snapshot / "tokenizer.json").symlink_to(blob)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(commit)
    return snapshot / "tokenizer.json"
