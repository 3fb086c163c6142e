"""What model servers say of themselves, in the shapes that they have."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.workload.said import ServedModel, engine_said, models_said

INFO = {"model_id": "org/model", "model_sha": None, "max_total_tokens": 4096}


@pytest.mark.parametrize(
    ("answer", "models"),
    [
        (INFO, [ServedModel("org/model")]),
        ({"model_id": "org/model", "model_sha": "abc"}, [ServedModel("org/model", "abc")]),
        ({"model_id": "/data/model"}, [ServedModel("/data/model")]),
        (
            {"object": "list", "data": [{"id": "alias", "root": "org/model"}, {"id": "lora"}]},
            [ServedModel("org/model"), ServedModel("alias")],
        ),
        ({"data": [{"id": "m", "root": None}]}, [ServedModel("m")]),
        (
            {"model_path": "/data/model", "tokenizer_path": "/data/tokens", "is_generation": True},
            [ServedModel("/data/tokens"), ServedModel("/data/model")],
        ),
        ({"model_path": "/m/x.gguf", "chat_template": "{{ x }}"}, [ServedModel("/m/x.gguf")]),
        ({"data": [{"id": "m", "root": "m"}]}, [ServedModel("m")]),
        ({"model_id": 5}, []),
        ({"model_id": "m", "model_sha": 5}, []),
        ({"model_id": ""}, []),
        ({"data": []}, []),
        ({"data": ["m"]}, []),
        ({"data": {"id": "m"}}, []),
        ([], []),
        ("m", []),
        (None, []),
    ],
)
def test_what_model_servers_say_of_themselves(answer: object, models: list[ServedModel]) -> None:
    assert models_said(json.dumps(answer).encode()) == models


@given(answer=st.binary(max_size=50))
def test_any_answer_is_read(answer: bytes) -> None:
    assert models_said(answer) == []
    assert engine_said(answer) is None


@pytest.mark.parametrize(
    ("answer", "engine"),
    [
        ({"data": [{"id": "m", "owned_by": "vllm"}]}, "vllm"),
        ({"data": [{"id": "m", "owned_by": "sglang"}, {"owned_by": "vllm"}]}, "sglang"),
        ({"models": [5], "data": [{"id": "m", "owned_by": "llamacpp"}]}, "llama"),
        ({**INFO, "router": "text-generation-router"}, "tgi"),
        # TGI's /v1/models names the model there.
        ({"data": [{"id": "org/model", "owned_by": "org/model"}]}, None),
        ({"data": [{"owned_by": ["vllm"]}]}, None),
        ({"router": 1}, None),
        ([], None),
    ],
)
def test_which_server_it_is(answer: object, engine: str | None) -> None:
    assert engine_said(json.dumps(answer).encode()) == engine
