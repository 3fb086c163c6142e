"""What a granted request brings to the model and back, through the whole service."""

import gzip
from collections.abc import Mapping

import httpx
import pytest
from fakes.client import post
from fakes.grants import Form, autoscaler, stranger
from fakes.model import FakeModel, by_hand, sends
from fakes.worker_app import WorkerApp, running_worker

from pyworker.proxy.grants import Grants
from pyworker.worker import HandlerConfig, Workload


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{  "inputs"\t:\r\n"x" ,"parameters":{ "max_new_tokens":10  , "unknown":null}}',
        b'{"inputs":"\\u00e9\\ud83d\\ude00\\/\\n"}',
        '{"inputs":"é😀"}'.encode(),
        b'{"a":1,"a":2,"parameters":{"max_new_tokens":1,"max_new_tokens":10}}',
        b'{"big":1e400,"small":1e-999,"long":123456789012345678901234567890,"zero":-0.0}',
        b'{"auth_data":{"cost":1},"payload":{"session_id":"x"}}',
        b'{"deep":' + b"[" * 500 + b"]" * 500 + b"}",
    ],
)
async def test_the_payload_reaches_the_model_byte_for_byte(
    payload: bytes, client: httpx.AsyncClient, model: FakeModel
):
    response = await client.post("/generate", content=autoscaler().envelope(payload))
    assert response.status_code == 200
    assert await (await model.next_call()).body() == payload


async def test_the_order_and_spacing_of_the_envelope_do_not_matter(
    client: httpx.AsyncClient, model: FakeModel
):
    envelope = autoscaler().envelope(b'{"a":1}')
    grant = envelope[envelope.index(b'"auth_data"') + 12 : envelope.index(b', "session_id"')]
    body = b'\r\n{"x":[1,{"payload":2}],"payload" : {"a" : 1} ,"auth_data":%b}\n' % grant
    assert (await client.post("/generate", content=body)).status_code == 200
    assert await (await model.next_call()).body() == b'{"a" : 1}'


async def test_a_payload_that_is_parsed_in_a_thread_is_the_same(model: FakeModel):
    payload = b'{"inputs":"' + b"x y " * 400_000 + b'"}'
    async with (
        running_worker(model.url, body_limit=4 * 1024**2) as worker,
        worker.client() as client,
    ):
        response = await client.post("/generate", content=autoscaler().envelope(payload))
    assert response.status_code == 200
    assert await model.calls[0].body() == payload


async def test_secrets_of_the_client_stay_here_and_what_the_model_may_know_passes(
    client: httpx.AsyncClient, model: FakeModel
):
    headers = {
        "Authorization": "Bearer secret",
        "Cookie": "secret",
        "X-Api-Key": "secret",
        "X-Request-Id": "mine",
        "Accept": "text/event-stream",
        "Accept-Encoding": "br;q=0.5",
        "traceparent": "00-abc-def-01",
        "tracestate": "v=1",
        "User-Agent": "sdk/1",
    }
    url = "/generate?api_key=secret"
    await client.post(url, content=autoscaler().envelope(b'{"a":1}'), headers=headers)
    call = await model.next_call()
    assert b"secret" not in call.head + await call.body()
    assert sorted(call.headers) == [
        (b"accept", b"text/event-stream"),
        (b"accept-encoding", b"br;q=0.5"),
        (b"content-length", b"7"),
        (b"content-type", b"application/json"),
        (b"host", b"127.0.0.1:%d" % model.port),
        (b"traceparent", b"00-abc-def-01"),
        (b"tracestate", b"v=1"),
        (b"x-request-id", b"mine"),
    ]
    assert call.target == "/generate"


async def test_an_error_of_the_model_passes_with_its_body(
    client: httpx.AsyncClient, model: FakeModel
):
    answer = b'{"error":"too long","error_type":"validation"}'
    head = b"HTTP/1.1 422 U\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    model.script(sends(head % len(answer) + answer))
    response = await client.post("/generate", content=autoscaler().envelope())
    assert (response.status_code, response.content) == (422, answer)


