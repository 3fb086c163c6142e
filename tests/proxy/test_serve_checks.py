"""The order of checks: what is refused, with which answer, and that nothing refused is counted."""

import json
from typing import Any

import httpx
import pytest
from fakes.grants import autoscaler, stranger
from fakes.model import FakeModel
from fakes.worker_app import BODY_LIMIT, WorkerApp, running_worker

from pyworker.proxy.ledger import Amounts


def untouched(worker: WorkerApp) -> bool:
    """Nothing was counted and nothing will be reported."""
    ledger = worker.ledger
    return (ledger.received_count, ledger.finished_count, ledger.take_amounts()) == (
        0,
        0,
        Amounts(),
    )


def refusal(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The JSON body of a refusal; every one has the same three members."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    body = response.json()
    assert body["code"] == code
    assert isinstance(body["error"], str)
    assert body["error"]
    assert isinstance(body["request_id"], str)
    assert body["request_id"]
    return body


def grant_without(*names: str) -> dict[str, object]:
    return {k: v for k, v in autoscaler().grant().items() if k not in names}


async def test_a_request_without_a_grant_is_not_counted(
    worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel
):
    response = await client.post("/generate", content=b'{"payload":{"inputs":"x"}}')
    body = refusal(response, 422, "invalid_request")
    assert body["auth_data"] == "field missing"
    assert untouched(worker)
    assert model.calls == []


@pytest.mark.parametrize(
    ("envelope", "detail"),
    [
        ({}, {"auth_data": "field missing", "payload": "field missing"}),
        (
            {"auth_data": {}, "payload": {}},
            {
                "auth_data": dict.fromkeys(
                    ["cost", "endpoint", "reqnum", "signature", "url"], "missing parameter"
                )
            },
        ),
        (
            {"auth_data": grant_without("reqnum", "url")},
            {
                "auth_data": {"reqnum": "missing parameter", "url": "missing parameter"},
                "payload": "field missing",
            },
        ),
    ],
)
async def test_missing_fields_are_named_in_the_nested_shape(
    envelope: object, detail: dict[str, object], worker: WorkerApp, client: httpx.AsyncClient
):
    response = await client.post("/generate", json=envelope)
    body = refusal(response, 422, "invalid_request")
    assert {k: v for k, v in body.items() if k in {"auth_data", "payload"}} == detail
    assert untouched(worker)


@pytest.mark.parametrize("signature", ["", "not base64!", "AAAA", "A" * 100_000])
async def test_a_signature_that_is_none_is_refused_and_not_counted(
    signature: str, worker: WorkerApp, client: httpx.AsyncClient
):
    grant = {**autoscaler().grant(), "signature": signature}
    response = await client.post("/generate", content=autoscaler().envelope(grant=grant))
    refusal(response, 401, "unauthorized")
    assert untouched(worker)


async def test_a_strangers_signature_is_refused_and_not_counted(
    worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel
):
    envelope = autoscaler().envelope(grant=stranger().grant())
    refusal(await client.post("/generate", content=envelope), 401, "unauthorized")
    assert untouched(worker)
    assert model.calls == []


async def test_without_a_key_a_grant_is_neither_refused_for_good_nor_counted(model: FakeModel):
    async with running_worker(model.url, has_key=False) as worker, worker.client() as client:
        response = await client.post("/generate", content=autoscaler().envelope())
        refusal(response, 503, "not_ready")
        assert response.headers["retry-after"] == "1"
        assert untouched(worker)


async def test_unsecured_takes_any_signature_but_still_wants_all_fields(model: FakeModel):
    async with (
        running_worker(model.url, unsecured=True, has_key=False) as worker,
        worker.client() as client,
    ):
        unsigned = {**autoscaler().grant(), "signature": ""}
        envelope = autoscaler().envelope(grant=unsigned)
        assert (await client.post("/generate", content=envelope)).status_code == 200
        envelope = autoscaler().envelope(grant=grant_without("signature"))
        refusal(await client.post("/generate", content=envelope), 422, "invalid_request")
        assert worker.ledger.received_count == 1


@pytest.mark.parametrize(
    ("body", "kind", "position"),
    [
        (b"", "json", 0),
        (b'{"auth_data": {]}', "json", 15),
        (b"[]", "type", 0),
        (b'{"auth_data": {"cost": "1"}}', "type", 23),
        (b'{"payload": {}, "payload": {}}', "duplicate", 16),
        (b'{"payload": {"a": "\xff"}}', "utf8", 19),
        (b'{"payload": ' + b"[" * 2000, "depth", None),
        (b'{"x": ' + b"[" * 2000, "depth", None),
        (b'{"auth_data": {"cost": 1e999}}', "type", 23),
    ],
)
async def test_a_broken_envelope_is_422_and_says_where(
    body: bytes, kind: str, position: int | None, worker: WorkerApp, client: httpx.AsyncClient
):
    answer = refusal(await client.post("/generate", content=body), 422, "invalid_request")
    assert answer["kind"] == kind
    if position is not None:
        assert answer["position"] == position
    assert f"at byte {answer['position']}" in answer["error"]
    assert untouched(worker)


async def test_a_negative_cost_is_422(worker: WorkerApp, client: httpx.AsyncClient):
    envelope = autoscaler().envelope(grant=autoscaler().grant(cost=-1.0))
    body = refusal(await client.post("/generate", content=envelope), 422, "invalid_request")
    assert body["auth_data"] == {"cost": "must not be negative"}
    assert untouched(worker)


async def test_a_granted_request_with_a_bad_payload_field_is_422_and_names_it(
    worker: WorkerApp, client: httpx.AsyncClient
):
    payload = b'{"parameters": {"max_new_tokens": "ten"}}'
    response = await client.post("/generate", content=autoscaler().envelope(payload))
    body = refusal(response, 422, "invalid_request")
    assert body["payload"] == {"parameters.max_new_tokens": "must be an integer"}
    assert untouched(worker)


@pytest.mark.parametrize("tokens", ["-1", "1000000001", "1e400"])
async def test_a_workload_that_is_no_sane_number_is_422(
    tokens: str, worker: WorkerApp, client: httpx.AsyncClient
):
    payload = b'{"parameters": {"max_new_tokens": %s}}' % tokens.encode()
    response = await client.post("/generate", content=autoscaler().envelope(payload))
    refusal(response, 422, "invalid_request")
    assert untouched(worker)


@pytest.mark.parametrize("session_id", ["abc", ""])
async def test_an_unknown_session_is_410_after_the_signature(
    session_id: str, worker: WorkerApp, client: httpx.AsyncClient
):
    envelope = autoscaler().envelope(session_id=session_id)
    body = refusal(await client.post("/generate", content=envelope), 410, "invalid_session")
    assert body["error"] == "invalid session"
    envelope = autoscaler().envelope(grant=stranger().grant(), session_id=session_id)
    refusal(await client.post("/generate", content=envelope), 401, "unauthorized")
    assert untouched(worker)


async def test_an_unknown_route_is_404_and_names_the_known_ones(client: httpx.AsyncClient):
    body = refusal(await client.post("/nothing", content=b"{}"), 404, "route_not_found")
    assert "/generate" in body["error"]


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("GET", "/generate", "POST"), ("POST", "/ping", "GET, HEAD")]
)
async def test_a_wrong_method_is_405_and_says_which_is_right(
    method: str, path: str, allow: str, client: httpx.AsyncClient
):
    response = await client.request(method, path)
    refusal(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allow


async def test_a_body_over_the_limit_is_413(worker: WorkerApp, client: httpx.AsyncClient):
    response = await client.post("/generate", content=bytes(BODY_LIMIT + 1))
    assert refusal(response, 413, "body_too_large")["limit"] == BODY_LIMIT
    assert untouched(worker)


async def test_a_body_of_the_limit_is_taken(client: httpx.AsyncClient, model: FakeModel):
    room = BODY_LIMIT - len(autoscaler().envelope(b'{"inputs":""}'))
    payload = b'{"inputs":"%s"}' % (b"x" * room)
    envelope = autoscaler().envelope(payload)
    assert len(envelope) == BODY_LIMIT
    assert (await client.post("/generate", content=envelope)).status_code == 200
    assert await (await model.next_call()).body() == payload


async def test_a_client_may_choose_the_request_id(client: httpx.AsyncClient):
    response = await client.post("/generate", content=b"", headers={"X-Request-Id": "mine-1"})
    assert response.json()["request_id"] == "mine-1"


async def test_request_ids_of_ours_differ(client: httpx.AsyncClient):
    ids = {(await client.post("/generate", content=b"")).json()["request_id"] for _ in range(3)}
    assert len(ids) == 3


async def test_the_answers_are_what_older_clients_read(client: httpx.AsyncClient):
    """The SDK's client shows `error`, whatever else there is."""
    response = await client.post("/generate", content=b"nonsense")
    assert "error" in json.loads(response.content)
