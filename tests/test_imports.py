"""What is imported when: a script that counts tokens must not pay for a web server, and a worker
that starts must not pay for what it does not use.
"""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.process import finished, running
from fakes.worker_process import LOADED, Stage, envelope, stage
from fakes.worker_process import WorkerProcess as Worker

HTTP = {"httpx", "httpcore", "h11", "h2", "hypercorn", "wsproto"}
HEAVY = {*HTTP, "trio", "cryptography", "tokenizers", "ssl", "asyncio", "anyio", "multiprocessing"}

# Prints, when the program that follows it has run, the packages that it has imported.
_TELL = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as around:
        yield around


async def imported_by(program: str, folder: Path) -> set[str]:
    code, process = await finished([], folder=folder, program=("-c", f"{program}\n{_TELL}"))
    assert (code, process.err.text) == (0, "")
    return set(json.loads(process.out.lines[-1]))


@pytest.mark.parametrize(
    ("module", "may"),
    [
        ("pyworker", set[str]()),
        ("pyworker.errors", set[str]()),
        ("pyworker.settings", set[str]()),
        ("pyworker.worker", set[str]()),
        ("pyworker.cli", set[str]()),
        ("pyworker.proxy.ledger", set[str]()),
        ("pyworker.autoscaler.wire", set[str]()),
        ("pyworker.model.readiness", set[str]()),
        ("pyworker.model.markers", set[str]()),
        ("pyworker.workload", set[str]()),
        ("pyworker.workload.tokens", set[str]()),
        ("pyworker.workload.image", set[str]()),
        ("pyworker.workload.served", set[str]()),
        ("pyworker.workload.count", set[str]()),
        ("pyworker.proxy.grants", {"cryptography"}),
        ("workers.tgi.worker", set[str]()),
        ("workers.hello_world.worker", set[str]()),
        # The commands, before they are run.
        ("pyworker.demo", set[str]()),
        ("pyworker.sim", set[str]()),
    ],
)
async def test_a_part_imports_only_what_it_needs(
    module: str, may: set[str], tmp_path: Path
) -> None:
    assert await imported_by(f"import {module}", tmp_path) & HEAVY <= may


async def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = "from pyworker.cli import main; assert main(['--help']) == 0"
    assert await imported_by(program, tmp_path) & HEAVY == set()


async def test_counting_imports_no_server_and_nothing_that_it_does_not_need(
    tmp_path: Path,
) -> None:
    alone = (
        "from pyworker.workload import TokenCounter, image_cost; image_cost(512, 512, 20, 'sd3')"
    )
    assert await imported_by(alone, tmp_path) & {*HEAVY, "importlib.metadata"} == set()
    program = "from pyworker.cli import main; assert main(['count', '--image', '512x512']) == 0"
    assert await imported_by(program, tmp_path) & HEAVY == set()


# Another event loop, tokenizers for a worker that does not count tokens, and process pools. httpx
# and httpcore import anyio, whatever runs them: it is cheap as long as it does not bring asyncio.
FORBIDDEN = {"asyncio", "tokenizers", "uvloop", "concurrent", "requests", "urllib3", "aiohttp"}


async def test_a_whole_life_of_tgi_imports_no_second_event_loop_and_no_tokenizers(
    stage: Stage,
) -> None:
    stage.model_log.write_text(LOADED)
    program = f"import sys; from pyworker.cli import main; code = main(['tgi'])\n{_TELL}"
    async with running(
        [], folder=stage.folder, environ=stage.environ(), program=("-c", program)
    ) as process:
        ready = await stage.autoscaler.status(lambda status: status["loadtime"] > 0)
        async with Worker(process, int(ready["url"].rpartition(":")[2])).client() as client:
            assert (await client.post("/generate", content=envelope(10))).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert await process.exit_code() == 0
    imported = set(json.loads(process.out.lines[-1]))
    assert {"trio", "hypercorn", "httpx", "cryptography", "orjson"} <= imported
    assert imported & FORBIDDEN == set()
