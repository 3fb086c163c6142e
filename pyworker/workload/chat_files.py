"""Where a model's folder has its chat templates, and the special tokens that they name."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

Json = Mapping[str, object]
Found = tuple[dict[str, str], dict[str, object]]

# What transformers passes to every template (`special_tokens_map`), if the model has it.
_SPECIAL_TOKENS = (
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
)
# The largest published tokenizer_config.json, with 6,000 added tokens in it, has about 1 MiB.
MOST_BYTES = 16 * 1024 * 1024


class NoChatTemplate(ValueError):
    """A model has no chat template that can be read."""


def in_folder(path: str | os.PathLike[str]) -> Found:
    """Templates by name and special tokens, found as transformers finds them.

    `chat_template.jinja` and `additional_chat_templates/*.jinja` come before the
    `chat_template` of tokenizer_config.json, and that before `chat_template.json`.

    Raises:
        OSError: A file is there and cannot be read.
        NoChatTemplate: A file is there and is not what it should be.
    """
    folder = Path(path)
    config = _read_json(folder / "tokenizer_config.json")
    named = {"default": folder / "chat_template.jinja"}
    extra = folder / "additional_chat_templates"
    if extra.is_dir():
        named.update((file.stem, file) for file in sorted(extra.glob("*.jinja")))
    templates = {name: _read(file) for name, file in named.items() if file.is_file()}
    if not templates:
        templates = _templates(config) or _templates(_read_json(folder / "chat_template.json"))
    return templates, {**_tokens(_read_json(folder / "special_tokens_map.json")), **_tokens(config)}


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise NoChatTemplate(f"{path}: larger than {MOST_BYTES // 2**20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NoChatTemplate(f"{path}: {error}") from error


def _read_json(path: Path) -> Json:
    """An object in a file; empty when there is no file."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, NoChatTemplate):
            raise
        raise NoChatTemplate(f"{path}: {error}") from error
    if not isinstance(value, dict):
        raise NoChatTemplate(f"{path}: expected an object")
    return cast("Json", value)


def _templates(config: Json) -> dict[str, str]:
    found = config.get("chat_template")
    if isinstance(found, str):
        return {"default": found}
    if not isinstance(found, list):
        return {}
    templates: dict[str, str] = {}
    for item in cast("list[object]", found):
        named: Json = cast("Json", item) if isinstance(item, dict) else {}
        name, template = named.get("name"), named.get("template")
        if isinstance(name, str) and isinstance(template, str):
            templates[name] = template
    return templates


def _tokens(config: Json) -> dict[str, object]:
    """Texts of the special tokens, which stand as strings or as objects with `content`."""
    tokens: dict[str, object] = {}
    for name in _SPECIAL_TOKENS:
        token = config.get(name)
        if isinstance(token, dict):
            token = cast("Json", token).get("content")
        if isinstance(token, str):
            tokens[name] = token
    extra = config.get("additional_special_tokens")
    if isinstance(extra, list) and extra:
        tokens["additional_special_tokens"] = extra
    return tokens
