"""Request ids of the simulated wrapper: one place for the results of each, whoever asks with it."""

from pathlib import Path

import httpx
import pytest
import trio
import trio.testing
from fakes.sim_image import Running, running

from pyworker.sim.image.places import Places, Result

LOST = "failed job mine: Request mine not found in store"


async def ask(sim: Running, answers: list[httpx.Response], *, steps: int, seed: int) -> None:
    answers.append(await sim.generate(steps, seed, request_id="mine"))


async def two_at_work(
    sim: Running, nursery: trio.Nursery, answers: list[httpx.Response], *, steps: int
) -> trio.CancelScope:
    """A running and a waiting job of one id, each with its own seed; gives the first's client."""

    async def first(task_status: trio.TaskStatus[trio.CancelScope]) -> None:
        with trio.CancelScope() as scope:
            task_status.started(scope)
            await ask(sim, answers, steps=steps, seed=1)

    client = await nursery.start(first)
    await sim.until(lambda state: state["running"] == 1)

    async def second() -> None:
        await ask(sim, answers, steps=10_000, seed=2)

    nursery.start_soon(second)
    await sim.until(lambda state: state["queued"] == 1)
    return client


async def test_two_jobs_of_one_id_are_both_answered_with_the_result_that_is_first_there(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, steps_per_second=2.0) as sim:
        answers: list[httpx.Response] = []
        async with trio.open_nursery() as nursery:
            await two_at_work(sim, nursery, answers, steps=20)
        one, other = answers
        assert (one.status_code, one.json()["status"]) == (200, "completed")
        assert one.json() == other.json()
        assert len(list(sim.output.rglob("*.png"))) == 1
        assert sum(LOST in line for line in sim.lines()) == 1
        # The next one of that id is a job of its own.
        next_one = await sim.generate(20, 3, request_id="mine")
        assert next_one.json()["output"] != one.json()["output"]


async def test_all_jobs_of_an_id_are_cancelled_together(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, steps_per_second=2.0) as sim:
        answers: list[httpx.Response] = []
        async with trio.open_nursery() as nursery:
            await two_at_work(sim, nursery, answers, steps=10_000)
            assert (await sim.client.post("/cancel/mine")).status_code == 200
        assert [answer.status_code for answer in answers] == [499, 499]
        assert {answer.json()["message"] for answer in answers} == {"Request cancelled by client"}
        assert not any(LOST in line for line in sim.lines())


async def test_a_client_that_leaves_takes_the_others_of_its_id_along(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, steps_per_second=2.0) as sim:
        answers: list[httpx.Response] = []
        async with trio.open_nursery() as nursery:
            (await two_at_work(sim, nursery, answers, steps=10_000)).cancel()
        [other] = answers
        assert other.status_code == 499
        assert other.json()["message"] == "Request cancelled due to client disconnection"


async def test_an_id_that_ended_is_told_from_one_that_never_was(tmp_path: Path) -> None:
    async with running(tmp_path, steps_per_second=1e6) as sim:
        assert (await sim.generate(request_id="mine")).status_code == 200
        ended = await sim.client.post("/cancel/mine")
        told = {"message": "Request mine is already completed", "status": "completed"}
        assert (ended.status_code, ended.json()) == (200, told)
        await sim.fault(kind="cut")
        with pytest.raises(httpx.TransportError):
            await sim.generate(seed=2, request_id="mine")
        assert (await sim.client.post("/cancel/mine")).json()["status"] == "cancelled"
        assert (await sim.client.post("/cancel/yours")).status_code == 404


def test_ended_ids_are_forgotten_but_for_the_last_256() -> None:
    places = Places()
    at_work = places.open("at work")
    for number in range(257):
        done = Result(code=200, id=f"{number}", status="completed", message="")
        places.open(f"{number}").settle(done)
    places.open("new")
    assert places.find("at work") is at_work
    assert [places.find(f"{number}") is None for number in (0, 1, 256)] == [True, False, False]
