"""The load test against workers: open loop on a virtual clock, and the command as a process."""

import signal
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path

import orjson
import pytest
import trio
from fakes.model import Call, FakeModel, replies
from fakes.process import finished, running

from pyworker.client import Client, Direct
from pyworker.load.command import parser
from pyworker.load.drive import Request, Run
from pyworker.load.requests import what_is_sent
from pyworker.load.samples import Sample

BAD = '{"parameters": {"max_new_tokens": -1}}'


@pytest.fixture
async def worker(nursery: trio.Nursery) -> FakeModel:
    """What stands where a worker does."""
    worker = FakeModel()
    await nursery.start(worker.serve)
    return worker


def event(text: str) -> bytes:
    return b"data:" + orjson.dumps({"token": {"text": text}}) + b"\n\n"


async def slow(call: Call) -> None:
    await call.body()
    await call.start(headers=[(b"content-type", b"text/event-stream")])
    await call.chunk(b": no token yet\n\n")
    await trio.sleep(10)
    await call.chunk(event("one"))
    await trio.sleep(2)
    await call.chunk(event("two"))
    await call.end()


async def driven(
    worker: FakeModel, count: int = 1, check: Callable[[bytes], None] | None = None
) -> list[Sample]:
    """What becomes of requests a second apart."""
    async with Client(Direct(worker.url), attempts=1) as client:
        run = Run(client)
        await run.drive([Request(float(n), "/generate", {}, 5.0, check) for n in range(count)])
    assert run.in_flight == 0
    assert sum(run.errors.values()) == sum(bool(sample.error) for sample in run.samples)
    return run.samples


async def test_the_next_request_does_not_wait_for_the_last(
    worker: FakeModel, autojump_clock: object
) -> None:
    worker.script(slow)
    began = trio.current_time()
    samples = await driven(worker, 4)
    assert trio.current_time() - began == pytest.approx(15, abs=0.5)
    for sample in samples:
        assert sample.error == ""
        assert sample.first == pytest.approx(10, abs=0.5)
        assert sample.total == pytest.approx(12, abs=0.5)
        assert [round(gap) for gap in sample.gaps] == [2]
        assert (sample.tokens, sample.workload) == (2, 5.0)
        assert sample.size == len(b": no token yet\n\n" + event("one") + event("two"))


def streaming(*events: bytes) -> Callable[[Call], Awaitable[None]]:
    async def behaviour(call: Call) -> None:
        await call.body()
        await call.start(headers=[(b"content-type", b"text/event-stream; charset=utf-8")])
        for each in events:
            await call.chunk(each)
        await call.end()

    return behaviour


@pytest.mark.parametrize(
    ("events", "error", "told"),
    [
        ([event("a"), b'data: {"error": "broken"}\n\n'], "error in the stream", "broken"),
        ([b"data: [DONE]\n\n"], "no token in the stream", "ended without a token"),
        ([event("a"), b"data: [DONE]\n\n"], "", ""),
        ([b'data: {"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}\n\n'], "", ""),
    ],
)
async def test_a_stream_can_fail_after_its_status(
    events: list[bytes], error: str, told: str, worker: FakeModel
) -> None:
    worker.script(streaming(*events))
    [sample] = await driven(worker)
    assert sample.error == error
    assert told in sample.told


async def test_a_good_answer_is_what_the_benchmark_asks_for(worker: FakeModel) -> None:
    def check(body: bytes) -> None:
        raise ValueError(f"this is no picture: {body!r}")

    worker.script(replies(200, b"{}"))
    [sample] = await driven(worker, check=check)
    assert (sample.error, sample.told) == ("not what was asked for", "this is no picture: b'{}'")


async def test_a_check_that_stumbles_over_an_answer_ends_no_run(worker: FakeModel) -> None:
    """It is a definition's own code; the benchmark takes its errors for a bad answer, too."""
    worker.script(replies(200, b"[]"))
    samples = await driven(worker, 2, check=lambda body: orjson.loads(body)["images"])
    assert [sample.error for sample in samples] == ["not what was asked for"] * 2
    assert samples[0].told.startswith("TypeError: list indices")


@pytest.mark.parametrize("checked", [True, False])
async def test_an_answer_is_kept_only_as_far_as_it_can_be_checked(
    checked: bool, worker: FakeModel
) -> None:
    seen: list[int] = []
    worker.script(replies(200, b"x" * (65 * 2**20)), replies(200, b"{}"))
    samples = await driven(
        worker, 2, check=(lambda body: seen.append(len(body))) if checked else None
    )
    large, small = sorted(samples, key=lambda sample: -sample.size)
    if checked:
        assert (large.error, small.error, seen) == ("answer too large", "", [2])
        assert large.told == "it is larger than 67108864 bytes and cannot be checked"
    else:
        assert (large.error, large.size) == ("", 65 * 2**20)


async def test_what_fails_is_a_sample_as_well(worker: FakeModel) -> None:
    worker.script(replies(429, b"{}"))
    samples = await driven(worker, 2)
    assert [sample.error for sample in samples] == ["status 429"] * 2


async def test_a_worker_that_wants_a_signature_is_told(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(401, b'{"error":"not signed"}'))
    arguments = ["load", "tgi", "-n", "1", "-rps", "9", "--direct", worker.url]
    code, process = await finished(arguments, folder=tmp_path)
    assert code == 1
    assert process.out.text.startswith("1 request in ")
    assert " answered 401: not signed\n" in process.out.text
    assert "\nwarning: --direct needs a worker with UNSECURED=true\n" in process.out.text


