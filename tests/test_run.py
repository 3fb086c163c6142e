"""The life of a worker process: what keeps it from starting, and what it answers. Real processes.

How it stops is in test_run_stopping.py.
"""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trio
from fakes.process import finished
from fakes.status_receiver import PATIENCE
from fakes.worker_process import LOADED, Stage, envelope, stage
from trio.testing import wait_all_tasks_blocked

from pyworker.errors import CannotBind
from pyworker.run import run
from pyworker.settings import read_settings
from workers.tgi.worker import define


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as around:
        yield around


# --- what cannot start says why: one line, one report, exit code 2


async def refused(stage: Stage, **settings: str) -> str:
    """Run a worker that must refuse to start: its sentence, the same on both wires."""
    environ = stage.environ(**settings)
    code, process = await finished(["tgi"], folder=stage.folder, environ=environ)
    assert (code, process.out.text) == (2, "")
    [line] = process.err.lines
    program, _, sentence = line.partition(": ")
    assert program == "pyworker"
    [status] = stage.autoscaler.statuses
    assert status["error_msg"] == sentence
    assert stage.autoscaler.refused == []
    return sentence


async def test_a_bad_setting_is_one_sentence_on_stderr_and_in_a_report(stage: Stage) -> None:
    sentence = await refused(stage, GRACE_SECONDS="soon")
    assert sentence == "GRACE_SECONDS must be a number, not 'soon'"


async def test_all_bad_settings_are_told_at_once_and_by_whom(stage: Stage) -> None:
    sentence = await refused(
        stage,
        CONTAINER_ID="4711",
        MASTER_TOKEN="the-token",
        PUBLIC_IPADDR="10.1.2.3",
        WORKER_PORT="3000",
        VAST_TCP_PORT_3000="40000",
        USE_SSL="perhaps",
        LOG_FORMAT="xml",
    )
    assert "USE_SSL must be" in sentence
    assert "; LOG_FORMAT must be" in sentence
    [status] = stage.autoscaler.statuses
    who = {name: status[name] for name in ("id", "mtoken", "version", "url")}
    assert who == {
        "id": 4711,
        "mtoken": "the-token",
        "version": "1.1.0",
        "url": "http://10.1.2.3:40000",
    }
    assert status["max_perf"] == status["loadtime"] == 0


async def test_a_bad_setting_ends_the_process_also_when_nobody_can_be_told(stage: Stage) -> None:
    async with await _bound_socket() as nobody:
        address = f"http://127.0.0.1:{nobody.socket.getsockname()[1]}"
        environ = stage.environ(BODY_LIMIT_MIB="-1", REPORT_ADDR=address)
        code, process = await finished(["tgi"], folder=stage.folder, environ=environ)
    assert code == 2
    [line] = process.err.lines
    assert "BODY_LIMIT_MIB" in line


async def test_a_taken_port_is_told_and_reported(stage: Stage) -> None:
    [taken] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with taken:
        port = taken.socket.getsockname()[1]
        sentence = await refused(stage, WORKER_PORT=str(port))
    taken = f"port {port} (WORKER_PORT) is taken: cannot listen on 127.0.0.1:{port}"
    assert sentence == f"{taken}: Address already in use"


async def test_a_control_port_that_is_taken_ends_the_worker(stage: Stage) -> None:
    [taken] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with taken:
        port = taken.socket.getsockname()[1]
        environ = stage.environ(NULL_CONTROL_PORT=str(port), MAX_PERF="")
        code, process = await finished(["null"], folder=stage.folder, environ=environ)
    sentence = f"port {port} (NULL_CONTROL_PORT) is taken: cannot listen on 127.0.0.1:{port}"
    assert (code, "Traceback" in process.err.text) == (2, False)
    assert process.err.lines[-1] == f"pyworker: {sentence}: Address already in use"


async def test_a_taken_port_for_the_ends_of_sessions_is_a_warning(stage: Stage) -> None:
    [taken] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with taken:
        port = taken.socket.getsockname()[1]
        async with stage.worker(WORKER_HTTP_PORT=str(port)) as worker, worker.client() as client:
            line = await worker.process.err.line("sessions cannot be ended from this machine")
            assert (await client.get("/ping")).text == "pong"
    assert f"this machine: port {port} (WORKER_HTTP_PORT) is taken: " in line


async def test_a_host_name_that_is_none_is_told_and_reported(stage: Stage) -> None:
    sentence = await refused(stage, WORKER_HOST="a" * 70)
    assert sentence.startswith(f"cannot listen on {'a' * 70}:0: ")


async def test_a_tokenizer_that_is_not_there_is_told_and_reported(stage: Stage) -> None:
    environ = stage.environ(TOKENIZER="/nowhere/tokenizer.json")
    code, process = await finished(["hello_world"], folder=stage.folder, environ=environ)
    assert code == 2
    assert process.err.lines[-1].startswith("pyworker: TOKENIZER must be")
    assert [s["error_msg"] for s in stage.autoscaler.statuses] == [
        process.err.lines[-1].removeprefix("pyworker: ")
    ]


@pytest.mark.parametrize("kind", ["folder", "pipe"])
async def test_a_model_log_that_is_no_file_ends_the_worker_with_a_report(
    stage: Stage, kind: str
) -> None:
    if kind == "folder":
        stage.model_log.mkdir()
    else:
        os.mkfifo(stage.model_log)
    code, process = await finished(["tgi"], folder=stage.folder, environ=stage.environ())
    assert code == 2
    last = process.err.lines[-1]
    assert last.startswith(f"pyworker: the model log {stage.model_log} is not a regular file")
    assert "Traceback" not in process.err.text
    assert stage.autoscaler.statuses[-1]["error_msg"] == last.removeprefix("pyworker: ")


