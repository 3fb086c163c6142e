"""Throughput measured over real HTTP on a virtual clock: the seconds of a round are exact."""

import logging
import random
from typing import Any

import orjson
import pytest
import trio
from fakes.bench import DONE, worker
from fakes.model_http import (
    Answer,
    Asked,
    ModelHttp,
    in_turn,
    model_http,
    raw,
    silent,
    slowly,
    whole,
)

from pyworker.model.benchmark import BenchmarkFailed, run_benchmark
from pyworker.proxy.upstream import Upstream


async def measured(model: ModelHttp, **config: Any) -> float:
    definition = worker(model.url, **config)
    handler, benchmark = definition.benchmarked
    upstream = Upstream(model.url, connect_timeout=5)
    try:
        return await run_benchmark(handler, benchmark, upstream, random.Random(1))
    finally:
        await upstream.aclose()


async def throughput(answer: Answer, **config: Any) -> float:
    async with model_http(answer) as model:
        return await measured(model, **config)


async def problem(answer: Answer, **config: Any) -> str:
    async with model_http(answer) as model:
        with pytest.raises(BenchmarkFailed) as failed:
            await measured(model, **config)
        return str(failed.value)


async def test_ten_requests_at_a_time_of_a_hundred_each_in_two_seconds(
    autojump_clock: object,
) -> None:
    async with model_http(whole(DONE, after=2)) as model:
        assert await measured(model) == pytest.approx(500)
        assert model.most_at_once == 10
        assert len(model.asked) == 1 + 3 * 10


async def test_time_ends_with_the_last_byte_not_with_the_head(autojump_clock: object) -> None:
    # The head at once, the last byte after 4 s.
    answer = slowly(DONE[:5], DONE[5:], pause=2)
    assert await throughput(answer) == pytest.approx(250)


async def test_a_round_ends_with_its_slowest_answer(autojump_clock: object) -> None:
    slow_one = in_turn(*[whole(DONE, after=8)] * 2, whole(DONE, after=1))
    assert await throughput(slow_one, runs=1) == pytest.approx(125)


async def test_a_serial_handler_is_asked_one_at_a_time(autojump_clock: object) -> None:
    async with model_http(whole(DONE, after=2)) as model:
        assert await measured(model, parallel=False) == pytest.approx(50)
        assert model.most_at_once == 1
        assert len(model.asked) == 1 + 3


async def test_the_result_is_the_median_not_the_best(autojump_clock: object) -> None:
    seconds = iter([1] + [1] * 2 + [5] * 2 + [2] * 2)

    async def answer(asked: Asked, stream: trio.SocketStream) -> None:
        await whole(DONE, after=next(seconds))(asked, stream)

    assert await throughput(answer, concurrency=2, runs=3) == pytest.approx(100)


@pytest.mark.parametrize(("warm_up", "requests"), [(0, 0), (1, 1), (3, 3)])
async def test_warm_up_is_one_at_a_time_and_its_time_does_not_count(
    autojump_clock: object, warm_up: int, requests: int
) -> None:
    answers = [whole(DONE, after=100)] * requests
    async with model_http(in_turn(*answers, whole(DONE, after=1))) as model:
        assert await measured(model, warm_up=warm_up, runs=1) == pytest.approx(1000)
        began = [asked.at for asked in model.asked]
    assert began == [100 * number for number in range(requests)] + [100 * requests] * 10


async def test_every_request_is_another_one_and_goes_where_clients_requests_go(
    autojump_clock: object,
) -> None:
    async with model_http(whole(DONE, after=1)) as model:
        await measured(model)
    assert len({asked.body for asked in model.asked}) == len(model.asked) == 31
    assert {(asked.method, asked.path) for asked in model.asked} == {("POST", "/v1/generate")}
    assert {asked.headers[b"content-type"] for asked in model.asked} == {b"application/json"}
    assert all(orjson.loads(asked.body)["cost"] == 100 for asked in model.asked)


async def test_the_cost_is_that_of_the_requests_sent(autojump_clock: object) -> None:
    costs = iter([1] + [100, 300] * 3)

    def payload(rng: random.Random) -> dict[str, object]:
        return {"cost": next(costs)}

    result = await throughput(whole(DONE, after=2), payload=payload, concurrency=2)
    assert result == pytest.approx(200)


