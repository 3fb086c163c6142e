import base64
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pyworker.autoscaler.local.serve import AutoscalerSettings, serve_autoscaler

Body = dict[str, Any]
Build = Callable[..., Body]

_ASK: Body = {"endpoint": "local", "api_key": "local-key", "cost": 100.0}


async def _verify(client: httpx.AsyncClient, answer: Body, text: str) -> None:
    public = serialization.load_pem_public_key((await client.get("/pubkey/")).content)
    assert isinstance(public, rsa.RSAPublicKey)
    signature = base64.b64decode(answer["signature"], validate=True)
    public.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())


def _text(answer: Body, *names: str) -> str:
    return json.dumps({name: answer[name] for name in names}, indent=4)


_SIGNED = {
    "A": ("cost", "endpoint", "reqnum", "url"),
    "B": ("cost", "endpoint", "reqnum", "request_idx", "url"),
    "C": ("url",),
}


@pytest.mark.parametrize("generation", ["A", "B", "C"])
async def test_a_grant_is_signed_as_its_worker_verifies(
    client: httpx.AsyncClient, report: Build, generation: str
):
    told = await client.post("/worker_status/", json=report(generation, loadtime=3.0))
    assert (told.status_code, told.json()) == (200, {"ok": True})
    answer = (await client.post("/route/", json=_ASK)).json()
    assert set(answer) == {"url", "signature", "cost", "endpoint", "reqnum", "request_idx"}
    assert (answer["url"], answer["cost"]) == ("http://10.0.0.7:3000", 100.0)
    await _verify(client, answer, _text(answer, *_SIGNED[generation]))


async def test_the_form_can_be_forced(nursery: trio.Nursery, key_file: Path, report: Build):
    settings = AutoscalerSettings(port=0, key_file=key_file, form="A")
    url = await nursery.start(partial(serve_autoscaler, settings))
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        await client.post("/worker_status/", json=report("C", max_perf=1.0))
        answer = (await client.post("/route/", json=_ASK)).json()
        await _verify(client, answer, _text(answer, *_SIGNED["A"]))


async def test_cost_is_signed_as_it_was_written(client: httpx.AsyncClient, report: Build):
    await client.post("/worker_status/", json=report("A", max_perf=1.0))
    for cost in ("100", "100.0", "1e15", "1e-7", "0", "12.340"):
        body = f'{{"endpoint": "local", "api_key": "local-key", "cost": {cost}}}'
        answer = (await client.post("/route/", content=body)).json()
        assert repr(answer["cost"]) == repr(json.loads(cost))
        await _verify(client, answer, _text(answer, *_SIGNED["A"]))


async def test_waiting_then_ready_under_one_request_idx(client: httpx.AsyncClient, report: Build):
    waiting = (await client.post("/route/", json=_ASK)).json()
    assert set(waiting) == {"request_idx", "status"}
    assert waiting["status"] == "no worker has reported yet"
    await client.post("/worker_status/", json=report("C", id=1))
    await client.post("/worker_status/", json=report("C", id=2, error_msg="broken"))
    poll = {**_ASK, "request_idx": waiting["request_idx"], "replay_timeout": 60.0}
    again = (await client.post("/route/", json=poll)).json()
    assert again == {
        "request_idx": waiting["request_idx"],
        "status": "no worker is ready; 2 in all: 1 error, 1 loading",
    }
    await client.post("/worker_status/", json=report("C", id=1, max_perf=5.0))
    ready = (await client.post("/route/", json=poll)).json()
    assert ready["request_idx"] == waiting["request_idx"]
    assert "url" in ready
    retry = (await client.post("/route/", json=poll)).json()
    assert retry["request_idx"] == ready["request_idx"]
    assert retry["reqnum"] != ready["reqnum"]
    state = (await client.get("/state")).json()
    assert state["requests"] == 1
    assert state["routes"] == {"ready": 2, "waiting": 2, "refused": 0}


