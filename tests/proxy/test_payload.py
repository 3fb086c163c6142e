"""Which bytes are the request: unwrapped, filled in, and otherwise as they came."""

from typing import Any

import orjson
import pytest
from fakes.grants import autoscaler
from fakes.model import FakeModel
from fakes.worker_app import WORKLOAD, running_worker
from hypothesis import given
from hypothesis import strategies as st

from pyworker._native import parse_envelope
from pyworker.errors import InvalidRequest
from pyworker.hooks import ModelRequest, Payload
from pyworker.proxy.payload import PayloadReader
from pyworker.worker import Field, HandlerConfig, Unwrap, Workload

TOKENS = Workload(
    fields=(Field(path="max_tokens", kind=int, default=0),),
    count=lambda values: float(values["max_tokens"]),
)


def handler(
    *, only_objects: bool = False, fill: dict[str, Any] | None = None, hooked: bool = False
) -> HandlerConfig:
    return HandlerConfig(
        route="/x",
        workload=(lambda payload: float(payload.get("max_tokens", 0))) if hooked else TOKENS,
        unwrap=Unwrap("input", only_objects=only_objects),
        fill=fill or {},
        allow_parallel_requests=True,
    )


def read(payload: bytes, of: HandlerConfig) -> tuple[bytes, dict[str, Any]]:
    body = b'{"auth_data":{},"payload":' + payload + b"}"
    reader = PayloadReader(of)
    request = reader.read(parse_envelope(body, reader.paths), body)
    return bytes(request.raw), dict(request.fields)


@pytest.mark.parametrize(
    ("payload", "raw"),
    [
        (b'{"a": 1.50}', b'{"a": 1.50}'),
        (b'{"input": { "a" : 1e2 }, "b": 1}', b'{ "a" : 1e2 }'),
        (b'{"input": null, "a": 1}', b'{"input": null, "a": 1}'),
    ],
)
def test_the_request_is_a_slice_of_what_came(payload: bytes, raw: bytes) -> None:
    for hooked in (False, True):
        assert read(payload, handler(hooked=hooked))[0] == raw


@pytest.mark.parametrize("value", [b'"text"', b"[1,2]", b"7", b"false"])
def test_what_wraps_no_object_is_refused_or_a_field_of_the_request(value: bytes) -> None:
    payload = b'{"input":' + value + b"}"
    with pytest.raises(InvalidRequest) as refused:
        read(payload, handler())
    assert refused.value.detail == {"payload": {"input": "must be an object"}}
    assert read(payload, handler(only_objects=True))[0] == payload


def test_fields_are_those_of_the_wrapped_request() -> None:
    payload = b'{"max_tokens": 1, "input": {"max_tokens": 7}}'
    assert read(payload, handler())[1]["max_tokens"] == 7
    assert "max_tokens" not in read(b'{"max_tokens": 1, "input": {}}', handler())[1]


@pytest.mark.parametrize(
    ("payload", "raw"),
    [
        (b'{"a":1}', b'{"model":"m","a":1}'),
        (b"{ \n}", b'{"model":"m" \n}'),
        (b'{"model":"other"}', b'{"model":"other"}'),
        (b'{"model":null}', b'{"model":null}'),
        (b'{"input":{"a":1}}', b'{"model":"m","a":1}'),
        (b'{"model":"outer","input":{"a":1}}', b'{"model":"m","a":1}'),
    ],
)
def test_what_a_request_lacks_is_filled_in(payload: bytes, raw: bytes) -> None:
    assert read(payload, handler(fill={"model": "m"}))[0] == raw


@given(
    st.dictionaries(st.text(max_size=5), st.none() | st.integers(-9, 9) | st.text(max_size=5)),
    st.booleans(),
)
def test_bytes_and_parsed_payloads_are_read_alike(inner: dict[str, Any], wrap: bool) -> None:
    payload = {"input": inner} if wrap else inner
    config = handler(only_objects=True, fill={"model": "m", "n": [1]})
    raw, _ = read(orjson.dumps(payload), config)
    assert orjson.loads(raw) == PayloadReader(config).of(payload)


async def test_a_workload_that_parses_leaves_the_bytes_as_they_came(model: FakeModel) -> None:
    config = handler(hooked=True, fill={"model": "m"})
    seen: list[float] = []
    async with running_worker(model.url, handlers=(config,)) as worker, worker.client() as client:
        worker.ledger.on_change = lambda: seen.append(worker.ledger.load)
        body = autoscaler().envelope(b'{"input":{"max_tokens": 5, "x": 1.0e1}}')
        assert (await client.post("/x", content=body)).status_code == 200
    assert await model.calls[0].body() == b'{"model":"m","max_tokens": 5, "x": 1.0e1}'
    assert seen[0] == 5.0


async def test_a_parser_may_say_what_its_request_costs(model: FakeModel) -> None:
    def parser(_: Payload) -> ModelRequest:
        return ModelRequest(body=b"sound", content_type="audio/wav", workload=70.0)

    seen: list[float] = []
    config = HandlerConfig(route="/x", workload=WORKLOAD, request_parser=parser)
    async with running_worker(model.url, handlers=(config,)) as worker, worker.client() as client:
        worker.ledger.on_change = lambda: seen.append(worker.ledger.load)
        await client.post("/x", content=autoscaler().envelope(b"{}"))
    assert seen[0] == 70.0


def test_names_to_fill_in_are_members() -> None:
    with pytest.raises(ValueError, match="without dots"):
        handler(fill={"a.b": 1})
