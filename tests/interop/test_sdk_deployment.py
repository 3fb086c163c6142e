"""The real SDK's remote functions, called by its own client, served by `pyworker run`."""

from pathlib import Path

import pytest
from sdk_environment import INSTALL_SECONDS
from sdk_loop import Loop, ended, ready

pytestmark = [pytest.mark.interop, pytest.mark.timeout(INSTALL_SECONDS + 120)]

DEPLOYMENT = Path(__file__).with_name("sdk_deployment.py")


async def test_functions_are_called_as_those_of_the_sdks_worker(bare_loop: Loop) -> None:
    async with bare_loop.worker("run", str(DEPLOYMENT)) as worker:
        await ready(worker)
        told = await bare_loop.told_by_sdk("shapes", "sdk_shapes")
        logged = await ended(worker)

    assert told["builtin"] == ["ValueError", "too large", "2000000"]
    assert told["own"] == ["OffTheMapError", "nothing is there"]
    assert told["a_bool"] == ["TypeError", "False cannot be sent: it is of type bool"]
    # Of a class that the deployment's file does not have: the client's own fault.
    assert "422" in told["foreign"][1]
    assert "no class of the definition's own module" in told["foreign"][1]
    counted = [entry["workload"] for entry in logged if entry["outcome"] == "served"]
    assert sorted(counted) == [10, 20, 100, 100, 100, 100]
    account = await bare_loop.account()
    assert account["sums"]["cur_perf"] == account["sums"]["new_load"] == 430
    assert account["ended"]["Success"] == 6
