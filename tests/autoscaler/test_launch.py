"""The last words of a worker that could not start, over real HTTP on a virtual clock."""

import orjson
import pytest
import trio
from fakes.local_net import LocalNet, local_net
from fakes.model_http import Answer, ModelHttp, raw, silent, whole
from fakes.reporting import identity

from pyworker.autoscaler.launch import report_launch_failure


def address(net: LocalNet, answer: Answer) -> tuple[str, ModelHttp]:
    """An address of the autoscaler: an HTTP server, and what it was asked."""
    server = ModelHttp("", net, answer)
    return f"http://127.0.0.1:{net.listen(server.serve)}", server


async def test_the_first_address_that_takes_it_is_told(autojump_clock: object) -> None:
    async with local_net() as net:
        down = f"http://127.0.0.1:{net.refused_port()}"
        broken, refusing = address(net, whole(status=500))
        good, taking = address(net, whole())
        other, left_alone = address(net, whole())
        told = await report_launch_failure(identity(down, broken, good, other), "no such file")
    assert told
    assert len(refusing.asked) == len(taking.asked) == 1
    assert left_alone.asked == []
    [asked] = taking.asked
    assert (asked.method, asked.path) == ("POST", "/worker_status/")
    assert asked.headers[b"content-type"] == b"application/json"
    body = orjson.loads(asked.body)
    assert (body["id"], body["mtoken"], body["error_msg"]) == (7, "a-secret", "no such file")


@pytest.mark.parametrize("addresses", [1, 2, 5])
async def test_silence_costs_five_seconds_in_all(autojump_clock: object, addresses: int) -> None:
    async with local_net() as net:
        silences = [address(net, silent)[0] for _ in range(addresses)]
        assert not await report_launch_failure(identity(*silences), "no such file")
        assert trio.current_time() == pytest.approx(5)


async def test_an_address_that_swallows_packets_is_no_better(autojump_clock: object) -> None:
    async with local_net() as net:
        hidden = f"http://127.0.0.1:{net.silent_port()}"
        assert not await report_launch_failure(identity(hidden), "no such file")
        assert trio.current_time() == pytest.approx(5)


async def test_a_silent_address_leaves_time_for_the_next(autojump_clock: object) -> None:
    async with local_net() as net:
        first, _ = address(net, silent)
        second, taking = address(net, whole())
        assert await report_launch_failure(identity(first, second), "no such file")
        assert trio.current_time() < 5
    assert len(taking.asked) == 1


async def test_nobody_takes_it_and_that_is_not_an_error(autojump_clock: object) -> None:
    async with local_net() as net:
        first, _ = address(net, raw(b""))
        second, _ = address(net, raw(b"SSH-2.0-OpenSSH_9.6\r\n"))
        assert not await report_launch_failure(identity(first, second), "no such file")
