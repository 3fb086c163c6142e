"""Sessions of the real SDK client, through our autoscaler and our worker: nothing is counted twice."""

from dataclasses import replace

import orjson
import pytest
import trio
from fakes.model import Call, FakeModel, answers, by_hand, replies
from sdk_environment import INSTALL_SECONDS
from sdk_loop import Loop, ended, ready

pytestmark = [pytest.mark.interop, pytest.mark.timeout(INSTALL_SECONDS + 120)]


async def test_a_session_from_its_beginning_to_its_end(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1000") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("used", "sdk_sessions")
        logged = await ended(worker)

    assert [answer["status"] for answer in (told["whole"], told["beyond"])] == [200, 200]
    assert len(told["events"]) == 15
    assert (told["open_before"], told["health_before"]) == (True, {"ok": True})
    assert told["health_after"] == {"ok": False}
    assert "session_auth is not valid" in told["wrong"]
    assert told["gone"] == "ValueError: Cannot make request on closed session."
    assert "session does not exist" in told["got"]
    assert "session does not exist" in told["twice"]
    assert len(told["id"]) >= 32

    # 40 were reserved and 45 used: the autoscaler hears of 45, once, under one number.
    served = [entry["workload"] for entry in logged if entry["outcome"] == "served"]
    assert sum(served) == 45
    account = await loop.account()
    assert account["sums"] == {"new_load": 45, "cur_perf": 45, "rej_load": 0}
    assert account["ended"] == {"Success": 1}
    assert account["grants"]["issued"] == 1
    assert account["last"]["cur_load"] == account["last"]["num_requests_working"] == 0


async def test_sessions_and_requests_side_by_side(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1000") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("together", "sdk_sessions")
        await ended(worker)

    assert [answer["status"] for answer in told["answers"]] == [200] * 8
    account = await loop.account()
    assert account["sums"] == {"new_load": 160, "cur_perf": 160, "rej_load": 0}
    assert account["ended"] == {"Success": 4}


async def test_a_session_that_is_left_expires_and_a_busy_one_does_not(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1000") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("left", "sdk_sessions")
        await ended(worker)

    assert (told["events"], told["still_open"]) == (1000, True)
    assert told["gone"] == "ValueError: Cannot make request on closed session."
    assert told["marked"] is False
    sums, ended_as = await _sums(loop)
    # What nobody used was announced, and is no work; the busy one's is counted once.
    assert sums["cur_perf"] == 1000
    assert 1000 <= sums["new_load"] <= 1070
    assert ended_as == {"Success": 2}


async def test_a_session_that_ends_ends_its_requests_and_tells_the_model(bare_loop: Loop) -> None:
    model = FakeModel()
    model.script(_well_and_by_hand)
    async with trio.open_nursery() as nursery:
        await nursery.start(model.serve)
        (bare_loop.folder / "infer.log").write_text("Connected\n")
        loop = replace(bare_loop, model_url=model.url)
        async with (
            loop.worker(MAX_PERF="1000", MODEL_LOAD_LOG_MSG="Connected") as worker,
            loop.sdk("closed", "sdk_sessions") as sdk,
        ):
            await ready(worker)
            stream = await _asked(model, "/generate_stream")
            await stream.start(headers=[(b"Content-Type", b"text/event-stream")])
            await stream.chunk(b'data: {"index": 1}\n\n')
            with trio.fail_after(20):
                await stream.left.wait()
            on_close = await _asked(model, "/closed")
            assert orjson.loads(await on_close.body())["why"] == "over"
            await on_close.answer()
            assert await sdk.exit_code() == 0
            await ended(worker)
        nursery.cancel_scope.cancel()
    sums, ended_as = await _sums(loop)
    assert sums["cur_perf"] == 0
    assert sums["new_load"] <= 4000  # less, if it was cancelled before it was reported
    assert ended_as == {"Success": 1}


async def _well_and_by_hand(call: Call) -> None:
    """Healthy, and good for the request that a worker begins with; the rest is the test's."""
    if call.target == "/generate":
        await replies(200, b'{"generated_text": "a text"}')(call)
    else:
        await (answers if call.target == "/health" else by_hand)(call)


async def _asked(model: FakeModel, target: str) -> Call:
    with trio.fail_after(30):
        while (call := await model.next_call()).target != target:
            pass
    return call


async def test_one_session_too_many_is_refused_until_another_ends(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1000") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("full", "sdk_sessions")
        await ended(worker)

    assert told["too_many"].startswith("TimeoutError: ")  # 429 is asked again until then
    sums, ended_as = await _sums(loop)
    assert sums["cur_perf"] == 0
    assert sums["new_load"] <= 11
    assert ended_as["Success"] == 11
    assert ended_as["Rejected"] == sums["rej_load"] >= 1


async def _sums(loop: Loop) -> tuple[dict[str, float], dict[str, int]]:
    account = await loop.account()
    assert account["last"]["cur_load"] == account["last"]["num_requests_working"] == 0
    return account["sums"], account["ended"]
