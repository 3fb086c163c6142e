"""One probe over real HTTP on a virtual clock, and what a row of probes means."""

import pytest
import trio
from fakes.local_net import LocalNet
from fakes.model_http import Answer, ModelHttp, in_turn, model_http, raw, silent, slowly, whole
from hypothesis import given
from hypothesis import strategies as st

from pyworker.model.health import FAILURES_TO_ERROR, SUCCESSES_TO_HEAL, HealthProbe, Hysteresis

UNWELL: dict[str, tuple[Answer, str]] = {
    "503": (whole(b'{"error":"unhealthy"}', status=503), "answered 503"),
    "404": (whole(status=404), "answered 404"),
    "204": (whole(status=204), "answered 204"),
    "redirect": (raw(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"), "302"),
    "closed": (raw(b""), "disconnected"),
    "cut": (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nwell"), "broke off"),
    "not HTTP": (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "illegal"),
}


async def ask(answer: Answer, endpoint: str = "/health") -> tuple[str, ModelHttp]:
    async with model_http(answer) as model:
        return await HealthProbe(model.url, endpoint).ask(), model


@pytest.mark.parametrize(
    "answer", [whole(), whole(b'{"status":"ok"}'), slowly(b"o", b"k", pause=4)]
)
async def test_a_200_is_well_with_any_body(autojump_clock: object, answer: Answer) -> None:
    problem, model = await ask(answer)
    assert problem == ""
    [asked] = model.asked
    assert (asked.method, asked.path, asked.body) == ("GET", "/health", b"")


@pytest.mark.parametrize("name", UNWELL)
async def test_all_else_is_not_and_the_problem_is_told(autojump_clock: object, name: str) -> None:
    answer, told = UNWELL[name]
    problem, _ = await ask(answer)
    assert told in problem
    assert trio.current_time() == 0


async def test_nobody_listens(autojump_clock: object) -> None:
    async with model_http(whole()) as model:
        probe = HealthProbe(f"http://127.0.0.1:{model.net.refused_port()}", "/health")
        assert "connection refused" in (await probe.ask()).lower()


@pytest.mark.parametrize("answer", [silent, slowly(*[b"."] * 100, pause=1)])
async def test_it_has_ten_seconds_to_the_last_byte(autojump_clock: object, answer: Answer) -> None:
    problem, _ = await ask(answer)
    assert "did not answer within 10 s" in problem
    assert trio.current_time() == 10


async def test_a_connection_that_is_never_made_has_ten_seconds(autojump_clock: object) -> None:
    async with model_http(whole()) as model:
        probe = HealthProbe(f"http://127.0.0.1:{model.net.silent_port()}", "/health")
        assert await probe.ask()
        assert trio.current_time() == 10


async def test_each_probe_has_a_connection_of_its_own(autojump_clock: object) -> None:
    async with model_http(in_turn(whole(), whole(status=500), whole())) as model:
        probe = HealthProbe(model.url, "/health")
        assert ["500" in await probe.ask() for _ in range(3)] == [False, True, False]
        assert model.net.connections == 3
        assert {asked.headers[b"connection"] for asked in model.asked} == {b"close"}


async def ask_two(net: LocalNet, first: ModelHttp, endpoint: str) -> list[str]:
    """The paths that a second server was asked for; the first one is the model server."""
    second = ModelHttp("", net, whole())
    port = net.listen(second.serve)
    probe = HealthProbe(first.url, endpoint.replace("SECOND", f"http://127.0.0.1:{port}"))
    assert await probe.ask() == ""
    assert first.asked == []
    return [asked.path for asked in second.asked]


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [("SECOND/well?deep=1", "/well?deep=1"), ("SECOND", "/"), ("SECOND/", "/")],
)
async def test_the_endpoint_may_be_a_whole_url(
    autojump_clock: object, endpoint: str, path: str
) -> None:
    async with model_http(whole()) as model:
        assert await ask_two(model.net, model, endpoint) == [path]


async def test_a_path_belongs_to_the_base_url(autojump_clock: object) -> None:
    async with model_http(whole()) as model:
        assert await HealthProbe(model.url + "/base", "/health?x=1").ask() == ""
        assert [asked.path for asked in model.asked] == ["/base/health?x=1"]


@given(probes=st.lists(st.booleans()))
def test_three_failures_in_a_row_are_sick_and_two_successes_well(probes: list[bool]) -> None:
    judgement = Hysteresis()
    for number, well in enumerate(probes, 1):
        judgement.note("" if well else "broken")
        row = probes[max(0, number - FAILURES_TO_ERROR) : number]
        assert judgement.sick == (row == [False] * FAILURES_TO_ERROR)
        row = probes[max(0, number - SUCCESSES_TO_HEAL) : number]
        assert judgement.well == (row == [True] * SUCCESSES_TO_HEAL)
        assert not (judgement.sick and judgement.well)


def test_what_is_forgotten_does_not_count() -> None:
    judgement = Hysteresis()
    judgement.note("broken")
    judgement.note("broken")
    judgement.forget()
    judgement.note("broken")
    assert not judgement.sick
    assert (FAILURES_TO_ERROR, SUCCESSES_TO_HEAL) == (3, 2)
