"""Bodies as each generation of workers sends them, and a running autoscaler to send them to."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from pyworker.autoscaler.local.serve import AutoscalerSettings, serve_autoscaler
from pyworker.autoscaler.local.signing import signer_from

Body = dict[str, Any]

_GENERATION_A: Body = {
    "id": 7,
    "loadtime": 0.0,
    "cur_load": 0.0,
    "cur_perf": 0.0,
    "max_perf": 0.0,
    "cur_capacity": 0,
    "max_capacity": 0,
    "num_requests_working": 0,
    "num_requests_recieved": 0,
    "additional_disk_usage": -0.25,
    "error_msg": "",
    "url": "http://10.0.0.7:3000",
}
_GENERATION_B: Body = {
    **_GENERATION_A,
    "mtoken": "a-secret",
    "version": "0.2.0",
    "new_load": 0,
    "rej_load": 0.0,
    "working_request_idxs": [],
}
_GENERATION_C: Body = {**_GENERATION_B, "version": "1.1.0", "disk_usage": 12.5}


def _report(generation: str = "C", **changed: Any) -> Body:
    bodies = {"A": _GENERATION_A, "B": _GENERATION_B, "C": _GENERATION_C}
    return {**bodies[generation], **changed}


def _record(number: int, status: str = "Success", **changed: Any) -> Body:
    return {
        "request_idx": number,
        "success": status in {"Success", "Cancelled"},
        "status": status,
        "entered_queue_at": 1000.0,
        "work_started_at": 1000.5,
        "work_completed_at": 1002.0,
        **changed,
    }


@pytest.fixture
def report() -> Callable[..., Body]:
    """`report(generation, **changed)`: a `/worker_status/` body of a worker that is loading."""
    return _report


@pytest.fixture
def record() -> Callable[..., Body]:
    """`record(number, status, **changed)`: one item of generation C's `requests`."""
    return _record


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all tests: making one takes longer than all else."""
    file = tmp_path_factory.mktemp("key") / "autoscaler.pem"
    signer_from(file)
    return file


@pytest.fixture
async def client(nursery: trio.Nursery, key_file: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running autoscaler with default settings."""
    settings = AutoscalerSettings(port=0, key_file=key_file)
    url = await nursery.start(partial(serve_autoscaler, settings))
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
