"""The demo from curtain to curtain: start three processes, wait, send, compare, end them."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import trio

from pyworker.demo.client import Client, Sample
from pyworker.demo.stage import Actor, DemoFailed, acting
from pyworker.demo.tally import differences, heard, table

# Of every route, so many, this many at a time.
REQUESTS = 6
AT_A_TIME = 4
NEW_TOKENS = (20, 40, 60)
# The simulated model: fast enough that benchmark and requests take a few seconds.
MODEL_LOG = "infer.log"
MODEL = [
    "--log",
    MODEL_LOG,
    "--load-seconds",
    "3",
    "--decode",
    "250",
    "--prefill",
    "20000",
    "--seed",
    "1",
]
# Until the model is loaded and measured; a laptop takes 6 s, a loaded two-core machine 12.
_READY_SECONDS = 60.0
# Until the last request's records have arrived: reports leave within a second.
_REPORTED_SECONDS = 5.0
_POLL_SECONDS = 0.2


def main(argv: Sequence[str]) -> int:
    """Run the demo.

    Args:
        argv: `--keep` leaves everything running until Ctrl-C.

    Returns:
        0 when everything added up, else 1 with the reason on stderr.
    """
    parser = argparse.ArgumentParser(prog="pyworker demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    keep: bool = parser.parse_args(argv).keep
    reasons: list[str] = []
    try:
        trio.run(_play, keep)
    except* (DemoFailed, httpx.HTTPError, trio.TooSlowError) as failures:
        reasons = list(_sentences(failures))
    except* KeyboardInterrupt:
        sys.stdout.write("\n")
    for reason in reasons:
        sys.stderr.write(f"demo: {reason}\n")
    return 1 if reasons else 0


async def _play(keep: bool) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pyworker-demo-") as name:
        folder = Path(name)
        environ = _clean_environment()
        async with (
            httpx.AsyncClient(trust_env=False) as http,
            acting(
                "autoscaler", ["autoscaler", "--port", "0", "--no-table"], folder, environ
            ) as autoscaler,
            acting("model", ["sim", "llm", "--port", "0", *MODEL], folder, environ) as model,
        ):
            autoscaler_url = await autoscaler.says(r"listening on (http://\S+)")
            model_url = await model.says(r"listen on (http://\S+)")
            environ |= {
                "REPORT_ADDR": autoscaler_url,
                "MODEL_SERVER_URL": model_url,
                "MODEL_LOG": MODEL_LOG,
                "WORKER_PORT": "0",
                "WORKER_HOST": "127.0.0.1",
            }
            async with acting("worker", ["tgi"], folder, environ) as worker:
                actors = [autoscaler, model, worker]
                account = await _wait_ready(http, autoscaler_url, actors)
                samples = await _send_all(Client(http, autoscaler_url))
                print(f"\n{table(samples)}\n")
                await _compare(http, autoscaler_url, samples)
                print(f"demo: everything adds up, after {time.monotonic() - began:.1f} s")
                if keep:
                    await _stay(autoscaler_url, model_url, str(account["url"]), folder)


async def _wait_ready(
    http: httpx.AsyncClient, autoscaler: str, actors: list[Actor]
) -> dict[str, Any]:
    """Tell each phase as it comes; gives the autoscaler's account of the ready worker."""
    told = ""
    began = trio.current_time()
    while trio.current_time() < began + _READY_SECONDS:
        for actor in actors:
            actor.check()
        account = await _account(http, autoscaler)
        if account is not None:
            ready = await http.get(f"{account['url']}/ready")
            phase = f"{ready.json()['phase']}: {ready.json()['message']}"
            if phase != told:
                told = phase
                print(f"{trio.current_time() - began:5.1f} s  {phase}", flush=True)
            if account["state"] == "ready" and ready.is_success:
                return account
        await trio.sleep(_POLL_SECONDS)
    words = "\n".join(actor.last_words() for actor in actors)
    raise DemoFailed(f"the worker was not ready within {_READY_SECONDS:.0f} s:\n{words}")


async def _account(http: httpx.AsyncClient, autoscaler: str) -> dict[str, Any] | None:
    workers = (await http.get(f"{autoscaler}/state")).json()["workers"]
    return workers[0] if workers and workers[0]["url"] else None


async def _send_all(client: Client) -> list[Sample]:
    samples: list[Sample] = []
    limit = trio.CapacityLimiter(AT_A_TIME)

    async def send(route: str, number: int) -> None:
        async with limit:
            tokens = NEW_TOKENS[number % len(NEW_TOKENS)]
            samples.append(await client.send(route, f"Tell me story number {number}.", tokens))

    async with trio.open_nursery() as nursery:
        for number in range(REQUESTS):
            for route in ("/generate", "/generate_stream"):
                nursery.start_soon(send, route, number)
    return sorted(samples, key=lambda sample: (sample.route, sample.workload))


async def _compare(http: httpx.AsyncClient, autoscaler: str, samples: list[Sample]) -> None:
    began = trio.current_time()
    while True:
        account = await _account(http, autoscaler)
        if account is None:
            raise DemoFailed("the autoscaler has forgotten the worker")
        wrong = differences(samples, account)
        if not wrong:
            print(heard(account))
            return
        if trio.current_time() > began + _REPORTED_SECONDS:
            raise DemoFailed("the reports do not add up:\n    " + "\n    ".join(wrong))
        await trio.sleep(_POLL_SECONDS)


async def _stay(autoscaler: str, model: str, worker: str, folder: Path) -> None:
    print(
        f"\nautoscaler  {autoscaler}/state\nmodel       {model}/info\nworker      {worker}/ready\n"
        f"logs        {folder}\nCtrl-C ends it.",
        flush=True,
    )
    await trio.sleep_forever()


def _clean_environment() -> dict[str, str]:
    """Ours, without settings of a worker, so that the demo is the same everywhere."""
    from pyworker.settings import VARIABLES  # noqa: PLC0415 - not needed for --help

    names = set(VARIABLES) | {"VAST_TCP_PORT_0"}
    return {name: value for name, value in os.environ.items() if name not in names}


def _sentences(group: BaseExceptionGroup[Exception]) -> Iterator[str]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _sentences(error)
        else:
            yield str(error) or type(error).__name__