async def test_the_command_writes_figures_and_a_report(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(200, b'{"generated_text": "x"}'))
    arguments = ["load", "tgi", "-n", "20", "-rps", "200", "--direct", worker.url]
    arguments += ["--json", "out.json", "--html", "out.html", "--fixed"]
    code, process = await finished(arguments, folder=tmp_path)
    assert code == 0, process.err.text
    assert "20 requests in" in process.out.text
    figures = orjson.loads((tmp_path / "out.json").read_bytes())
    assert (figures["served"], figures["errors"]) == (20, {})
    assert figures["workload_per_second"] * figures["seconds"] == pytest.approx(20 * 128)
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")
    sent = orjson.loads(await worker.calls[0].body())
    assert sent["auth_data"]["cost"] == 128
    assert sent["payload"]["parameters"]["max_new_tokens"] == 128


async def test_a_failed_request_is_exit_code_1(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(500, b"{}"))
    arguments = ["-n", "2", "-rps", "100", "--direct", worker.url]
    program = ("-m", "workers.tgi.test_load")
    code, process = await finished(arguments, folder=tmp_path, program=program)
    assert code == 1
    assert "status 500" in process.out.text


async def test_an_interrupted_run_tells_what_it_has(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(200, b'{"generated_text": "x"}'))
    arguments = ["load", "tgi", "-n", "1000", "-rps", "1", "--direct", worker.url, "--html", "r"]
    async with running(arguments, folder=tmp_path) as process:
        await worker.next_call()
        process.send_signal(signal.SIGINT)
        assert await process.exit_code() == 130
    assert " good: " in process.out.text
    assert process.err.text.count("Traceback") == 0
    assert (tmp_path / "r").exists()


# --- what is sent


def sent(*words: str, **environ: str) -> list[Request]:
    asked = parser().parse_args([*words, "-n", "3", "-rps", "1", "--seed", "7"])
    return list(what_is_sent(asked, environ))


def test_the_benchmarks_payloads_are_sent_with_their_workload_and_checked() -> None:
    first, second, third = sent("tgi")
    assert (first.route, first.workload, first.at) == ("/generate", 128.0, 0.0)
    assert first.payload["inputs"] != second.payload["inputs"] != third.payload["inputs"]
    assert 0 < second.at < third.at
    assert first.check is not None
    assert [each.payload for each in sent("tgi")] == [
        each.payload for each in (first, second, third)
    ]


def test_another_route_and_a_stream_have_other_answers() -> None:
    assert sent("tgi", "--route", "/generate_stream")[0].check is None
    [streamed, *_] = sent("vllm", "--stream")
    assert streamed.payload["stream"] is True
    assert streamed.check is None


def test_a_payload_that_is_given_is_sent_each_time_and_costs_what_it_costs(tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text('{"prompt": "a", "max_tokens": 70}')
    for given in (file.read_text(), f"@{file}"):
        requests = sent("vllm", "--payload", given)
        assert [(r.payload["max_tokens"], r.workload) for r in requests] == [(70, 70.0)] * 3


def test_the_definition_has_the_settings_of_the_environment() -> None:
    [first, *_] = sent("vllm", BENCHMARK_ROUTE="/v1/embeddings")
    assert (first.route, first.workload) == ("/v1/embeddings", 500.0)


def test_a_long_run_makes_its_payloads_as_it_goes() -> None:
    words = ["tgi", "-n", "1000000", "-rps", "1", "--fixed"]
    requests = what_is_sent(parser().parse_args(words), {})
    assert requests.count == 1_000_000
    assert [request.at for request in islice(requests, 1002)][-1] == 1001.0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing", "-n", "1", "-rps", "1"], "there is no worker 'nothing'"),
        (["tgi", "-n", "0", "-rps", "1"], "-n is 1 to"),
        (["tgi", "-n", "1", "-rps", "nan"], "-rps is above 0"),
        (["tgi", "-n", "1", "-rps", "1", "--route", "/x"], "tgi has no route /x"),
        (["null", "-n", "1", "-rps", "1"], "null has no benchmark; --route is one of"),
        (["null", "-n", "1", "-rps", "1", "--route", "/reserve"], "--payload says what is sent"),
        (["tgi", "-n", "1", "-rps", "1", "--payload", "[]"], "must be a JSON object"),
        (["tgi", "-n", "1", "-rps", "1", "--payload", "@nowhere"], "read from nowhere: No such"),
        (["tgi", "-n", "1", "-rps", "1", "--payload", BAD], "max_new_tokens"),
        (
            ["tgi", "-n", "1", "-rps", "1", "--ca", "nowhere"],
            "--ca nowhere cannot be used: No such",
        ),
        (["tgi", "-n", "1", "-rps", "1", "--json", "no/x"], "no/x cannot be written"),
        (["tgi", "-n", "1", "-rps", "1", "--html", "."], ". cannot be written"),
    ],
)
async def test_a_wrong_command_is_a_sentence(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    code, process = await finished(["load", *arguments], folder=tmp_path)
    assert code == 2
    assert told in process.err.text
    assert process.err.text.count("\n") == 1


@pytest.mark.parametrize("module", ["workers.tgi.test_load", "workers.null.test_load"])
async def test_a_workers_own_load_test_is_called_by_its_own_name(
    module: str, tmp_path: Path
) -> None:
    code, process = await finished(["--help"], folder=tmp_path, program=("-m", module))
    assert code == 0
    assert process.out.text.startswith(f"usage: python -m {module} [-h] -n N -rps RPS ")
    # Whose it is, it knows.
    assert "whose payloads are sent" not in process.out.text
    code, process = await finished(["tgi", "-n", "1"], folder=tmp_path, program=("-m", module))
    assert code == 2
    assert f"\npython -m {module}: error: " in process.err.text
