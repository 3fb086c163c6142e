"""The command as its own process: what scripts and people rely on."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pyworker.autoscaler.local import main

_COMMAND = [
    sys.executable,
    "-c",
    "import sys; from pyworker.autoscaler.local import main; sys.exit(main(sys.argv[1:]))",
]


@contextmanager
def _running(*options: str, stdout: int = subprocess.PIPE) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*_COMMAND, "--port", "0", *options],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_cleanly(sent: signal.Signals, key_file: Path):
    with _running("--key", str(key_file)) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        url = re.fullmatch(r"autoscaler: listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert url is not None
        assert httpx.get(f"{url[1]}/pubkey/", trust_env=False).status_code == 200
        process.send_signal(sent)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err) == (0, b"", b"")


def _read_until(terminal: int, text: bytes) -> bytes:
    got = b""
    while text not in got:
        ready, _, _ = select.select([terminal], [], [], 10)
        assert ready, got
        got += os.read(terminal, 65536)
    return got


def test_on_a_terminal_it_draws_the_table_and_gives_the_screen_back(key_file: Path):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    try:
        with _running("--key", str(key_file), stdout=theirs) as process:
            seen = _read_until(ours, b"no worker has reported yet")
            assert seen.startswith(b"autoscaler: listening on http://127.0.0.1:")
            assert seen.index(b"\x1b[?1049h") > seen.index(b"\n")
            process.terminate()
            seen = _read_until(ours, b"\x1b[?1049l")
            assert process.wait(timeout=10) == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_an_address_that_is_taken_is_one_sentence(capfd: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    taken = f"port {port} (--port) is taken: cannot listen on 127.0.0.1:{port}"
    assert err == f"autoscaler: {taken}: Address already in use\n"


def test_a_key_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    assert main(["--port", "0", "--key", str(tmp_path)]) == 2
    assert capfd.readouterr().err == (
        f"autoscaler: --key {tmp_path} cannot be read: Is a directory\n"
    )


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--port", "70000"], "--port"),
        (["--port", "-1"], "--port"),
        (["--form", "D"], "--form"),
        (["--endpoint", ""], "--endpoint"),
        (["--api-key", "a\nb"], "--api-key"),
        (["--log-format", "xml"], "--log-format"),
    ],
)
def test_a_wrong_option_is_named(options: list[str], named: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    assert named in capfd.readouterr().err