async def test_the_key_may_come_in_the_body_a_header_or_the_query(client: httpx.AsyncClient):
    bare = {"endpoint": "local", "cost": 1}
    bearer = {"Authorization": "Bearer local-key"}
    assert (await client.post("/route/", json=_ASK)).status_code == 200
    assert (await client.post("/route/", json=bare, headers=bearer)).status_code == 200
    assert (await client.post("/route/?api_key=local-key", json=bare)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "headers", "status", "message"),
    [
        ({"endpoint": "other"}, {}, 404, "endpoint: this autoscaler has no endpoint of that name"),
        ({"api_key": "wrong"}, {}, 401, "api_key: is missing or wrong"),
        ({"api_key": "wr\u00f6ng"}, {}, 401, "api_key: is missing or wrong"),
        ({"api_key": ""}, {"Authorization": "Bearer local-key"}, 401, "api_key: is missing or"),
        ({"cost": "much"}, {}, 400, "cost: must be a number, not a string"),
        ({"request_idx": -1}, {}, 400, "request_idx: must be from 0 to"),
    ],
)
async def test_a_route_request_is_refused(
    client: httpx.AsyncClient, changed: Body, headers: dict[str, str], status: int, message: str
):
    answer = await client.post("/route/", json={**_ASK, **changed}, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(message)
    state = (await client.get("/state")).json()
    assert state["routes"]["refused"] == 1
    assert state["refusals"]["recent"][0]["status"] == status


async def test_no_key_at_all_is_refused(client: httpx.AsyncClient):
    bare = {"endpoint": "local", "cost": 1}
    for headers in ({}, {"Authorization": "Basic local-key"}, {"Authorization": "Bearer"}):
        answer = await client.post("/route/?api_key=", json=bare, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"id": 7', "body"),
        ("[]", "body"),
        ("NaN", "body"),
        ('{"id": 7}', "loadtime"),
        ('{"id": 7, "loadtime": NaN}', "loadtime"),
    ],
)
async def test_a_broken_report_is_refused_and_shown(
    client: httpx.AsyncClient, body: str, field: str
):
    answer = await client.post("/worker_status/", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["field"] == field
    refusals = (await client.get("/state")).json()["refusals"]
    assert refusals["count"] == 1
    assert (refusals["recent"][0]["field"], refusals["recent"][0]["status"]) == (field, 400)


async def test_what_was_refused_leaves_the_worker_as_it_was(
    client: httpx.AsyncClient, report: Build
):
    await client.post("/worker_status/", json=report("C", new_load=5.0, max_perf=1.0))
    poisoned = json.dumps(report("C", new_load=math.nan, max_perf=9.0))
    answer = await client.post("/worker_status/", content=poisoned)
    assert answer.status_code == 400
    assert answer.json()["error"] == "new_load: must be a finite number, not nan"
    (worker,) = (await client.get("/state")).json()["workers"]
    assert (worker["reports"], worker["refused"], worker["max_perf"]) == (1, 1, 1.0)
    assert worker["sums"]["new_load"] == 5.0


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient):
    for path in ("/worker_status/", "/delete_requests/", "/route/", "/get_endpoint_workers/"):
        answer = await client.post(path, content=b" " * (2**20 + 1))
        assert answer.status_code == 413
    assert (await client.get("/state")).json()["refusals"]["count"] == 4


async def test_a_body_that_is_huge_and_has_no_length_is_refused(client: httpx.AsyncClient):
    async def chunks():
        for _ in range(40):
            yield b" " * 65536

    assert (await client.post("/worker_status/", content=chunks())).status_code == 413


