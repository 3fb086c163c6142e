"""The lifecycle of a definition when it is left, whatever its own code does there."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from definitions import ran, write

LIFECYCLE = """
    import asyncio
    import threading
    from contextlib import asynccontextmanager
    from vastai import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig
    from pyworker.class_form import lifecycle

    lifecycle._FORCE_SECONDS = AT_MOST

    @asynccontextmanager
    async def lifespan():
        try:
            yield
        finally:
            print("leaving", flush=True)
            LEAVE
            print("left", flush=True)

    async def double(x):
        return 2 * x

    worker = Worker(WorkerConfig(
        lifecycle=lifespan(),
        handlers=[HandlerConfig(
            route="/double", remote_function=double,
            benchmark_config=BenchmarkConfig(dataset=[{"x": 1}], runs=1, concurrency=1),
        )],
    ))
    START
    print("after", flush=True)
"""
THREAD, HOSTED = "worker.run()", "asyncio.run(worker.run_async())"
NEVER = "threading.Event().wait"
LATE = "was not left within 0.2 s (GRACE_SECONDS)"
FORCED = "keeps the process from ending: ended by force"


@pytest.fixture(autouse=True)
async def _in_time() -> AsyncIterator[None]:
    with trio.fail_after(50):
        yield


async def stopped(folder: Path, leave: str, start: str, force: float) -> tuple[int, list[str], str]:
    """How a definition ends that does `leave` last: its code, its words, and ours."""
    script = LIFECYCLE.replace("LEAVE", leave).replace("START", start)
    write(folder, {"worker.py": script.replace("AT_MOST", str(force))})
    async with ran(folder, "worker.py", log="", GRACE_SECONDS="0.2") as run:
        run.process.send_signal(signal.SIGTERM)
        code = await run.process.exit_code()
    return code, run.process.out.lines, run.process.err.text


@pytest.mark.parametrize("start", [THREAD, HOSTED])
async def test_one_that_waits_for_ever_is_cut_when_the_grace_period_is_over(
    tmp_path: Path, start: str
):
    code, said, told = await stopped(tmp_path, "await asyncio.Event().wait()", start, 20)
    assert (code, said) == (0, ["leaving", "after"])
    assert LATE in told
    assert "Traceback" not in told


@pytest.mark.parametrize("start", [THREAD, HOSTED])
async def test_a_thread_of_it_that_hangs_does_not_keep_the_process(tmp_path: Path, start: str):
    code, _, told = await stopped(tmp_path, f"await asyncio.to_thread({NEVER})", start, 0.5)
    assert code == 1
    assert LATE in told
    assert told.rstrip().endswith(FORCED)


async def test_a_loop_that_it_blocks_does_not_keep_the_process(tmp_path: Path):
    """Trio, a guest of that loop, is blocked with it."""
    code, said, told = await stopped(tmp_path, f"{NEVER}()", HOSTED, 0.5)
    assert (code, said) == (1, ["leaving"])
    assert told.rstrip().endswith(FORCED)


@pytest.mark.parametrize("start", [THREAD, HOSTED])
async def test_one_that_is_left_in_time_is_followed_by_the_rest_of_the_script(
    tmp_path: Path, start: str
):
    rest = f"{start}\n    threading.Event().wait(0.4)"
    code, said, told = await stopped(tmp_path, "await asyncio.sleep(0)", rest, 0)
    assert (code, said) == (0, ["leaving", "left", "after"])
    assert LATE not in told