async def test_a_compressed_answer_is_what_the_client_unpacks(
    client: httpx.AsyncClient, model: FakeModel
):
    packed = gzip.compress(b'{"generated_text":"hello"}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    model.script(sends(head + packed))
    response = await client.post("/generate", content=autoscaler().envelope())
    assert response.json() == {"generated_text": "hello"}


async def test_the_client_sees_each_event_before_the_model_makes_the_next(
    worker: WorkerApp, model: FakeModel
):
    model.script(by_hand)
    raw = await worker.connect()
    await raw.send(post("/generate", autoscaler().envelope()))
    call = await model.next_call()
    await call.start(headers=[(b"Content-Type", b"text/event-stream")])
    await raw.head()
    for number in range(3):
        await call.chunk(b"data: %d\n\n" % number)
        assert await raw.chunk() == b"data: %d\n\n" % number
    await call.end()
    assert await raw.chunk() == b""
    await raw.close()


@pytest.mark.parametrize("form", ["A", "B", "B_OCTOBER", "C"])
async def test_every_form_of_grant_is_served(form: Form, client: httpx.AsyncClient):
    envelope = autoscaler().envelope(grant=autoscaler().grant(form))
    assert (await client.post("/generate", content=envelope)).status_code == 200


async def test_a_replayed_older_grant_is_401_and_counted_once(
    worker: WorkerApp, client: httpx.AsyncClient
):
    envelope = autoscaler().envelope(grant=autoscaler().grant("B"))
    answers = [(await client.post("/generate", content=envelope)).status_code for _ in range(3)]
    assert answers == [200, 401, 401]
    assert worker.ledger.received_count == 1


async def test_a_refused_signature_gets_a_second_look_when_a_new_key_comes(model: FakeModel):
    asked = 0

    async def refresh() -> bool:
        nonlocal asked
        asked += 1
        return worker.grants.use_key(stranger().public_key)

    async with (
        running_worker(model.url, refresh_key=refresh) as worker,
        worker.client() as client,
    ):
        signed_anew = stranger().envelope()
        assert (await client.post("/generate", content=signed_anew)).status_code == 200
        assert (await client.post("/generate", content=signed_anew)).status_code == 200
        assert asked == 1
        # The same key again is no reason for another look, and the old one is no longer good.
        assert (await client.post("/generate", content=autoscaler().envelope())).status_code == 401
        assert asked == 2


async def test_probes_pass_to_the_model_uncounted_and_ungranted(model: FakeModel):
    async with (
        running_worker(model.url, open_routes=("/healthcheck",), ready=False) as worker,
        worker.client() as client,
    ):
        model.script(sends(b"HTTP/1.1 503 S\r\nContent-Length: 4\r\n\r\nbusy"))
        response = await client.get("/healthcheck?api_key=secret")
        assert (response.status_code, response.text) == (503, "busy")
        model.script(sends(b"HTTP/1.1 200 S\r\nContent-Length: 4\r\n\r\n"))
        response = await client.head("/healthcheck")
        assert (response.status_code, response.headers["content-length"]) == (200, "4")
        assert [(call.method, call.target) for call in model.calls] == [
            ("GET", "/healthcheck"),
            ("HEAD", "/healthcheck"),
        ]
        assert worker.ledger.received_count == 0


async def test_a_broken_probe_is_cut_like_any_answer(model: FakeModel):
    async with (
        running_worker(model.url, open_routes=("/healthcheck",)) as worker,
        worker.client() as client,
    ):
        model.script(sends(b"HTTP/1.1 200 S\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"))
        with pytest.raises(httpx.TransportError):
            await client.get("/healthcheck")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_ping_and_health_answer_whatever_the_model_does(method: str):
    async with (
        running_worker("http://127.0.0.1:9", ready=False) as worker,
        worker.client() as client,
    ):
        ping = await client.request(method, "/ping")
        assert (ping.status_code, ping.headers["content-length"]) == (200, "4")
        assert ping.text == ("pong" if method == "GET" else "")
        assert (await client.request(method, "/health")).status_code == 200


async def test_ready_tells_phase_and_load(worker: WorkerApp, client: httpx.AsyncClient):
    with worker.ledger.enter(1, 25.0):
        response = await client.get("/ready")
        body = response.json()
        assert (response.status_code, body["ready"], body["phase"]) == (200, True, "ready")
        assert (body["requests_working"], body["load"]) == (1, 25.0)
    worker.readiness.fail("The model crashed.")
    response = await client.get("/ready")
    body = response.json()
    assert (response.status_code, body["ready"], body["phase"]) == (503, False, "errored")
    assert body["message"] == "The model crashed."


def _fails(_: Mapping[str, str | int]) -> float:
    raise ZeroDivisionError("secret of the definition")


async def test_a_workload_that_fails_is_500_and_not_counted(model: FakeModel):
    broken = HandlerConfig(route="/broken", workload=Workload(fields=(), count=_fails))
    async with running_worker(model.url, handlers=(broken,)) as worker, worker.client() as client:
        response = await client.post("/broken", content=autoscaler().envelope())
        assert (response.status_code, response.json()["code"]) == (500, "internal_error")
        assert "secret" not in response.text
        assert worker.ledger.received_count == 0


def test_grants_are_ready_only_with_a_key():
    assert (Grants().ready, Grants(unsecured=True).ready) == (False, True)
