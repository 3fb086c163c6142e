"""Events and bodies: hand-made bytes that are still the JSON they claim to be."""

import orjson

from pyworker.sim.tgi.settings import TgiSettings
from pyworker.sim.tgi.wire import (
    Timings,
    answer_headers,
    incomplete,
    info_body,
    invalid,
    last_members,
    overloaded,
    token_event,
)
from pyworker.sim.words import Token

TOKEN = Token(1071, " go", -3.6905)


def test_an_event_of_a_token_byte_for_byte() -> None:
    assert token_event(2, TOKEN, 0) == (
        b'data:{"index":2,"token":{"id":1071,"text":" go","logprob":-3.6905,"special":false},'
        b'"generated_text":null,"details":null}\n\n'
    )


def test_the_last_event_has_the_text_and_the_details() -> None:
    tail = last_members(' "go" \u00e9\n', {"finish_reason": "length", "seed": None})
    event = orjson.loads(token_event(2, TOKEN, 0, tail).removeprefix(b"data:"))
    assert event["generated_text"] == ' "go" \u00e9\n'
    assert event["details"] == {"finish_reason": "length", "seed": None}


def test_top_tokens_are_listed_only_when_asked_for() -> None:
    event = orjson.loads(token_event(1, TOKEN, 3).removeprefix(b"data:"))
    assert len(event["top_tokens"]) == 3
    assert event["top_tokens"][0] == event["token"]
    assert b"top_tokens" not in token_event(1, TOKEN, 0)


def test_every_logprob_of_a_float_is_json() -> None:
    for logprob in (-0.0, -1e-05, -3.9999, 0.0):
        event = token_event(1, Token(1, " a", logprob), 0)
        assert orjson.loads(event.removeprefix(b"data:"))["token"]["logprob"] == logprob


def test_errors_carry_their_status_and_type() -> None:
    assert (overloaded().status, overloaded().event()) == (
        429,
        b'data:{"error":"Model is overloaded","error_type":"overloaded"}\n\n',
    )
    assert invalid("x").body() == b'{"error":"Input validation error: x","error_type":"validation"}'
    assert incomplete(stream=True).kind == "incomplete_generation_stream"


def test_headers_of_an_answer() -> None:
    timings = Timings(total=0.00001, validation=0.0, queue=0.25, inference=1.5, generated_tokens=3)
    headers = dict(answer_headers(timings, characters=5, prompt_tokens=2))
    assert headers[b"x-compute-time"] == b"0.00001", "no exponent, as Rust prints it"
    assert headers[b"x-queue-time"] == b"250"
    assert headers[b"x-time-per-token"] == b"500"
    assert headers[b"x-prompt-tokens"] == b"2"
    assert headers[b"x-generated-tokens"] == b"3"


def test_info_has_tgis_members() -> None:
    assert list(info_body(TgiSettings(max_concurrent=3, max_queue=4)))[:4] == [
        "model_id",
        "model_sha",
        "model_pipeline_tag",
        "max_concurrent_requests",
    ]
    assert info_body(TgiSettings(max_concurrent=3, max_queue=4))["max_concurrent_requests"] == 7
