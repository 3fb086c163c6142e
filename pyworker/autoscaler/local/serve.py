"""The autoscaler as a service: key, listeners, routes, and what is shown beside them."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

import trio

from pyworker.autoscaler.local.routes import Routes
from pyworker.autoscaler.local.signing import Form, Signer, new_signer, signer_from
from pyworker.autoscaler.local.state import Autoscaler, Endpoint
from pyworker.http.server import open_listeners, port_of, serve_http

# Shows the book, given the URL it is served at, until cancelled or until nobody looks.
Show = Callable[[Autoscaler, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoscalerSettings:
    """What `python -m pyworker autoscaler` takes.

    Args:
        port: 0 lets the kernel choose.
        key_file: PEM file of the private key, made when it is not there; None makes a key that
            lasts as long as the process.
        form: The signature form for every worker, or None for each worker's own.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    key_file: Path | None = None
    endpoint: str = "local"
    api_key: str = field(default="local-key", repr=False)
    form: Form | None = None


async def serve_autoscaler(
    settings: AutoscalerSettings,
    *,
    show: Show | None = None,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> NoReturn:
    """Serve until cancelled.

    Args:
        settings: Where to listen and what to serve.
        show: Runs beside the server.
        task_status: Started with the base URL, as soon as connections are accepted.

    Raises:
        SettingsError: The key file cannot be used.
        CannotBind: The address cannot be had.
    """
    signer = await trio.to_thread.run_sync(_signer, settings.key_file)
    book = _new_book(settings)
    routes = Routes(book, signer)
    listeners = await open_listeners(settings.host, settings.port, set_by="--port")
    url = f"http://{_in_url(settings.host)}:{port_of(listeners)}"
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve_http, routes, listeners))
        task_status.started(url)
        if show is not None:
            nursery.start_soon(show, book, url)
    raise AssertionError("serve_http never returns")


def _signer(key_file: Path | None) -> Signer:
    return new_signer() if key_file is None else signer_from(key_file)


def _new_book(settings: AutoscalerSettings) -> Autoscaler:
    now, unix = trio.current_time(), time.time()
    return Autoscaler(
        Endpoint(1, settings.endpoint, settings.api_key),
        now=now,
        epoch=unix - now,
        # Milliseconds, so that a restarted autoscaler goes on above its last numbers: old workers
        # refuse a reqnum that falls back, and clients may still poll an old request_idx.
        first_number=int(unix * 1000),
        form=settings.form,
    )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