async def test_the_sums_of_state_are_exact(client: httpx.AsyncClient, report: Build, record: Build):
    for _ in range(10):
        body = report("C", new_load=0.1, cur_perf=0.7, rej_load=0.2)
        await client.post("/worker_status/", json=body)
    statuses = ["Success", "Error", "Cancelled", "Rejected", "Success"]
    records = [record(5 + i, status) for i, status in enumerate(statuses)]
    ended = {"worker_id": 7, "mtoken": "a-secret", "requests": records}
    assert (await client.post("/delete_requests/", json=ended)).json() == {"ok": True}
    bare = {"worker_id": 7, "request_idxs": [1, 2], "success": False}
    assert (await client.post("/delete_requests/", json=bare)).json() == {"ok": True}
    state = (await client.get("/state")).json()
    (worker,) = state["workers"]
    assert worker["reports"] == state["reports"] == 10
    assert worker["sums"] == {"new_load": 1.0, "cur_perf": 7.0, "rej_load": 2.0}
    counts = {"Success": 2, "Error": 1, "Cancelled": 1, "Rejected": 1, "failure": 2}
    assert worker["ended"] == state["ended"]["counts"] == counts
    assert [item["request_idx"] for item in state["ended"]["records"]] == [5, 6, 7, 8, 9, 1, 2]
    assert worker["last"]["num_requests_recieved"] == 0


async def test_state_has_no_secret(client: httpx.AsyncClient, report: Build):
    await client.post("/worker_status/", json=report("C", max_perf=1.0))
    answer = (await client.post("/route/", json=_ASK)).json()
    await client.post("/route/?api_key=query-key", json={**_ASK, "api_key": "body-key"})
    state = (await client.get("/state")).text
    for secret in ("a-secret", "local-key", "query-key", "body-key", answer["signature"]):
        assert secret not in state


async def test_the_workers_are_listed_as_the_client_reads_them(
    client: httpx.AsyncClient, report: Build
):
    await client.post("/worker_status/", json=report("C", id=1, max_perf=50.0, cur_load=10.0))
    await client.post("/worker_status/", json=report("A", id=2))
    await client.post("/worker_status/", json=report("C", id=3, error_msg="x"))
    query = {"id": 1, "api_key": "local-key"}
    workers = (await client.post("/get_endpoint_workers/", json=query)).json()
    assert [(worker["id"], worker["status"]) for worker in workers] == [
        (1, "idle"),
        (2, "loading"),
        (3, "error"),
    ]
    assert workers[0]["measured_perf"] == 50.0
    assert workers[0]["cur_load"] == 10.0
    numbers = "cur_load new_load cur_load_rolling_avg cur_perf perf measured_perf dlperf "
    numbers += "reliability disk_usage loaded_at started_at"
    for worker in workers:
        assert all(isinstance(worker[name], float) for name in numbers.split())
        assert isinstance(worker["reqs_working"], int)
    bad = await client.post("/get_endpoint_workers/", json={"id": 2, "api_key": "local-key"})
    assert bad.status_code == 404
    assert (await client.post("/get_endpoint_workers/", json={"id": 1})).status_code == 401


async def test_the_endpoint_is_listed_as_the_client_reads_it(client: httpx.AsyncClient):
    bearer = {"Authorization": "Bearer local-key"}
    listed = await client.get("/api/v0/endptjobs/?client_id=me", headers=bearer)
    (job,) = listed.json()["results"]
    assert (job["id"], job["endpoint_name"], job["api_key"]) == (1, "local", "local-key")
    assert {"user_id", "created_at", "auto_delete_in_seconds"} <= set(job)
    one = await client.get(f"/api/v0/endptjobs/{job['id']}/?api_key=local-key")
    assert one.json() == {"result": job}
    assert (await client.get("/api/v0/endptjobs/2/", headers=bearer)).status_code == 404
    assert (await client.get("/api/v0/endptjobs/")).status_code == 401
    assert (await client.get("/api/v0/endptjobs/1/")).status_code == 401


async def test_paths_and_methods(client: httpx.AsyncClient):
    about = await client.get("/")
    assert "POST /route/" in about.text
    assert (await client.get("/pubkey")).content == (await client.get("/pubkey/")).content
    assert (await client.get("/static/jvastai_root.cer")).text.startswith("-----BEGIN CERT")
    wrong = await client.get("/route/")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert (await client.get("/nothing/")).status_code == 404
    assert (await client.get("/api/v0/endptjobs/x/")).status_code == 404
