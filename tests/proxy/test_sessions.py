"""Sessions through the whole service: created with a grant, used, ended, counted once."""

from typing import Any

import httpx
import pytest
from fakes.fronts import hypercorn
from fakes.grants import autoscaler, stranger
from fakes.model import FakeModel
from fakes.sessions import ask, create, creation, inner
from fakes.worker_app import WorkerApp, running_worker

from pyworker.proxy import session_routes
from pyworker.proxy.ledger import Amounts


async def test_created_asked_about_and_ended(worker: WorkerApp, client: httpx.AsyncClient) -> None:
    session_id, auth = await create(client, lifetime=30, on_close_payload={"a": 1})
    assert len(session_id) == 32
    got = (await ask(client, "get", session_id, auth)).json()
    assert (got["session_id"], got["auth_data"], got["lifetime"]) == (session_id, auth, 30)
    assert got["on_close_payload"] is None  # without a route there is nothing to send it to
    assert 29 < got["expiration"] - got["created_at"] <= 30.1
    assert (await ask(client, "health", session_id, auth)).json() == {"ok": True}
    assert worker.ledger.load == auth["cost"]
    ended = await ask(client, "end", session_id, auth)
    assert ended.json() == {"ended": True, "removed_session": session_id}
    assert worker.ledger.load == 0
    assert (await ask(client, "end", session_id, auth)).status_code == 400
    assert (await ask(client, "get", session_id, auth)).status_code == 400
    assert (await ask(client, "health", session_id, auth)).json() == {"ok": False}


async def test_on_loopback_a_session_can_be_ended_and_nothing_else_be_done(
    worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel
) -> None:
    session_id, auth = await create(client)
    async with hypercorn(worker.service.on_loopback, model.url) as front:
        url = f"http://127.0.0.1:{front.port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as local:
            for route in ("/session/create", "/session/get", "/generate", "/pyworker/update"):
                assert (await local.post(route, content=creation({}))).status_code == 404
            assert (await local.get("/ready")).status_code == 404
            assert (await ask(local, "end", session_id, {**auth, "reqnum": 9})).status_code == 401
            assert (await ask(local, "end", session_id, auth)).status_code == 200
    assert (worker.ledger.load, worker.ledger.received_count, model.calls) == (0.0, 1, [])


