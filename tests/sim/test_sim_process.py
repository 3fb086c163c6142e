"""The simulator as a process: what it prints, how it ends. Real time, so as few as can be."""

import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

COMMAND = [
    sys.executable,
    "-c",
    "import sys; from pyworker.sim import main; sys.exit(main(sys.argv[1:]))",
    "llm",
    "--port",
    "0",
    "--load-seconds",
    "0.05",
]


@contextmanager
def process(*options: str) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def listening(lines: Iterator[str]) -> str:
    """The address, from the first lines of `lines`."""
    loading, ready = next(lines), next(lines)
    assert loading.startswith("sim: loading, will listen on http://127.0.0.1:")
    assert ready.startswith("sim: listening on http://127.0.0.1:")
    return ready.split()[-1]


def test_a_crash_ends_the_process_with_code_1_and_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "infer.log"
    with process("--log", str(log)) as child:
        assert child.stdout is not None
        url = listening(iter(child.stdout))
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
        httpx.post(f"{url}/sim/fault", json={"kind": "crash"}, trust_env=False)
        assert child.wait(10) == 1
    assert log.read_bytes().endswith(b"\nError: ShardFailed\n")


def test_sigterm_ends_it_with_code_0_and_the_address_is_on_stderr_beside_a_log_on_stdout() -> None:
    with process() as child:
        assert child.stdout is not None
        assert child.stderr is not None
        url = listening(iter(child.stderr))
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
        child.send_signal(signal.SIGTERM)
        log = child.stdout.read()
        assert child.wait(10) == 0
    assert '"message":"Connected"' in log
    assert log.splitlines()[-1].startswith("{")
    assert "sim:" not in log


def test_a_log_that_cannot_be_written_is_one_sentence_and_code_2(tmp_path: Path) -> None:
    with process("--log", str(tmp_path / "missing" / "infer.log")) as child:
        assert child.stderr is not None
        assert "cannot write the log" in child.stderr.read()
        assert child.wait(10) == 2
