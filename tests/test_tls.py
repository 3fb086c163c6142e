"""TLS with a certificate made for the test: what it serves, and what a bad one leads to."""

import signal
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import trio
from fakes.certificates import Certified, certify
from fakes.client import RawClient, connect, post
from fakes.process import finished
from fakes.status_receiver import PATIENCE
from fakes.worker_process import Stage, WorkerProcess, envelope, stage

from pyworker.http.server import server_tls

EVENT = b'data:{"token":{"text":"a"}}\n\n'


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as around:
        yield around


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return certify(tmp_path / "etc")


def settings(certified: Certified) -> dict[str, str]:
    return {
        "USE_SSL": "true",
        "INSTANCE_CERT": str(certified.certificate),
        "INSTANCE_KEY": str(certified.key),
    }


def client(worker: WorkerProcess, certified: Certified, *, http2: bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{worker.port}",
        verify=certified.client_context(),
        http1=not http2,
        http2=http2,
        timeout=PATIENCE,
        trust_env=False,
    )


# --- with a good certificate


@pytest.mark.parametrize("http2", [False, True])
async def test_requests_are_served_over_tls(
    stage: Stage, certified: Certified, http2: bool
) -> None:
    async with (
        stage.ready_worker(**settings(certified)) as worker,
        client(worker, certified, http2=http2) as https,
    ):
        pong = await https.get("/ping")
        assert (pong.text, pong.http_version) == ("pong", "HTTP/2" if http2 else "HTTP/1.1")
        answer = await https.post("/generate", content=envelope(40))
        assert answer.json() == {"generated_text": "Once upon a time."}
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_stream_three, stage)
            stream = await https.post("/generate_stream", content=envelope(60))
        assert stream.content == EVENT * 3
        worker.process.send_signal(signal.SIGTERM)
        assert await worker.process.exit_code() == 0
    assert {status["url"] for status in stage.autoscaler.statuses} == {
        f"https://127.0.0.1:{worker.port}"
    }


async def test_who_speaks_no_tls_gets_no_answer_and_harms_nobody(
    stage: Stage, certified: Certified
) -> None:
    async with stage.worker(**settings(certified)) as worker:
        plain = await connect(worker.port)
        async with plain.stream:
            await plain.send(b"GET /ping HTTP/1.1\r\nHost: worker\r\n\r\n")
            with trio.fail_after(PATIENCE):
                assert b"pong" not in await _what_comes(plain)
        async with client(worker, certified, http2=False) as https:
            assert (await https.get("/ping")).text == "pong"
    assert "Traceback" not in worker.process.err.text


async def test_when_the_grace_period_is_over_a_stream_over_tls_is_cut_visibly(
    stage: Stage, certified: Certified
) -> None:
    grace = {"GRACE_SECONDS": "0.3"}
    async with stage.ready_worker(**settings(certified), **grace) as worker:
        tcp = await trio.open_tcp_stream("127.0.0.1", worker.port)
        tls = trio.SSLStream(tcp, certified.client_context(), server_hostname="127.0.0.1")
        stream = RawClient(tls)
        await stream.send(post("/generate_stream", envelope(80)))
        call = await stage.stream_call()
        await call.chunk(EVENT)
        assert (await stream.head())[0] == 200
        assert await stream.chunk() == EVENT
        worker.process.send_signal(signal.SIGTERM)
        with pytest.raises(trio.BrokenResourceError):  # a clean end would be close_notify
            await stream.rest()
        await trio.aclose_forcefully(tls)
        assert await worker.process.exit_code() == 0


async def test_a_handshake_that_never_comes_does_not_delay_the_end(
    stage: Stage, certified: Certified
) -> None:
    async with stage.worker(**settings(certified), GRACE_SECONDS="3600") as worker:
        silent = await connect(worker.port)
        async with silent.stream, client(worker, certified, http2=False) as https:
            await https.get("/ping")  # the silent one has been accepted before
            worker.process.send_signal(signal.SIGTERM)
            assert await worker.process.exit_code() == 0


async def _stream_three(stage: Stage) -> None:
    call = await stage.stream_call()
    for _ in range(3):
        await call.chunk(EVENT)
    await call.end()


async def _what_comes(client: RawClient) -> bytes:
    try:
        return await client.rest()
    except trio.BrokenResourceError:
        return b""


# --- with a bad one


def missing(certified: Certified) -> None:
    certified.certificate.unlink()


def missing_key(certified: Certified) -> None:
    certified.key.unlink()


def no_pem(certified: Certified) -> None:
    certified.certificate.write_text("<html>sign_cert failed</html>")


def of_somebody_else(certified: Certified) -> None:
    other = certify(certified.key.parent / "other")
    certified.key.write_bytes(other.key.read_bytes())


def encrypted(certified: Certified) -> None:
    certified.encrypt_key(b"a password")


@pytest.mark.parametrize("spoil", [missing, missing_key, no_pem, of_somebody_else, encrypted])
async def test_files_that_cannot_be_used_are_told_and_reported(
    stage: Stage, certified: Certified, spoil: Callable[[Certified], None]
) -> None:
    spoil(certified)
    environ = stage.environ(**settings(certified))
    code, process = await finished(["tgi"], folder=stage.folder, environ=environ)
    assert (code, process.out.text) == (2, "")
    [line] = process.err.lines
    assert line.startswith("pyworker: USE_SSL is true, but INSTANCE_CERT")
    assert str(certified.certificate) in line
    assert str(certified.key) in line
    [status] = stage.autoscaler.statuses
    assert f"pyworker: {status['error_msg']}" == line
    assert status["url"].startswith("https://")


def test_a_context_is_never_older_than_tls_1_2(certified: Certified) -> None:
    context = server_tls(str(certified.certificate), str(certified.key))
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
