"""What goes wrong in the simulated servers, on every route of their workers."""

from pathlib import Path

import pytest
import trio
import trio.testing

from tests.workers.openai_requests import EVERY, FAST, WORKERS, ask, asked, behind


@pytest.mark.parametrize(("worker", "route"), EVERY)
async def test_what_goes_wrong_with_any_route_reaches_its_client(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    request = asked(worker, route)
    async with behind(worker, tmp_path, decode=FAST, prefill=FAST) as (sim, app, client):
        for kind, status in (("refuse", 503), ("error500", 500)):
            await sim.fault(kind=kind)
            answer = await ask(client, route, request.payload)
            assert answer.status_code == status
            told = answer.json()
            assert (told if WORKERS[worker] == "sglang" else told["error"])["code"] == status
        # A kept connection that breaks before an answer's first byte is tried once more.
        await sim.fault(kind="cut", count=None)
        assert (await ask(client, route, request.payload)).status_code == 502
        await sim.fault(kind="none")
        assert (app.ledger.working, app.ledger.load) == (0, 0.0)
        assert (await ask(client, route, request.payload)).status_code == 200


@pytest.mark.parametrize(("worker", "route"), EVERY)
async def test_a_model_that_hangs_is_left_by_its_client_and_takes_no_load_with_it(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    request = asked(worker, route)
    async with behind(worker, tmp_path, decode=FAST, prefill=FAST) as (sim, app, client):
        await sim.fault(kind="hang")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, client, route, request.payload)
            await sim.until(lambda state: state["running"] > 0)
            assert app.ledger.load == pytest.approx(request.cost)
            nursery.cancel_scope.cancel()
        state = await sim.until(lambda state: state["running"] == 0)
        assert state["cancelled"] >= 1
        await app.until(lambda ledger: ledger.working == 0)
        assert app.ledger.load == 0.0


@pytest.mark.parametrize(("worker", "route"), EVERY)
async def test_a_model_that_dies_answers_and_is_gone(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    request = asked(worker, route)
    async with behind(worker, tmp_path, decode=FAST, prefill=FAST) as (sim, app, client):
        await sim.fault(kind="crash", after_tokens=0)
        answer = await ask(client, route, request.payload)
        assert answer.status_code == 500
        await sim.ended.wait()
        assert sim.code == 1
        assert (await ask(client, route, request.payload)).status_code == 502
        assert (app.ledger.working, app.ledger.load) == (0, 0.0)