async def test_an_error_in_a_definition_is_reported_with_exit_code_1(stage: Stage) -> None:
    program = (
        "import os, sys; from pyworker.process import main\n"
        "def define(settings): raise KeyError('handler')\n"
        "sys.exit(main(define, os.environ))"
    )
    code, process = await finished(
        [], folder=stage.folder, environ=stage.environ(), program=("-c", program)
    )
    assert code == 1
    assert "Traceback" in process.err.text
    [status] = stage.autoscaler.statuses
    assert status["error_msg"] == "the worker died: KeyError: 'handler'"


# --- while it runs


async def test_the_first_report_comes_before_the_model_is_loaded(stage: Stage) -> None:
    async with stage.worker() as worker:
        first = await stage.autoscaler.status()
        assert (first["loadtime"], first["max_perf"], first["error_msg"]) == (0, 0, "")
        assert first["url"] == worker.url
        stage.model_log.write_text(LOADED)
        ready = await stage.autoscaler.status(lambda status: status["loadtime"] > 0)
        assert (ready["max_perf"], ready["error_msg"]) == (1000, "")
    assert stage.autoscaler.refused == []


async def test_probes_tell_the_phase(stage: Stage) -> None:
    async with stage.worker() as worker, worker.client() as client:
        assert (await client.get("/ping")).text == "pong"
        assert (await client.get("/health")).json() == {"status": "ok"}
        await worker.process.err.line("starting -> loading")
        loading = await client.get("/ready")
        assert loading.status_code == 503
        assert loading.json()["phase"] == "loading"
        assert str(stage.model_log) in loading.json()["waits_for"]
        refusal = await client.post("/generate", content=envelope(10))
        assert (refusal.status_code, refusal.json()["phase"]) == (503, "loading")

        stage.model_log.write_text(LOADED)
        await stage.autoscaler.status(lambda status: status["loadtime"] > 0)
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["phase"]) == (200, "ready")
        assert (await client.head("/ready")).status_code == 200
        wrong = await client.post("/ping")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")


async def test_a_request_is_answered_and_reported(stage: Stage) -> None:
    async with stage.ready_worker() as worker, worker.client() as client:
        answer = await client.post("/generate", content=envelope(50))
        assert answer.json() == {"generated_text": "Once upon a time."}
        stranger = envelope(50).replace(b'"signature": "', b'"signature": "AAAA')
        assert (await client.post("/generate", content=stranger)).status_code == 401
        receiver = stage.autoscaler
        await receiver.until(lambda: bool(receiver.finished) and receiver.total("cur_perf") == 50)
        assert [record["status"] for record in receiver.finished] == ["Success"]
        assert (receiver.total("new_load"), receiver.total("rej_load")) == (50, 0)


async def test_a_model_server_that_is_down_is_no_reason_to_end(stage: Stage) -> None:
    async with await _bound_socket() as nobody:
        address = f"http://127.0.0.1:{nobody.socket.getsockname()[1]}"
        stage.model_log.write_text(LOADED)
        settings = {"MODEL_SERVER_URL": address, "VAST_LOG_LEVEL": "DEBUG"}
        async with stage.worker(**settings) as worker, worker.client() as client:
            await worker.process.err.line(f"waits for 200 from {address}/health")
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/ready")).status_code == 503
            assert (await client.post("/generate", content=envelope(10))).status_code == 503
            worker.process.send_signal(signal.SIGTERM)
            assert await worker.process.exit_code() == 0
    assert "Traceback" not in worker.process.err.text


async def test_a_model_server_may_have_an_ipv6_address(stage: Stage) -> None:
    try:
        [listener] = await trio.open_tcp_listeners(0, host="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    port = listener.socket.getsockname()[1]
    stage.model_log.write_text(LOADED)
    async with listener, stage.worker(MODEL_SERVER_URL=f"http://[::1]:{port}"):
        with trio.fail_after(PATIENCE):
            async with await listener.accept() as probe:
                head = bytes(await probe.receive_some())
    assert head.startswith(b"GET /health HTTP/1.1\r\n")
    assert f"host: [::1]:{port}\r\n".encode() in head


# --- the same life without a process of its own


def open_files() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


async def test_run_tells_its_port_and_leaves_nothing_open_when_cancelled(stage: Stage) -> None:
    settings = read_settings(stage.environ())
    before = open_files()
    async with trio.open_nursery() as nursery:
        port = await nursery.start(run, define(settings), settings)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{port}/ping")).text == "pong"
        await stage.autoscaler.status()
        nursery.cancel_scope.cancel()
    await wait_all_tasks_blocked(0.05)  # the other ends of its connections close theirs
    assert open_files() <= before


async def test_run_raises_what_keeps_it_from_listening(stage: Stage) -> None:
    [taken] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with taken:
        settings = read_settings(stage.environ(WORKER_PORT=str(taken.socket.getsockname()[1])))
        with pytest.raises(CannotBind, match="Address already in use"):
            await run(define(settings), settings)


async def _bound_socket() -> trio.SocketStream:
    """A port that is taken and where nobody listens: connecting is refused."""
    sock = trio.socket.socket()
    await sock.bind(("127.0.0.1", 0))
    return trio.SocketStream(sock)
