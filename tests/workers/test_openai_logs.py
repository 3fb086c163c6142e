"""What the lines of the logs mean to openai, vllm, sglang and llama."""

from pathlib import Path

import pytest

import workers
from pyworker.model.markers import LogMarkers
from tests.workers.openai_family import DEFINITIONS, defined


def kinds(name: str, log: bytes) -> list[str]:
    actions = defined(name).log_actions
    markers = LogMarkers(actions.on_error, actions.on_load, actions.on_info)
    return [event.kind for event in markers.scan(log)]


@pytest.mark.parametrize("name", ["openai", "vllm"])
@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("vllm/startup.log", {"load"}),
        ("vllm/serve-no-gpu.log", {"error"}),
        ("vllm/fail-port-in-use.log", {"error"}),
        ("vllm/serve-cpu-attempt.log", {"error"}),
    ],
)
def test_what_vllms_logs_say(shared_dir: Path, name: str, log: str, found: set[str]) -> None:
    assert set(kinds(name, (shared_dir / "logs" / log).read_bytes())) == found


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("llama-server/startup.log", {"load"}),
        ("llama-server/startup-mid.log", {"load"}),
        ("llama-server/log-disconnects.log", set[str]()),
        ("llama-server/fail-missing-model.log", {"error"}),
        ("llama-server/fail-truncated.log", {"error"}),
        ("llama-server/fail-port-in-use.log", {"error"}),
        ("llama-cpp-python/fail-garbage.log", {"error"}),
        ("llama-cpp-python/fail-missing-model.log", {"error"}),
    ],
)
def test_what_llama_cpps_logs_say(shared_dir: Path, log: str, found: set[str]) -> None:
    assert set(kinds("llama", (shared_dir / "logs" / log).read_bytes())) == found


def test_a_traceback_alone_kills_nobody() -> None:
    harmless = (
        b"Traceback (most recent call last):\n"
        b"torch.OutOfMemoryError: CUDA out of memory.\n"
        b"ERROR [config.py:35] Failed to import Triton kernels.\n"
        b"Failed to import from vllm._C: ModuleNotFoundError\n"
    )
    for name in DEFINITIONS:
        assert kinds(name, harmless) == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"The server is fired up and ready to roll!", ["load"]),
        (b"INFO:     Application startup complete.", []),
        (b"INFO:     Uvicorn running on http://0.0.0.0:30000", []),
        (b"Received sigquit from a child process. It usually means the child failed.", ["error"]),
        (b"2026-11-23 09:00:00,000 INFO exited: sglang (exit status 1; not expected)", ["error"]),
        (b"Health check failed. Server couldn't get a response from detokenizer", []),
    ],
)
def test_what_sglangs_lines_mean(line: bytes, kind: list[str]) -> None:
    assert kinds("sglang", line + b"\n") == kind


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_sample_log_loads_once_and_never_fails(name: str) -> None:
    sample = Path(workers.__path__[0]) / name / "sample.log"
    assert kinds(name, sample.read_bytes()) == ["load"]
