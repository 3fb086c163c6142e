"""One line a request: all the fields, one line only, and never a secret."""

import logging

import httpx
import pytest
import trio
from fakes.client import post
from fakes.grants import autoscaler, stranger
from fakes.model import Call, FakeModel, by_hand, resets_at_once, sends, streams
from fakes.worker_app import WorkerApp

from pyworker.logs import set_up_logging


def request_lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "pyworker.request"]


async def fields(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    """The fields of the only request line; it is written when the client has its answer already."""
    while not request_lines(caplog):
        await trio.testing.wait_all_tasks_blocked()
    (record,) = request_lines(caplog)
    assert (record.getMessage(), record.levelno) == ("request", logging.INFO)
    return record.__dict__["fields"]


@pytest.fixture(autouse=True)
def at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pyworker.request")


async def test_a_served_request_tells_who_what_and_how_long(
    client: httpx.AsyncClient, model: FakeModel, caplog: pytest.LogCaptureFixture
):
    model.script(streams(b"data: 1\n\n", b"data: 2\n\n"))
    payload = b'{"parameters":{"max_new_tokens":30}}'
    envelope = autoscaler().envelope(payload, grant=autoscaler().grant(request_idx=42))
    headers = {"X-Request-Id": "mine"}
    await client.post("/generate?api_key=secret", content=envelope, headers=headers)
    line = await fields(caplog)
    assert str(line.pop("client")).startswith("127.0.0.1:")
    queued, ttft, total = (line.pop(name) for name in ("queued_s", "ttft_s", "total_s"))
    assert isinstance(queued, float)
    assert isinstance(ttft, float)
    assert isinstance(total, float)
    assert 0 <= queued <= ttft <= total
    assert line == {
        "request_id": "mine",
        "route": "/generate",
        "request_idx": 42,
        "status": 200,
        "outcome": "served",
        "workload": 30.0,
        "bytes": 18,
    }


async def test_a_refused_request_tells_why(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
):
    await client.post("/generate", content=autoscaler().envelope(grant=stranger().grant()))
    line = await fields(caplog)
    assert (line["status"], line["outcome"]) == (401, "unauthorized")
    assert line["problem"] == "auth_data.signature: not signed by the autoscaler"


async def test_an_error_of_the_model_is_told_as_the_models(
    client: httpx.AsyncClient, model: FakeModel, caplog: pytest.LogCaptureFixture
):
    model.script(sends(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"))
    await client.post("/generate", content=autoscaler().envelope())
    line = await fields(caplog)
    assert (line["status"], line["outcome"]) == (500, "model_error")


async def test_a_model_that_is_gone_is_told(
    client: httpx.AsyncClient, model: FakeModel, caplog: pytest.LogCaptureFixture
):
    model.script(resets_at_once)
    await client.post("/generate", content=autoscaler().envelope())
    line = await fields(caplog)
    assert (line["status"], line["outcome"]) == (502, "upstream_unavailable")


async def test_a_broken_stream_is_told_with_what_was_sent(
    client: httpx.AsyncClient, model: FakeModel, caplog: pytest.LogCaptureFixture
):
    async def breaks(call: Call) -> None:
        await call.start()
        await call.chunk(b"one")
        await call.close()

    model.script(breaks)
    with pytest.raises(httpx.TransportError):
        await client.post("/generate", content=autoscaler().envelope())
    line = await fields(caplog)
    assert (line["status"], line["outcome"], line["bytes"]) == (200, "broken", 3)
    assert "broke off" in str(line["problem"])


@pytest.mark.parametrize(("begun", "status"), [(False, 499), (True, 200)])
async def test_a_client_that_left_is_told(
    begun: bool,
    status: int,
    worker: WorkerApp,
    model: FakeModel,
    caplog: pytest.LogCaptureFixture,
):
    model.script(by_hand)
    raw = await worker.connect()
    await raw.send(post("/generate", autoscaler().envelope()))
    call = await model.next_call()
    if begun:
        await call.start()
        await raw.head()
    await raw.close()
    line = await fields(caplog)
    assert (line["status"], line["outcome"]) == (status, "cancelled")


async def test_probes_are_not_told(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture):
    await client.get("/ping")
    await trio.testing.wait_all_tasks_blocked()
    assert request_lines(caplog) == []


@pytest.mark.parametrize("style", ["text", "json"])
async def test_no_secret_is_in_any_line_at_any_level_and_each_request_has_one_line(
    style: str,
    client: httpx.AsyncClient,
    model: FakeModel,
    capsys: pytest.CaptureFixture[str],
):
    """The log as run.py sets it up, with every library talking as much as it may."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    set_up_logging("DEBUG", style)
    try:
        grant = autoscaler().grant()
        secrets = {"query-secret", "bearer-secret", "cookie-secret", str(grant["signature"])}
        headers = {
            "Authorization": "Bearer bearer-secret",
            "Cookie": "a=cookie-secret",
            "X-Request-Id": "one\ttwo",
        }
        forged = str(stranger().grant()["signature"])
        refused = {**grant, "signature": forged}
        secrets.add(forged)
        break_off = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1")
        model.script(streams(b"data: 1\n\n"), resets_at_once, resets_at_once, break_off)
        bodies = [autoscaler().envelope(grant=grant)] * 2 + [autoscaler().envelope(grant=refused)]
        for body in [*bodies, b'{"auth_data":"query-secret"}', b"query-secret"]:
            url = "/generate?api_key=query-secret"
            await client.post(url, content=body, headers=headers)
        await client.post("/nothing?api_key=query-secret", content=b"", headers=headers)
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
    text = capsys.readouterr().err
    assert not [secret for secret in secrets if secret in text]
    lines = [line for line in text.splitlines() if "pyworker.request" in line]
    assert len(lines) == 5
    assert all("/generate" in line and "?" not in line for line in lines)
