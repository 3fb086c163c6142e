"""An autoscaler on a real port, for workers that are processes of their own.

It serves a public key, takes reports and records of finished requests, and is strict about both:
what section 3 of the protocol does not allow gets 422 and stands in `refused`.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import h11
import trio

from fakes.grants import autoscaler

Body = dict[str, Any]

# Real seconds; far above what a busy machine needs and below the limit of a test.
PATIENCE = 30.0

_STATUS = {
    "id": int,
    "mtoken": str,
    "version": str,
    "loadtime": float,
    "cur_load": float,
    "new_load": float,
    "rej_load": float,
    "cur_perf": float,
    "max_perf": float,
    "cur_capacity": float,
    "max_capacity": float,
    "num_requests_working": int,
    "num_requests_recieved": int,
    "working_request_idxs": list,
    "additional_disk_usage": float,
    "disk_usage": float,
    "error_msg": str,
    "url": str,
}
_FINISHED = {"worker_id": int, "mtoken": str, "requests": list}
_RECORD = {
    "request_idx": int,
    "success": bool,
    "status": str,
    "entered_queue_at": float,
    "work_started_at": float,
    "work_completed_at": float,
}
_BODY_LIMIT = 1024 * 1024  # bytes, as the real one's


@dataclass
class StatusReceiver:
    """What a worker has told.

    Attributes:
        statuses: Acknowledged bodies of /worker_status/, oldest first.
        finished: Acknowledged records of /delete_requests/, oldest first.
        refused: Why a request got 4xx; a test that does not expect any should look.
        answer: Status of the answer to a right report; below 300 acknowledges it.
        answer_text: Body of that answer, given the body of the report.
        silent: Takes what comes and never answers.
    """

    statuses: list[Body] = field(default_factory=list[Body])
    finished: list[Body] = field(default_factory=list[Body])
    refused: list[str] = field(default_factory=list[str])
    answer: int = 200
    answer_text: Callable[[bytes], bytes] = lambda _: b"{}"
    silent: bool = False
    port: int = 0
    _changed: trio.Event = field(default_factory=trio.Event)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    def total(self, name: str) -> float:
        """The sum of an amount over all acknowledged reports."""
        return math.fsum(status[name] for status in self.statuses)

    async def status(self, matches: Callable[[Body], bool] = lambda _: True) -> Body:
        """The first acknowledged status that matches; waits for it."""
        await self.until(lambda: any(map(matches, self.statuses)))
        return next(filter(matches, self.statuses))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was told is as `condition` wants it."""
        with trio.move_on_after(PATIENCE):
            while not condition():
                await self._changed.wait()
            return
        raise AssertionError(f"told so far: {self.statuses} {self.finished} {self.refused}")

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = int(listeners[0].socket.getsockname()[1])
        task_status.started()
        await trio.serve_listeners(self._connection, listeners)

    async def _connection(self, stream: trio.SocketStream) -> None:
        wire = h11.Connection(h11.SERVER)
        async with stream:
            try:
                request, body = await _read(wire, stream)
                if self.silent:
                    await trio.sleep_forever()
                status, answer = self._answer(request, body)
                head = h11.Response(
                    status_code=status,
                    headers=[("content-length", str(len(answer))), ("connection", "close")],
                )
                for event in (head, h11.Data(data=answer), h11.EndOfMessage()):
                    await stream.send_all(wire.send(event) or b"")
            except (h11.RemoteProtocolError, trio.BrokenResourceError):
                return  # the worker was ended in the middle of it
        self._changed.set()
        self._changed = trio.Event()

    def _answer(self, request: h11.Request, body: bytes) -> tuple[int, bytes]:
        path = request.target.decode()
        if (request.method, path) == (b"GET", "/pubkey/"):
            return 200, autoscaler().pem()
        content_type = dict(request.headers).get(b"content-type", b"")
        try:
            if content_type != b"application/json":
                raise ValueError(f"content type {content_type!r}")
            take = {"/worker_status/": self._status, "/delete_requests/": self._finished}[path]
            take(json.loads(body, parse_constant=_no_such_number))
        except (ValueError, KeyError, TypeError) as error:
            self.refused.append(f"{request.method!r} {path}: {error!r}: {body[:200]!r}")
            return 422, b"{}"
        return self.answer, self.answer_text(body)

    def _status(self, body: Body) -> None:
        _check(body, _STATUS)
        if self.answer < 300:
            self.statuses.append(body)

    def _finished(self, body: Body) -> None:
        _check(body, _FINISHED)
        for record in body["requests"]:
            _check(record, _RECORD)
        if self.answer < 300:
            self.finished += body["requests"]


async def _read(wire: h11.Connection, stream: trio.SocketStream) -> tuple[h11.Request, bytes]:
    request = None
    body = b""
    while True:
        event = wire.next_event()
        if event is h11.NEED_DATA:
            wire.receive_data(await stream.receive_some(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            assert len(body) <= _BODY_LIMIT
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            return request, body
        else:
            raise h11.RemoteProtocolError("the worker left")


def _check(body: Body, types: dict[str, type]) -> None:
    if body.keys() != types.keys():
        raise ValueError(f"fields: {body.keys() ^ types.keys()}")
    for name, wanted in types.items():
        # bool is an int to Python, and an int will do where a float is due.
        allowed = (int, float) if wanted is float else wanted
        if not isinstance(body[name], allowed) or (
            isinstance(body[name], bool) and wanted is not bool
        ):
            raise TypeError(f"{name}: {body[name]!r}")


def _no_such_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
