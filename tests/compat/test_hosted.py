"""`await worker.run_async()`: a worker as a guest of the definition's own asyncio loop."""

from pathlib import Path

import pytest
from definitions import environment, write
from fakes.process import finished

CANCELLED = """
    import asyncio
    from vastai import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig

    async def double(x):
        return 2 * x

    worker = Worker(WorkerConfig(model_log_file="model.log", handlers=[HandlerConfig(
        route="/double", remote_function=double,
        benchmark_config=BenchmarkConfig(dataset=[{"x": 1}], runs=1, concurrency=1),
    )]))

    async def main():
        task = asyncio.create_task(worker.run_async())
        for _ in range(STEPS):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        print("cancelled", task.cancelled(), len(asyncio.all_tasks()))

    asyncio.run(main())
"""


@pytest.mark.parametrize("steps", [1, 2, 200])
async def test_a_worker_that_is_cancelled_ends_before_its_loop(tmp_path: Path, steps: int):
    """However far it has come, and however often it is cancelled."""
    write(tmp_path, {"worker.py": CANCELLED.replace("STEPS", str(steps))})
    code, process = await finished(
        ["run", "worker.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert (code, process.out.lines) == (0, ["cancelled True 1"])
    assert "Traceback" not in process.err.text
