"""The real SDK client (PyPI `vastai`) through our autoscaler and our tgi worker, to a simulated TGI."""

import json
import math

import pytest
import trio
from sdk_environment import INSTALL_SECONDS
from sdk_loop import Loop, ended, ready

pytestmark = [pytest.mark.interop, pytest.mark.timeout(INSTALL_SECONDS + 120)]

# --- both routes


async def test_both_routes_are_served_and_the_sums_agree(loop: Loop) -> None:
    async with loop.worker() as worker:
        await ready(worker)
        told = await loop.told_by_sdk("requests")
        logged = await ended(worker)

    for answer, tokens in zip(told["whole"], (10, 25, 20, 20, 20, 20), strict=True):
        assert (answer["ok"], answer["status"]) == (True, 200)
        assert len(answer["response"]["generated_text"].split()) > tokens / 4
    for stream, tokens in zip(told["streams"], (15, 30, 30, 30, 30), strict=True):
        assert (stream["ok"], stream["status"]) == (True, 200)
        events = stream["events"]
        assert [event["index"] for event in events] == list(range(1, tokens + 1))
        text = "".join(event["token"]["text"] for event in events)
        assert events[-1]["generated_text"] == text

    sent = 10 + 25 + 15 + 4 * 20 + 4 * 30
    assert {entry["outcome"] for entry in logged} == {"served"}
    assert math.fsum(entry["workload"] for entry in logged) == sent
    state = await loop.state()
    [account] = state["workers"]
    assert account["sums"] == {"new_load": sent, "cur_perf": sent, "rej_load": 0}
    assert account["ended"] == {"Success": 11}
    assert account["grants"]["issued"] == 11
    assert account["grants"]["cost"] == sent
    assert account["grants"]["pending"] == 0
    assert account["last"]["cur_load"] == account["last"]["num_requests_working"] == 0
    assert account["last"]["num_requests_recieved"] == 11
    assert state["refusals"]["count"] == 0

    # The numbers of the requests are those that the client was given.
    given = {answer["request_idx"] for answer in told["whole"]}
    assert given <= {entry["request_idx"] for entry in logged}
    [seen] = told["workers"]
    assert seen["status"] == "idle"
    assert seen["measured_perf"] > 0
    # The worker has stopped: nobody may be routed to it.
    assert account["max_perf"] == 0


# --- what goes wrong


async def test_errors_reach_the_caller_as_the_sdk_reads_them(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("errors")
        logged = await ended(worker)

    for malformed in (told["malformed"], told["malformed_stream"]):
        assert (malformed["ok"], malformed["status"]) == (False, 422)
        assert malformed["response"]["payload"] == {
            "parameters.max_new_tokens": "must be an integer"
        }
    invalid = told["invalid"]
    assert (invalid["ok"], invalid["status"]) == (False, 422)
    assert invalid["response"]["error_type"] == "validation"  # the model's own words
    assert (told["nowhere"]["ok"], told["nowhere"]["status"]) == (False, 404)
    assert told["first"]["token"]["text"]
    full = told["full"]
    assert (full["ok"], full["status"]) == (False, 429)
    assert full["response"]["code"] == "queue_full"

    assert [entry["outcome"] for entry in logged if entry["workload"]] == [
        "model_error",
        "queue_full",
        "cancelled",
    ]
    [account] = (await loop.state())["workers"]
    assert account["sums"]["cur_perf"] == 0
    assert account["sums"]["rej_load"] == 10
    assert account["ended"] == {"Error": 1, "Rejected": 1, "Cancelled": 1}


async def test_a_worker_that_is_not_ready_is_waited_for(loop: Loop) -> None:
    async with loop.sdk("wait") as client:
        await client.out.line('{"status": "Polling"}')
        async with loop.worker(MAX_PERF="1000") as worker:
            with trio.fail_after(60):
                assert await client.exit_code() == 0
            told = json.loads(client.out.lines[-1])
            assert await ended(worker)
    assert "Polling" in told["seen"]
    assert (told["result"]["ok"], told["result"]["status"]) == (True, 200)
    state = await loop.state()
    assert state["routes"]["waiting"] >= 1
    assert state["routes"]["ready"] == state["requests"] == 1  # polled under one number


# --- the autoscaler as the SDK's own worker sees it


async def test_a_grant_is_accepted_by_the_sdks_own_check(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1000") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("verify")
    assert told == {"status": "READY", "grant": True, "forged": False}