async def test_nobody_unsigned_opens_a_session(
    worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    refused = await client.post("/session/create", content=stranger().envelope(b"{}"))
    assert refused.status_code == 401
    assert (worker.ledger.load, worker.ledger.received_count) == (0, 0)


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"lifetime": 0}, "lifetime"),
        ({"lifetime": "60"}, "lifetime"),
        ({"lifetime": True}, "lifetime"),
        ({"on_close_route": "http://10.0.0.1/x"}, "on_close_route"),
        ({"on_close_route": "//10.0.0.1/x"}, "on_close_route"),
        ({"on_close_route": "close"}, "on_close_route"),
        ({"on_close_route": 7}, "on_close_route"),
        ({"on_close_route": "/a b"}, "on_close_route"),
        ({"on_close_route": "/\xe9"}, "on_close_route"),
        ({"on_close_route": "/a b\r\nx: y"}, "on_close_route"),
    ],
)
async def test_a_wrong_creation_is_422_and_opens_nothing(
    payload: dict[str, Any], name: str, worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    response = await client.post("/session/create", content=creation(payload))
    assert response.status_code == 422
    assert name in response.json()["payload"]
    assert worker.ledger.load == 0


async def test_half_a_surrogate_pair_opens_nothing(
    worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    payload = b'{"on_close_route": "/bye", "on_close_payload": {"a": "\\ud800"}}'
    response = await client.post("/session/create", content=autoscaler().envelope(payload))
    assert response.status_code == 422
    assert response.json()["error"].startswith("payload.on_close_payload: invalid JSON: ")
    assert worker.ledger.load == 0


async def test_a_cost_beyond_reason_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/session/create", content=creation({}, autoscaler().grant(cost=1e300))
    )
    assert response.status_code == 422
    assert "cost" in response.json()["auth_data"]


@pytest.mark.parametrize("what", ["get", "end", "health"])
async def test_only_its_own_grant_speaks_about_a_session(
    what: str, client: httpx.AsyncClient
) -> None:
    session_id, auth = await create(client)
    assert (await ask(client, what, session_id, {**auth, "reqnum": -1})).status_code == 401
    assert (await ask(client, what, session_id, None)).status_code == 401
    asked = b'{"session_id":"%s","session_auth":%s}' % (
        session_id.encode(),
        b"[" * 900 + b"]" * 900,
    )
    assert (await client.post(f"/session/{what}", content=asked)).status_code == 401
    # 100 and 100.0 are one number to JSON.
    written = {**auth, "cost": int(auth["cost"])}
    assert (await ask(client, what, session_id, written)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"session_id": ""}', b"\xff"])
async def test_a_call_without_a_session_is_422(body: bytes, client: httpx.AsyncClient) -> None:
    assert (await client.post("/session/get", content=body)).status_code == 422


async def test_as_many_as_may_be_open(model: FakeModel) -> None:
    async with running_worker(model.url, max_sessions=1) as worker, worker.client() as client:
        session_id, auth = await create(client)
        refused = await client.post("/session/create", content=creation({}))
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert worker.ledger.take_amounts().rejected == auth["cost"]
        await ask(client, "end", session_id, auth)
        await create(client)


async def test_a_negative_limit_means_none_at_all(model: FakeModel) -> None:
    async with running_worker(model.url, max_sessions=-1) as worker, worker.client() as client:
        refused = await client.post("/session/create", content=creation({}))
        assert refused.status_code == 429


async def test_an_unready_worker_opens_none(model: FakeModel) -> None:
    cost = 123.0
    async with running_worker(model.url, ready=False) as worker, worker.client() as client:
        body = creation({}, autoscaler().grant(cost=cost))
        assert (await client.post("/session/create", content=body)).status_code == 503
        assert worker.ledger.take_amounts() == Amounts(rejected=cost)
        assert worker.ledger.finished_count == 1


async def test_its_requests_use_up_what_it_reserved_and_are_counted_once(
    model: FakeModel, worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    session_id, auth = await create(client)
    cost = auth["cost"]
    payload = b'{"parameters": {"max_new_tokens": 30}}'
    for _ in range(2):
        response = await client.post("/generate", content=inner(session_id, payload))
        assert response.status_code == 200
    assert await model.calls[0].body() == payload
    assert worker.ledger.load == pytest.approx(cost - 60)
    assert worker.ledger.working == 1
    await ask(client, "end", session_id, auth)
    amounts = worker.ledger.take_amounts()
    # Received is what was done in the end: the unused part of the reservation is taken back.
    assert (amounts.received, amounts.cancelled, amounts.served) == (cost, cost - 60, 60)
    (record,) = worker.ledger.take_finished(10)
    assert (record.status, record.success) == ("Success", True)


async def test_work_beyond_the_reservation_is_received_on_top(
    worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    session_id, auth = await create(client)
    tokens = int(auth["cost"]) + 50
    payload = b'{"parameters": {"max_new_tokens": %d}}' % tokens
    await client.post("/generate", content=inner(session_id, payload))
    amounts = worker.ledger.take_amounts()
    assert (amounts.received, amounts.served) == (tokens, tokens)
    assert worker.ledger.load == 0


async def test_a_refused_request_of_a_session_is_counted_and_has_no_record(
    worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    session_id, auth = await create(client)
    worker.readiness.drain()
    payload = b'{"parameters": {"max_new_tokens": 30}}'
    refused = await client.post("/generate", content=inner(session_id, payload))
    assert refused.status_code == 503
    amounts = Amounts(received=auth["cost"], rejected=30)
    assert worker.ledger.take_amounts() == amounts
    assert (worker.ledger.finished_count, worker.ledger.received_count) == (0, 1)


async def test_an_unknown_session_is_410(client: httpx.AsyncClient) -> None:
    assert (await client.post("/generate", content=inner("nowhere"))).status_code == 410


async def test_a_request_with_a_session_needs_a_grant_as_well(
    worker: WorkerApp, client: httpx.AsyncClient
) -> None:
    session_id, _ = await create(client)
    body = stranger().envelope(b"{}", session_id=session_id)
    assert (await client.post("/generate", content=body)).status_code == 401


async def test_an_update_needs_the_token(
    model: FakeModel, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "force_update"
    monkeypatch.setattr(session_routes, "FORCE_UPDATE", mark)
    bearer = {"authorization": "Bearer secret"}
    async with running_worker(model.url) as worker, worker.client() as client:
        assert (await client.post("/pyworker/update", headers=bearer)).status_code == 401
        assert (await client.post("/pyworker/update")).status_code == 401
    async with (
        running_worker(model.url, master_token="secret") as worker,
        worker.client() as client,
    ):
        wrong = {"authorization": "Bearer wrong"}
        assert (await client.post("/pyworker/update", headers=wrong)).status_code == 401
        assert not mark.exists()
        for headers in (bearer, {"authorization": "secret"}):
            mark.unlink(missing_ok=True)
            assert (await client.post("/pyworker/update", headers=headers)).json() == {"ok": True}
            assert mark.exists()
        mark.unlink()
        monkeypatch.setattr(session_routes, "FORCE_UPDATE", tmp_path / "no" / "where")
        assert (await client.post("/pyworker/update", headers=bearer)).status_code == 500
