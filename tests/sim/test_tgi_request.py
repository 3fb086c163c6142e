"""Bodies as serde and axum take them or refuse them."""

import orjson
import pytest

from pyworker.sim.tgi.request import (
    BodyRejected,
    Parameters,
    debug_parameters,
    parse_request,
)

JSON = b"application/json"


def test_all_parameters_are_read() -> None:
    given = {
        "best_of": 1,
        "temperature": 0.7,
        "repetition_penalty": 1.03,
        "frequency_penalty": 0.1,
        "top_k": 10,
        "top_p": 0.95,
        "typical_p": 0.95,
        "do_sample": True,
        "max_new_tokens": 20,
        "return_full_text": False,
        "stop": ["photographer"],
        "truncate": 100,
        "watermark": True,
        "details": True,
        "decoder_input_details": False,
        "seed": 2**64 - 1,
        "top_n_tokens": 5,
        "grammar": {"type": "regex", "value": "a+"},
        "adapter_id": "lora",
    }
    request = parse_request(orjson.dumps({"inputs": "Hi", "parameters": given}), JSON)
    assert request.inputs == "Hi"
    assert request.parameters == Parameters(**{**given, "stop": ("photographer",)})  # type: ignore[arg-type]


def test_absent_parameters_mean_sampling_and_given_ones_do_not() -> None:
    assert parse_request(b'{"inputs":"Hi"}', JSON).parameters.do_sample is True
    assert parse_request(b'{"inputs":"Hi","parameters":{}}', JSON).parameters.do_sample is False


def test_null_is_absent_and_unknown_members_are_ignored() -> None:
    body = b'{"inputs":"Hi","parameters":{"temperature":null,"new_thing":[1]},"model":"x"}'
    assert parse_request(body, JSON).parameters == Parameters()


@pytest.mark.parametrize("kind", [b"application/json; charset=utf-8", b"application/vnd.api+json"])
def test_content_types_of_json(kind: bytes) -> None:
    assert parse_request(b'{"inputs":"Hi"}', kind).inputs == "Hi"


@pytest.mark.parametrize("kind", [None, b"", b"text/plain", b"application/x-www-form-urlencoded"])
def test_other_content_types_are_415(kind: bytes | None) -> None:
    with pytest.raises(BodyRejected) as refused:
        parse_request(b'{"inputs":"Hi"}', kind)
    assert refused.value.status == 415
    assert refused.value.text == "Expected request with `Content-Type: application/json`"


@pytest.mark.parametrize("body", [b"", b"{", b"inputs=1", b'{"inputs":"\xff"}'])
def test_what_is_no_json_is_400(body: bytes) -> None:
    with pytest.raises(BodyRejected) as refused:
        parse_request(body, JSON)
    assert refused.value.status == 400
    assert refused.value.text.startswith("Failed to parse the request body as JSON: ")
    assert " at line 1 column " in refused.value.text


TARGET = "Failed to deserialize the JSON body into the target type: "


def refusal(body: bytes) -> str:
    with pytest.raises(BodyRejected) as refused:
        parse_request(body, JSON)
    assert refused.value.status == 422
    assert refused.value.text.startswith(TARGET)
    return refused.value.text.removeprefix(TARGET)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", "missing field `inputs`"),
        (b"[1]", "invalid type: sequence, expected struct GenerateRequest"),
        (b'{"inputs":null}', "inputs: invalid type: null, expected a string"),
        (b'{"inputs":3}', "inputs: invalid type: integer `3`, expected a string"),
        (
            b'{"inputs":"","parameters":[]}',
            "parameters: invalid type: sequence, expected struct GenerateParameters",
        ),
        (
            b'{"inputs":"","stream":"yes"}',
            'stream: invalid type: string "yes", expected a boolean',
        ),
    ],
)
def test_a_body_of_a_wrong_shape_is_422(body: bytes, problem: str) -> None:
    assert refusal(body) == problem


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("max_new_tokens", "-1", "invalid value: integer `-1`, expected u32"),
        ("max_new_tokens", "4294967296", "invalid value: integer `4294967296`, expected u32"),
        ("max_new_tokens", "1.5", "invalid type: floating point `1.5`, expected u32"),
        ("max_new_tokens", '"9"', 'invalid type: string "9", expected u32'),
        ("top_k", "-2147483649", "invalid value: integer `-2147483649`, expected i32"),
        ("temperature", '"hot"', 'invalid type: string "hot", expected f32'),
        ("temperature", "true", "invalid type: boolean `true`, expected f32"),
        ("details", "1", "invalid type: integer `1`, expected a boolean"),
        ("stop", "null", "invalid type: null, expected a sequence"),
        ("grammar", '{"value":"a"}', "missing field `type`"),
        (
            "grammar",
            '{"type":"x","value":1}',
            "unknown variant `x`, expected one of `json`, `json_object`, `regex`, `json_schema`",
        ),
    ],
)
def test_a_parameter_of_a_wrong_type_is_422_and_named(name: str, value: str, problem: str) -> None:
    body = f'{{"inputs":"Hi","parameters":{{"{name}":{value}}}}}'
    assert refusal(body.encode()) == f"parameters.{name}: {problem}"


def test_the_place_in_a_list_is_named() -> None:
    body = b'{"inputs":"Hi","parameters":{"stop":["a",{}]}}'
    assert refusal(body) == "parameters.stop[1]: invalid type: map, expected a string"


def test_parameters_are_logged_as_rust_prints_them() -> None:
    parameters = Parameters(temperature=0.7, return_full_text=False, stop=("a", '"'), seed=1)
    assert debug_parameters(parameters) == (
        "GenerateParameters { best_of: None, temperature: Some(0.7), repetition_penalty: None, "
        "frequency_penalty: None, top_k: None, top_p: None, typical_p: None, do_sample: false, "
        'max_new_tokens: None, return_full_text: Some(false), stop: ["a", "\\""], '
        "truncate: None, watermark: false, details: false, decoder_input_details: false, "
        "seed: Some(1), top_n_tokens: None, grammar: None, adapter_id: None }"
    )
