"""The same over TLS, with a certificate made by the test."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trio
from fakes.certificate import certificate
from fakes.client import RawClient, connect, post
from fakes.clock import quiet, time_passes
from fakes.server import RunningServer, running_server
from trio.testing import MockClock

from pyworker.http.server import server_tls


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tls=server_tls(*certificate().write(tmp_path))) as server:
        yield server


@pytest.fixture
async def raw(server: RunningServer) -> AsyncIterator[RawClient]:
    """A bare connection that has shaken hands."""
    tcp = await connect(server.port)
    assert isinstance(tcp.stream, trio.SocketStream)
    tls = trio.SSLStream(
        tcp.stream, certificate().client(), server_hostname="127.0.0.1", https_compatible=True
    )
    await tls.do_handshake()
    yield RawClient(tls)
    await trio.aclose_forcefully(tls)


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
async def test_post_and_stream(http2: bool, version: str, server: RunningServer):
    url = f"https://127.0.0.1:{server.port}"
    tls = certificate().client()
    async with httpx.AsyncClient(verify=tls, http2=http2, trust_env=False) as client:
        response = await client.post(f"{url}/echo", content=b"x" * 50_000)
        assert (response.http_version, response.content) == (version, b"x" * 50_000)
        async with client.stream("GET", f"{url}/stream") as response:
            assert await response.aread() == b"onetwo"


async def test_a_cut_answer_is_seen(raw: RawClient, server: RunningServer):
    await raw.send(post("/cut", b""))
    await raw.head()
    assert await raw.chunk() == b"one"
    server.paths.go.set()
    with pytest.raises(trio.BrokenResourceError):
        await raw.exactly(1)


@pytest.mark.parametrize("path", ["/wait", "/flood"])
async def test_a_client_that_leaves_is_noticed(
    path: str, raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(post(path, b""))
    await server.paths.waiting.wait()
    await quiet()
    await trio.aclose_forcefully(raw.stream)
    await server.paths.until_ended(1)
    assert server.paths.ended == ["cancelled"]


async def test_a_whole_answer_and_the_end_of_the_connection(raw: RawClient):
    await raw.send(post("/echo", b"hello", [(b"Connection", b"close")]))
    assert await raw.answer() == (200, b"hello")
    assert await raw.rest() == b""


async def test_a_handshake_that_never_comes_is_not_waited_for(
    server: RunningServer, mock_clock: MockClock
):
    tcp = await connect(server.port)
    await quiet()
    before = trio.current_time()
    async with time_passes(mock_clock, step=0.5):
        assert await tcp.rest() == b""
    assert 10.0 <= trio.current_time() - before < 15.0
    await tcp.close()


async def test_a_plain_request_to_the_tls_port_harms_nobody(server: RunningServer):
    tcp = await connect(server.port)
    await tcp.send(post("/echo", b"hello"))
    assert b"HTTP/" not in await tcp.until_closed()
    await tcp.close()
    assert server.paths.entered == []
    tls = certificate().client()
    async with httpx.AsyncClient(verify=tls, trust_env=False) as client:
        response = await client.post(f"https://127.0.0.1:{server.port}/echo", content=b"x")
        assert response.status_code == 200


def test_versions_of_tls_before_1_2_are_refused(tmp_path: Path):
    context = server_tls(*certificate().write(tmp_path))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("broken", ["missing", "empty", "a web page", "another key"])
def test_files_that_are_no_certificate_are_an_os_error(broken: str, tmp_path: Path):
    cert, key = certificate().write(tmp_path)
    if broken == "missing":
        Path(cert).unlink()
    elif broken == "empty":
        Path(cert).write_bytes(b"")
    elif broken == "a web page":
        Path(cert).write_bytes(b"<html>404</html>")
    else:
        Path(key).write_bytes(certificate.__wrapped__().key)
    with pytest.raises(OSError):  # noqa: PT011 - which one is up to OpenSSL
        server_tls(cert, key)
