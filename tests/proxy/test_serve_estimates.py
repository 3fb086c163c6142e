"""A workload that is an estimate is marked wherever it is told, and only then."""

import logging
import threading
from pathlib import Path

import httpx
import pytest
from fakes.grants import autoscaler
from fakes.model import FakeModel, resets_at_once, sends, streams
from fakes.tokenizers import words_tokenizer
from fakes.worker_app import WorkerApp, running_worker

from pyworker.worker import Field, HandlerConfig, Values, Workload
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.request import token_workload
from pyworker.workload.served import ServedTokens

MARK = "x-workload-estimated"
PAYLOAD = b'{"prompt":"a cat sat on the mat"}'  # 6 words, 20 bytes: 5 tokens by estimate


@pytest.fixture
def tokens(tmp_path: Path) -> ServedTokens:
    words_tokenizer(tmp_path / "tokenizer.json")
    return ServedTokens(str(tmp_path), auto=[])


def handler(tokens: ServedTokens) -> HandlerConfig:
    workload = token_workload(
        WorkloadExpression(prompt=1.0, output=0.5),
        prompt=Field(path="prompt", kind=str),
        output=Field(path="max", kind=int, default=2),
        tokens=tokens,
    )
    return HandlerConfig(
        route="/counted", workload=workload, allow_parallel_requests=True, max_queue_time=None
    )


async def ask(client: httpx.AsyncClient, payload: bytes = PAYLOAD) -> httpx.Response:
    return await client.post("/counted", content=autoscaler().envelope(payload))


async def received(worker: WorkerApp) -> float:
    await worker.until(lambda ledger: ledger.finished_count > 0)
    worker.ledger.take_finished(10)
    amounts = worker.ledger.take_amounts()
    return amounts.received + amounts.rejected


async def test_an_estimate_is_marked_until_the_tokenizer_is_loaded(
    tokens: ServedTokens, model: FakeModel, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "pyworker.request")
    model.script(streams(b"data: 1\n\n"))
    async with (
        running_worker(model.url, handlers=(handler(tokens),), tokens=tokens) as worker,
        worker.client() as client,
    ):
        assert (await ask(client)).headers.get_list(MARK) == ["1"]
        assert await received(worker) == 5 + 1
        assert (await client.get("/ready")).json()["tokenizer"] == {
            "exact": False,
            "source": "estimate",
            "reason": "not loaded yet",
        }
        assert (await client.get("/ready")).json()["requests_estimated"] == 1
        tokens.load()
        assert MARK not in (await ask(client)).headers
        assert await received(worker) == 6 + 1
        ready = (await client.get("/ready")).json()
        assert (ready["tokenizer"]["exact"], ready["requests_estimated"]) == (True, 1)
    lines = [r.__dict__["fields"] for r in caplog.records if r.name == "pyworker.request"]
    told = [(line["workload"], line.get("workload_estimated")) for line in lines]
    assert told == [(6.0, True), (7.0, None)]
    assert [type(workload) for workload, _ in told] == [float, float]


async def test_every_kind_of_answer_is_marked(tokens: ServedTokens, model: FakeModel):
    oops = sends(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops")
    model.script(oops, resets_at_once)
    async with (
        running_worker(model.url, handlers=(handler(tokens),)) as worker,
        worker.client() as client,
    ):
        answers = [await ask(client) for _ in range(2)]
        worker.readiness.fail("The GPU is gone.")
        answers.append(await ask(client))
    assert [answer.status_code for answer in answers] == [500, 502, 503]
    assert [answer.headers.get(MARK) for answer in answers] == ["1", "1", "1"]


async def test_what_is_not_counted_by_tokens_is_never_marked(
    worker: WorkerApp, client: httpx.AsyncClient
):
    answer = await client.post("/generate", content=autoscaler().envelope())
    assert (answer.status_code, MARK in answer.headers) == (200, False)
    assert not {"tokenizer", "requests_estimated"} & (await client.get("/ready")).json().keys()


@pytest.mark.parametrize(("size", "in_thread"), [(100, False), (10_000, True)])
async def test_a_long_payload_is_counted_in_a_thread(size: int, in_thread: bool, model: FakeModel):
    threads: list[threading.Thread] = []

    def count(values: Values) -> float:
        threads.append(threading.current_thread())
        return len(str(values["prompt"]))

    counted = HandlerConfig(
        route="/counted",
        workload=Workload(
            fields=(Field(path="prompt", kind=str),), count=count, heavy=lambda size: size > 5000
        ),
        allow_parallel_requests=True,
        max_queue_time=None,
    )
    async with (
        running_worker(model.url, handlers=(counted,)) as worker,
        worker.client() as client,
    ):
        await ask(client, b'{"prompt":"%s"}' % (b"x" * size))
        assert await received(worker) == size
    assert [thread is threading.main_thread() for thread in threads] == [not in_thread]


async def test_a_count_may_read_the_payload_where_it_stands(model: FakeModel):
    def count(values: Values, body: bytes, span: tuple[int, int]) -> float:
        assert values == {}
        assert body[slice(*span)] == PAYLOAD
        return 42

    counted = HandlerConfig(
        route="/counted",
        workload=Workload(fields=(), count_payload=count),
        allow_parallel_requests=True,
        max_queue_time=None,
    )
    async with (
        running_worker(model.url, handlers=(counted,)) as worker,
        worker.client() as client,
    ):
        assert (await ask(client)).status_code == 200
        assert await received(worker) == 42
