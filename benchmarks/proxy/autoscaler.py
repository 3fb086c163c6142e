"""A fake autoscaler: gives the key, takes every report, remembers when the first one came."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import h11
import trio

from benchmarks.proxy.grants import SigningKey

READ_BYTES = 65536


@dataclass
class Seen:
    """What one worker has told so far. Times are of trio's clock."""

    first_report: float | None = None
    ready_report: float | None = None  # the first one with a throughput and without an error
    error: str = ""  # of the last report
    news: trio.Event = field(default_factory=trio.Event)


class Autoscaler:
    """GET /pubkey/, POST /worker_status/ and /delete_requests/, on a loopback port."""

    def __init__(self, key: SigningKey) -> None:
        self._pem = key.public_pem()
        self._workers: dict[int, Seen] = {}
        self.url = ""

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen and serve until cancelled."""
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        task_status.started()
        await trio.serve_listeners(self._serve_connection, listeners)

    async def first_report(self, worker_id: int) -> float:
        """Wait for the worker's first report; the time when it came."""
        return await self._wait(worker_id, lambda seen: seen.first_report)

    async def ready_report(self, worker_id: int) -> float:
        """Wait for the report by which the worker is ready; the time when it came."""
        return await self._wait(worker_id, lambda seen: seen.ready_report)

    def last_error(self, worker_id: int) -> str:
        """The error text of the worker's last report."""
        return self._seen(worker_id).error

    def _seen(self, worker_id: int) -> Seen:
        return self._workers.setdefault(worker_id, Seen())

    async def _wait(self, worker_id: int, time_of: Callable[[Seen], float | None]) -> float:
        seen = self._seen(worker_id)
        while (when := time_of(seen)) is None:
            await seen.news.wait()
        return when

    def _take_report(self, report: dict[str, Any]) -> None:
        now = trio.current_time()
        seen = self._seen(int(report["id"]))
        seen.error = str(report["error_msg"])
        if seen.first_report is None:
            seen.first_report = now
        if seen.ready_report is None and report["max_perf"] > 0 and not seen.error:
            seen.ready_report = now
        seen.news.set()
        seen.news = trio.Event()

    def _answer(self, target: bytes, body: bytes) -> tuple[int, bytes]:
        path = target.partition(b"?")[0]
        if path == b"/pubkey/":
            return 200, self._pem
        if path == b"/worker_status/":
            self._take_report(json.loads(body))
            return 200, b"{}"
        # Thousands of records a second under load; nothing here needs to know them.
        return (200, b"{}") if path == b"/delete_requests/" else (404, b"{}")

    async def _serve_connection(self, stream: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while connection.our_state is not h11.MUST_CLOSE:
                request, body = await _read_request(connection, stream)
                if request is None:
                    break
                status, answer = self._answer(request.target, body)
                head = h11.Response(
                    status_code=status, headers=[("content-length", str(len(answer)))]
                )
                out = [head, h11.Data(answer), h11.EndOfMessage()]
                await stream.send_all(b"".join(connection.send(event) or b"" for event in out))
                if connection.our_state is h11.DONE and connection.their_state is h11.DONE:
                    connection.start_next_cycle()
        except (trio.BrokenResourceError, h11.RemoteProtocolError):
            pass  # a worker was ended while it spoke
        finally:
            await stream.aclose()


async def _read_request(
    connection: h11.Connection, stream: trio.SocketStream
) -> tuple[h11.Request | None, bytes]:
    request: h11.Request | None = None
    parts: list[bytes] = []
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await stream.receive_some(READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            return request, b"".join(parts)
        else:
            return None, b""
