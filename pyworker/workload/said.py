"""What a model server says of itself: which model it serves, and which server it is.

| server | path | model | itself |
|---|---|---|---|
| TGI | /info | `model_id` at the commit `model_sha` | `router` |
| vLLM | /v1/models | `root`; `id` is only what it is called | `owned_by` |
| SGLang | /model_info, once /get_model_info | `tokenizer_path`, else `model_path` | |
| SGLang | /v1/models | `root` and `id`, both what it is called | `owned_by` |
| llama-server | /props | `model_path`, a GGUF file | |
| llama-server | /v1/models | `id`, that path or what it is called | `owned_by` |
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import orjson

from pyworker.workload.chat_request import Engine
from pyworker.workload.find import MAIN

_OWNERS: Mapping[object, Engine] = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama"}
_TGI = "text-generation-router"


class ServedModel(NamedTuple):
    """A model by its id, folder or file, and its revision."""

    name: str
    revision: str = MAIN


def models_said(answer: bytes) -> list[ServedModel]:
    """The models in an answer of a model server, the best name first; empty if there is none."""
    said, served = _read(answer)
    found = [
        (said.get("tokenizer_path"), MAIN),
        (said.get("model_id"), said.get("model_sha") or MAIN),
        (said.get("model_path"), MAIN),
        (served.get("root"), MAIN),
        (served.get("id"), MAIN),
    ]
    models = [
        ServedModel(name, revision)
        for name, revision in found
        if name and isinstance(name, str) and isinstance(revision, str)
    ]
    return list(dict.fromkeys(models))


def engine_said(answer: bytes) -> Engine | None:
    """Which server it is whose answer this is; None if it does not say."""
    said, served = _read(answer)
    if said.get("router") == _TGI:
        return "tgi"
    owner = served.get("owned_by")
    return _OWNERS.get(owner) if isinstance(owner, str) else None


def _read(answer: bytes) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The object in an answer, and the first of the models that it lists; empty where not there."""
    try:
        body: Any = orjson.loads(answer)
    except orjson.JSONDecodeError:
        body = None
    said = _object(body)
    listed: Any = said.get("data")
    first: Any = cast("list[Any]", listed)[0] if isinstance(listed, list) and listed else None
    return said, _object(first)


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
