"""The simulated GPU on a virtual clock: every token at its exact time, no slot ever lost."""

import math

import pytest
import trio
import trio.testing

from pyworker.sim.engine import Engine, GenerationFailed, Job, Overloaded
from pyworker.sim.shares import FairShare


def engine(
    *,
    prefill: float = 1000.0,
    decode: float = 10.0,
    together: float | None = None,
    slots: int = 8,
    queue: int = 8,
) -> Engine:
    return Engine(
        prefill=prefill, share=FairShare(decode, together), max_concurrent=slots, max_queue=queue
    )


async def read(job: Job, count: int, times: list[float] | None = None) -> None:
    """Take `count` tokens one by one and note when each was ready."""
    times = [] if times is None else times
    with job:
        for _ in range(count):
            assert await job.ready(1) >= 1
            job.take(1)
            times.append(round(trio.current_time(), 6))
        job.finish()


async def test_tokens_of_a_request_alone_come_after_its_prefill_at_the_decode_rate(
    autojump_clock: trio.testing.MockClock,
) -> None:
    times: list[float] = []
    await read(engine().submit(500), 3, times)
    assert times == [0.6, 0.7, 0.8]  # 500 tokens at 1000/s, then one each 0.1 s


async def test_without_a_ceiling_requests_do_not_slow_each_other(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine()
    times: list[list[float]] = [[], [], []]
    async with trio.open_nursery() as nursery:
        for own in times:
            nursery.start_soon(read, gpu.submit(0), 2, own)
    assert times == [[0.1, 0.2]] * 3


async def test_a_ceiling_is_shared_and_released_when_one_ends(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine(together=10.0)
    short: list[float] = []
    long: list[float] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, gpu.submit(0), 2, short)
        nursery.start_soon(read, gpu.submit(0), 4, long)
    # Two share 10 tokens/s: one each 0.2 s. From 0.4 s on the other is alone: one each 0.1 s.
    assert short == [0.2, 0.4]
    assert long == [0.2, 0.4, 0.5, 0.6]


async def test_one_more_request_slows_the_tokens_on_their_way(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine(together=10.0)
    first: list[float] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, gpu.submit(0), 2, first)
        nursery.start_soon(read, gpu.submit(50), 8)  # decodes from 0.05 s on
    # Half a token alone, then 5 tokens/s: 0.05 + 0.5 / 5 = 0.15, and 0.2 s later the next.
    assert first == [0.15, 0.35]


async def test_a_whole_answer_waits_once_for_all_of_its_tokens(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine()
    with gpu.submit(100) as job:
        assert await job.ready(25) == 25
        job.take(25)
        job.finish()
    assert trio.current_time() == pytest.approx(2.6)
    assert (gpu.tokens_generated, gpu.finished) == (25, 1)


async def test_a_slow_request_takes_longer_and_leaves_the_others_alone(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine()
    slow: list[float] = []
    normal: list[float] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, gpu.submit(100, slowness=10.0), 2, slow)
        nursery.start_soon(read, gpu.submit(100), 2, normal)
    assert slow == [2.0, 3.0]
    assert normal == [0.2, 0.3]


async def test_requests_beyond_the_slots_wait_in_order(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine(slots=1, queue=2)
    jobs = [gpu.submit(0) for _ in range(3)]
    assert (len(gpu.running), gpu.queued) == (1, 2)
    times: list[list[float]] = [[], [], []]
    async with trio.open_nursery() as nursery:
        for job, own in zip(jobs, times, strict=True):
            nursery.start_soon(read, job, 2, own)
    assert times == [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
    assert [round(job.started_at - job.queued_at, 6) for job in jobs] == [0.0, 0.2, 0.4]


async def test_a_full_queue_refuses_and_a_freed_place_is_given_again() -> None:
    gpu = engine(slots=1, queue=1)
    running, waiting = gpu.submit(0), gpu.submit(0)
    assert gpu.full
    with pytest.raises(Overloaded):
        gpu.submit(0)
    with waiting:
        pass
    with gpu.submit(0), running:
        assert repr(gpu) == "<Engine: 1 running, 1 queued>"


async def test_no_queue_at_all_refuses_the_first_one_too_many() -> None:
    gpu = engine(slots=1, queue=0)
    with gpu.submit(0), pytest.raises(Overloaded):
        gpu.submit(0)


async def test_a_client_that_leaves_frees_its_slot_at_once(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine(slots=1)
    leaving, waiting = gpu.submit(0), gpu.submit(0)
    times: list[float] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, waiting, 1, times)
        with trio.move_on_after(1.05):
            await read(leaving, 1000)
    assert times == [1.15]
    assert (gpu.cancelled, gpu.finished, gpu.failed) == (1, 1, 0)
    assert gpu.tokens_generated == 11
    assert repr(gpu) == "<Engine: 0 running, 0 queued>"


@pytest.mark.parametrize("leave_at", [0.05, 0.25, 0.55, 0.75])
async def test_leaving_is_clean_in_every_phase(
    autojump_clock: trio.testing.MockClock, leave_at: float
) -> None:
    """Queued, in prefill, decoding, or between: slots, queue and shares are as before."""
    gpu = engine(slots=1, together=10.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, gpu.submit(100), 1)  # has the slot until 0.2
        with trio.move_on_after(leave_at):
            await read(gpu.submit(300), 1000)  # prefill until 0.5
    assert repr(gpu) == "<Engine: 0 running, 0 queued>"
    assert repr(gpu.share) == "<FairShare: 0 running at 10 tokens/s each>"
    assert gpu.cancelled == 1


async def test_a_whole_answer_that_nobody_waits_for_counts_what_was_generated(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine()
    with trio.move_on_after(0.45), gpu.submit(0) as job:
        await job.ready(100)
    assert (gpu.tokens_generated, gpu.cancelled) == (4, 1)


async def test_giving_up_a_wait_loses_neither_place_nor_tokens(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine(slots=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, gpu.submit(0), 10)  # until 1.0
        with gpu.submit(500) as job:  # prefill until 1.5
            assert [await job.ready(1, at) for at in (0.5, 1.2, 1.55, math.inf)] == [0, 0, 0, 1]
            assert trio.current_time() == pytest.approx(1.6)


async def test_tokens_that_nobody_takes_are_ready_together(
    autojump_clock: trio.testing.MockClock,
) -> None:
    with engine().submit(0) as job:
        await trio.sleep(1.0)
        # Decoding begins when the request first looks; from then on the model waits for nobody.
        assert await job.ready(1) == 1
        await trio.sleep(0.5)
        assert await job.ready(1) == 6


async def test_a_dead_model_ends_every_request_and_refuses_new_ones(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine(slots=2)
    ended: list[float] = []

    async def request(prompt_tokens: int) -> None:
        with pytest.raises(GenerationFailed, match="gone"):
            await read(gpu.submit(prompt_tokens), 1000)
        ended.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        for prompt_tokens in (0, 100_000, 0):  # decoding, in prefill, queued
            nursery.start_soon(request, prompt_tokens)
        await trio.sleep(0.55)
        gpu.fail("gone")
    assert ended == [0.55, 0.55, 0.55]
    assert gpu.failed == 3
    with pytest.raises(GenerationFailed):
        gpu.submit(0)


async def test_busy_is_the_time_with_anything_running(
    autojump_clock: trio.testing.MockClock,
) -> None:
    gpu = engine()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, gpu.submit(0), 5)
        nursery.start_soon(read, gpu.submit(0), 10)
    await trio.sleep(5.0)
    assert gpu.seconds_busy() == pytest.approx(1.0)
    with gpu.submit(0):
        await trio.sleep(0.5)
        assert gpu.seconds_busy() == pytest.approx(1.5)