WRONG: dict[str, tuple[Answer, str]] = {
    "500": (whole(b"out of memory", status=500), "the model answered 500: out of memory"),
    "404": (whole(DONE, status=404), "the model answered 404"),
    "error body": (whole(b'{"error":"no"}'), 'the answer has no text: b\'{"error":"no"}\''),
    "not JSON": (whole(b"<html>"), "unexpected character"),
    "empty": (whole(b""), "benchmark"),
    "cut": (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n" + DONE), "broke off"),
    "closed": (raw(b""), "disconnected"),
    "no HTTP": (raw(b"hello\r\n\r\n"), "illegal"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_warm_up_is_a_failed_benchmark(autojump_clock: object, name: str) -> None:
    answer, told = WRONG[name]
    assert told in (sentence := await problem(answer))
    assert sentence.startswith("benchmark warm-up 1: ")


@pytest.mark.parametrize("name", sorted(set(WRONG) - {"closed"}))
async def test_one_wrong_answer_among_thirty_is_a_failed_benchmark(
    autojump_clock: object, name: str
) -> None:
    answer, told = WRONG[name]
    good = whole(DONE, after=1)
    sentence = await problem(in_turn(*[good] * 17, answer, good))
    assert told in sentence
    assert sentence.startswith("benchmark run 2 of 3: ")
    assert sentence.endswith("(1 of 10 answers failed)")


async def test_a_kept_connection_that_the_model_closed_is_not_its_failure(
    autojump_clock: object,
) -> None:
    good = whole(DONE, after=1)
    assert await throughput(in_turn(*[good] * 17, raw(b""), good)) == pytest.approx(1000)


async def test_a_model_that_refuses_work_fast_is_not_fast(autojump_clock: object) -> None:
    sentence = await problem(in_turn(whole(DONE, after=1), whole(b"{}", status=503)))
    assert "503" in sentence
    assert sentence.endswith("(10 of 10 answers failed)")


async def test_nobody_listens(autojump_clock: object) -> None:
    async with model_http(whole(DONE)) as model:
        definition = worker(f"http://127.0.0.1:{model.net.refused_port()}")
        upstream = Upstream(definition.model_server_url, connect_timeout=5)
        with pytest.raises(BenchmarkFailed, match="refused"):
            await run_benchmark(*definition.benchmarked, upstream, random.Random(1))


@pytest.mark.parametrize("answer", [silent, slowly(*[b" "] * 1000, pause=1)])
async def test_an_answer_has_ten_minutes(autojump_clock: object, answer: Answer) -> None:
    sentence = await problem(answer)
    assert "no answer within 600 s" in sentence
    assert trio.current_time() == 600


async def test_a_round_that_takes_no_time_is_no_measurement(autojump_clock: object) -> None:
    assert "it took no time at all" in await problem(whole(DONE))


async def test_requests_that_cost_nothing_measure_nothing(autojump_clock: object) -> None:
    def payload(rng: random.Random) -> dict[str, object]:
        return {"cost": 0}

    assert "workload of 0" in await problem(whole(DONE, after=1), payload=payload)


async def test_large_answers_are_read_to_the_end_and_their_connections_serve_again(
    autojump_clock: object,
) -> None:
    body = b'{"text":"' + b"x" * 1_000_000 + b'"}'
    async with model_http(whole(body, after=1)) as model:
        assert await measured(model) == pytest.approx(1000)
        assert model.net.connections == 10


async def test_a_benchmark_that_is_cancelled_frees_the_model(autojump_clock: object) -> None:
    left: list[float] = []

    async def answer(asked: Asked, stream: trio.SocketStream) -> None:
        assert await stream.receive_some() == b""
        left.append(trio.current_time())

    async with model_http(in_turn(whole(DONE, after=1), answer)) as model:
        with trio.move_on_after(20):
            await measured(model)
        await trio.sleep(1)
    assert left == [20] * 10


async def test_a_long_round_tells_that_it_lives(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await throughput(in_turn(whole(DONE, after=1), whole(DONE, after=50)), runs=1)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "benchmark warm-up 1: 1.000 s",
        "benchmark run 1 of 1: 15 s so far",
        "benchmark run 1 of 1: 30 s so far",
        "benchmark run 1 of 1: 45 s so far",
        "benchmark run 1 of 1: 1000 workload in 50.000 s, 20.0/s, 10 at a time",
        "benchmark: 20.0 workload/s (one run)",
    ]
