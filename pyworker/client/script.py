"""What every command around a client shares: who is asked, and what an error is worth."""

import argparse
import math
import os
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence

import trio

from pyworker.client.client import DEFAULT_ATTEMPTS, Client
from pyworker.client.errors import ClientError, Refused
from pyworker.client.routing import DEFAULT_WAIT_SECONDS, Autoscaler, Direct, Tell, tell_nobody
from pyworker.client.waiting import Waiting
from pyworker.errors import SettingsError
from pyworker.reasons import reason_of

ANSWERED, NOT_ANSWERED, USAGE, INTERRUPTED = 0, 1, 2, 130
_UNAUTHORIZED = 401
UNSIGNED = "--direct needs a worker with UNSECURED=true"

Ask = Callable[[Client, argparse.Namespace], Awaitable[None]]


def add_routing_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say who is asked, but for the name of the endpoint."""
    add = parser.add_argument
    add(
        "--autoscaler",
        metavar="URL",
        default=os.environ.get("AUTOSCALER_URL", "http://127.0.0.1:8080"),
        help="AUTOSCALER_URL, or %(default)s",
    )
    add(
        "-k",
        "--api-key",
        metavar="KEY",
        default=os.environ.get("VAST_ENDPOINT_KEY", "local-key"),
        help="of the endpoint; better in VAST_ENDPOINT_KEY than on a command line",
    )
    add("--direct", metavar="URL", help="a worker that is UNSECURED, without an autoscaler")
    add(
        "--wait",
        type=float,
        default=DEFAULT_WAIT_SECONDS,
        metavar="SECONDS",
        help="for a worker (%(default)g)",
    )
    add("--ca", metavar="FILE", help="PEM of the authority that signs workers' certificates")


def add_endpoint_arguments(parser: argparse.ArgumentParser) -> None:
    """Those, and the endpoint's name as an option."""
    parser.add_argument(
        "-e", "--endpoint", default="local", metavar="NAME", help="its name (%(default)s)"
    )
    add_routing_arguments(parser)


def typed() -> str:
    """The command by which this process was started, without its arguments."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python {sys.argv[0]}" if spec is None else f"python -m {spec.name}"


def count(text: str) -> int:
    """An option that is a number of times."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)


def workload(text: str) -> float:
    """An option that is a request's workload: 0 or more, and finite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return value


def client_by_arguments(
    asked: argparse.Namespace, attempts: int = DEFAULT_ATTEMPTS, tell: Tell = tell_nobody
) -> Client:
    """The client that a command line asks for; `tell` is told what it waits for.

    Raises:
        SettingsError: A URL is none, or the certificate cannot be read.
    """
    url = asked.direct or asked.autoscaler
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{url!r} is no http:// or https:// URL")
    try:
        tls = ssl.create_default_context(cafile=asked.ca) if asked.ca else None
    except OSError as error:
        raise SettingsError(f"--ca {asked.ca} cannot be used: {reason_of(error)}") from error
    if asked.direct:
        return Client(Direct(url), attempts=attempts, tls=tls, tell=tell)
    autoscaler = Autoscaler(
        url=url, endpoint=asked.endpoint, api_key=asked.api_key, wait=asked.wait
    )
    return Client(autoscaler, attempts=attempts, tls=tls, tell=tell)


async def interruptible(
    work: Callable[[], Awaitable[None]], beside: Callable[[], Awaitable[None]] | None = None
) -> bool:
    """Do `work`; returns True if SIGINT came before its end and cancelled it.

    What is done `beside` it lasts as long.
    Not by KeyboardInterrupt, which trio may wrap in the groups of whatever nurseries it passes.
    """
    interrupted = False
    failure: Exception | None = None

    async def watch(scope: trio.CancelScope) -> None:
        nonlocal interrupted
        async for _ in signals:
            interrupted = True
            scope.cancel()

    with trio.open_signal_receiver(signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch, nursery.cancel_scope)
            if beside is not None:
                nursery.start_soon(beside)
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - raised below, without the nursery's group
                failure = error
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return interrupted


def run_script(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    ask: Ask,
    *,
    any_order: bool = False,
) -> int:
    """Parse, ask, tell what is waited for, and say in one sentence what went wrong.

    Args:
        parser: Has the routing arguments; may have `--attempts`.
        argv: The command line; None for the process's own.
        ask: Is given a client that is open, and the arguments.
        any_order: Options may stand between the words although the first of these is optional.

    Returns:
        0; 1 without a good answer; 2 for a wrong command line; 130 when interrupted.
    """
    if argv is None:
        parser.prog = typed()
    asked = (parser.parse_intermixed_args if any_order else parser.parse_args)(argv)
    waiting = Waiting(sys.stderr)

    async def run() -> None:
        attempts = getattr(asked, "attempts", DEFAULT_ATTEMPTS)
        async with client_by_arguments(asked, attempts, waiting.tell) as client:
            await ask(client, asked)

    try:
        return INTERRUPTED if trio.run(interruptible, run, waiting.show) else ANSWERED
    except SettingsError as error:
        return _told(error, USAGE)
    except Refused as error:
        unsigned = asked.direct and error.status == _UNAUTHORIZED
        hint = f" ({UNSIGNED})" if unsigned else ""
        return _told(f"{error}{hint}", NOT_ANSWERED)
    except ClientError as error:
        return _told(error, NOT_ANSWERED)
    except OSError as error:  # what the answer is written to
        return _told(f"{error.filename or 'the answer'}: {reason_of(error)}", NOT_ANSWERED)


def _told(error: object, code: int) -> int:
    sys.stderr.write(f"pyworker: {error}\n")
    return code
