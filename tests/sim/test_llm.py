"""The life of the simulator: it loads, listens, serves, stops, or fails to.

Durations in these tests are simulated seconds, a hundred of them in one of the wall's. What must be
exact to the token is tested on a virtual clock in test_engine.py; here only what the wire shows.
"""

import socket
from pathlib import Path

import httpx
import pytest
import trio
import trio.testing
from fakes.sim_llm import events_in, message, request_of, running

from pyworker.sim.log import LogWriter
from pyworker.sim.tgi.server import TgiServer
from pyworker.sim.tgi.settings import FailStart, TgiSettings


async def test_nobody_can_connect_before_connected_is_logged(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    send_said, said = trio.open_memory_channel[str](2)
    settings = TgiSettings(port=0, load_seconds=40.0)
    with LogWriter(tmp_path / "log") as log:
        server = TgiServer(settings, log, send_said.send_nowait)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nursery.start, server.serve)
            loading = await said.receive()
            port = int(loading.rpartition(":")[2])
            assert loading == f"sim: loading, will listen on http://127.0.0.1:{port}"
            for _ in range(3):
                with pytest.raises(OSError, match="all attempts to connect"):
                    await trio.open_tcp_stream("127.0.0.1", port)
                assert b'"Connected"' not in (tmp_path / "log").read_bytes()
            assert await said.receive() == f"sim: listening on http://127.0.0.1:{port}"
            assert b'"message":"Connected"' in (tmp_path / "log").read_bytes()
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
            nursery.cancel_scope.cancel()


async def test_stopping_lets_requests_finish_and_takes_no_new_ones(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, decode=10.0, grace_seconds=1e6)
    async with running(tmp_path, settings) as sim:
        async with sim.client.stream(
            "POST", "/generate_stream", json=request_of({"max_new_tokens": 50})
        ) as answer:
            sim.server.stop()
            await trio.sleep(1.0)
            with pytest.raises(httpx.ConnectError):
                await sim.client.get("/health")
            assert len(events_in(await answer.aread())) == 50
        await sim.ended.wait()
        assert sim.code == 0
        assert sim.messages()[-1] == "shard terminated"


async def test_a_second_stop_does_not_wait(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, decode=0.001, grace_seconds=1e6)
    async with running(tmp_path, settings) as sim, trio.open_nursery() as nursery:

        async def broken() -> None:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.generate(max_new_tokens=50)

        nursery.start_soon(broken)
        await sim.until(lambda state: state["running"] == 1)
        sim.server.stop()
        await trio.sleep(5.0)
        assert not sim.ended.is_set()
        sim.server.stop()
        await sim.ended.wait()
        assert sim.code == 0


async def test_the_grace_ends(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, grace_seconds=10.0)
    async with running(tmp_path, settings) as sim, trio.open_nursery() as nursery:
        await sim.fault(kind="hang", after_tokens=0)

        async def broken() -> None:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.generate(max_new_tokens=50)

        nursery.start_soon(broken)
        await sim.until(lambda state: state["running"] == 1)
        stopped_at = trio.current_time()
        sim.server.stop()
        await sim.ended.wait()
        assert trio.current_time() - stopped_at >= 10.0


async def _serve(settings: TgiSettings, path: Path) -> tuple[int, list[str], bytes]:
    said: list[str] = []
    with LogWriter(path / "log") as log:
        code = await TgiServer(settings, log, said.append).serve()
    return code, said, (path / "log").read_bytes()


@pytest.mark.parametrize(
    ("fail", "last"),
    [
        ("download", b"\nError: DownloadError\n"),
        ("shard", b"\nError: ShardCannotStart\n"),
        ("webserver", b"\nError: WebserverFailed\n"),
        ("bind", b"\nError: WebserverFailed\n"),
    ],
)
async def test_a_failing_start_never_listens(
    fast_clock: trio.testing.MockClock, tmp_path: Path, fail: FailStart, last: bytes
) -> None:
    settings = TgiSettings(port=0, load_seconds=1.0, fail_start=fail)
    code, said, log = await _serve(settings, tmp_path)
    assert code == 1
    assert log.endswith(last)
    assert (b'"Connected"' in log) == (fail == "bind")
    assert not any("listening" in line for line in said)


async def test_a_taken_port_fails_after_connected_as_in_the_real_one(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said, log = await _serve(TgiSettings(port=port, load_seconds=1.0), tmp_path)
    assert (code, said) == (1, [])
    messages = [message(line) for line in log.splitlines()]
    after = messages[messages.index("Connected") + 1]
    assert after == f"Failed to bind to 127.0.0.1:{port}: Address already in use (os error 98)"
    assert messages[-1] == "Error: WebserverFailed"


async def test_a_stop_while_it_loads_ends_it(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    with LogWriter(tmp_path / "log") as log:
        server = TgiServer(TgiSettings(port=0, load_seconds=1000.0), log, lambda _: None)
        async with trio.open_nursery() as nursery:

            async def stop() -> None:
                await trio.sleep(1.0)
                server.stop()

            nursery.start_soon(stop)
            assert await server.serve() == 0
    assert b'"Connected"' not in (tmp_path / "log").read_bytes()
