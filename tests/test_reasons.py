"""What the system refused is told in its words and with the path, never as `[Errno 2] ...`."""

import argparse
import socket
from pathlib import Path

import httpx
import pytest
import trio

from pyworker.check import events
from pyworker.client.payload import payload_given
from pyworker.client.script import client_by_arguments
from pyworker.errors import SettingsError
from pyworker.model.benchmark_cache import keep_result, read_result
from pyworker.new import main as new
from pyworker.reasons import beginning_of, reason_of, said_by
from pyworker.run import run
from pyworker.settings import read_settings
from workers.comfyui_json.worker import define as define_comfyui
from workers.tgi.worker import define

MISSING = "No such file or directory"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, MISSING, "/a"), MISSING),
        (OSError("an odd one"), "an odd one"),
        (ValueError("embedded null byte"), "embedded null byte"),
        (ValueError(), "ValueError"),
        (OSError(), "OSError"),
    ],
)
def test_a_reason_is_words(error: Exception, told: str) -> None:
    assert reason_of(error) == told


async def test_a_reason_is_found_in_what_trio_and_httpx_wrap_around_it() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        port = nobody.getsockname()[1]
        with pytest.raises(OSError, match="all attempts to connect") as refused:
            await trio.open_tcp_stream("127.0.0.1", port)
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            with pytest.raises(httpx.ConnectError) as wrapped:
                await client.get(f"http://127.0.0.1:{port}")
    assert reason_of(refused.value) == "Connection refused"
    assert reason_of(wrapped.value) == "Connection refused"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error":"no route","code":"x","request_id":"1f"}', "no route (request 1f)"),
        (b'{"error":{"message":"no model","type":"NotFoundError"}}', "no model"),
        (b'{"message":"Processing failed","status":"failed"}', "Processing failed"),
        (b'{"detail":[{"loc":["body"]}]}', '{"detail":[{"loc":["body"]}]}'),
        (b'{"error":"","detail":"Not Found"}', "Not Found"),
        (b'{"error":null}', '{"error":null}'),
        (b"[]", "[]"),
        (b"a text\n", "a text"),
        (b"\xff", "\ufffd"),
        (b"", ""),
        (b"x" * 1000, "x" * 500),
        (b'{"error":"%b"}' % (b"x" * 1000), "x" * 500),
    ],
)
def test_what_a_refusal_says(body: bytes, told: str) -> None:
    assert said_by(body) == told


def test_a_log_to_check(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SettingsError) as told:
        events(define(read_settings({})), log)
    assert str(told.value) == f"the log {log} cannot be read: {MISSING}"


def test_a_payload(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        payload_given(f"@{tmp_path}")
    assert str(told.value) == f"the payload cannot be read from {tmp_path}: Is a directory"


def test_an_authority() -> None:
    asked = argparse.Namespace(direct="https://x", autoscaler="", ca="/no.pem")
    with pytest.raises(SettingsError) as told:
        client_by_arguments(asked)
    assert str(told.value) == f"--ca /no.pem cannot be used: {MISSING}"


def test_a_workflow_to_measure_by() -> None:
    with pytest.raises(SettingsError) as told:
        define_comfyui(read_settings({"BENCHMARK_JSON_PATH": "/no.json"}))
    assert str(told.value) == f"no benchmark can be read from /no.json: {MISSING}"


async def test_a_certificate() -> None:
    environ = {"USE_SSL": "true", "INSTANCE_CERT": "/no.crt", "INSTANCE_KEY": "/no.key"}
    settings = read_settings(environ)
    with pytest.raises(SettingsError) as told:
        await run(define(settings), settings)
    assert str(told.value).endswith(f"INSTANCE_KEY /no.key cannot be used: {MISSING}")


def test_the_results_of_benchmarks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = tmp_path / "missing" / "kept.json"
    assert read_result(str(tmp_path), "key") is None
    keep_result(str(nowhere), "key", 1.0)
    assert caplog.messages == [
        f"benchmark results in {tmp_path} are unreadable: Is a directory",
        f"benchmark result not kept in {nowhere}: {MISSING}",
    ]


def test_a_new_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert new(["mine", "--into", str(file)]) == 2
    told = f"pyworker: {file / 'mine'} cannot be made: Not a directory\n"
    assert capsys.readouterr().err == told


def test_the_beginning_of_a_body_is_text_and_not_bytes() -> None:
    assert beginning_of('{"a": "ü"}'.encode()) == """'{"a": "ü"}'"""
    assert beginning_of(b"RIFF\x00\n") == r"'RIFF\x00\n'"
    assert len(beginning_of(b"x" * 1000)) == 202
