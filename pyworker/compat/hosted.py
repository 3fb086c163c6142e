"""A worker on an asyncio loop that runs already: `await Worker(config).run_async()`.

Trio runs as a guest of that loop, in its thread, and the definition's coroutines run on it, too:
what they share with the rest of the program stays on one loop.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import outcome
import trio

from pyworker.class_form.backend import Backend
from pyworker.class_form.serve import ASKED, Serving, environment
from pyworker.logs import set_up_logging
from pyworker.process import died, refuse
from pyworker.settings import BadSettings, Settings, read_settings

log = logging.getLogger(__name__)


async def serve_hosted(backend: Backend, routes: Sequence[Any], options: Mapping[str, Any]) -> None:
    """Serve until SIGTERM, SIGINT or a cancellation; the arguments are those of `start_server`.

    Raises:
        SystemExit: The worker could not be started, or died.
    """
    serving = Serving(backend, routes)
    if ASKED.describe:
        serving.describe(options)
        return
    try:
        settings = read_settings(environment(options))
    except BadSettings as error:
        raise SystemExit(refuse(str(error), error.identity)) from error
    set_up_logging(settings.log_level, settings.log_format)
    try:
        await _as_guest(serving, settings)
    except Exception as error:  # whatever it is, the autoscaler must hear of it
        raise SystemExit(died(error, settings)) from error


async def start_server_async(backend: Backend, routes: Sequence[Any], **options: Any) -> None:
    """`start_server` on an asyncio loop that runs."""
    await serve_hosted(backend, routes, options)


async def _as_guest(serving: Serving, settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[outcome.Outcome[None]] = loop.create_future()
    scope = trio.CancelScope()
    token: trio.lowlevel.TrioToken | None = None

    async def main() -> None:
        nonlocal token
        token = trio.lowlevel.current_trio_token()
        with scope:
            async with serving.backend.bridge.bound(loop):
                await serving.serve_on(serving.define(settings), settings)

    trio.lowlevel.start_guest_run(
        main,
        run_sync_soon_threadsafe=loop.call_soon_threadsafe,
        run_sync_soon_not_threadsafe=loop.call_soon,
        done_callback=ended.set_result,
        host_uses_signal_set_wakeup_fd=True,
    )
    try:
        result = await asyncio.shield(ended)
    except asyncio.CancelledError:
        if token is None:
            scope.cancel()  # it has not begun, and will end when it does
        else:
            token.run_sync_soon(scope.cancel)
        # Whoever cancels again: the loop must not end under Trio's feet.
        while not ended.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({ended})
        raise
    result.unwrap()
