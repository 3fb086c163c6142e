"""The HTTP routes of the simulated wrapper, ComfyUI's /system_stats, and /sim/* to steer."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import orjson
import trio

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.faults import FaultError, fault_from_json
from pyworker.sim.image.wrapper import PARTS, ConnectionCut, Result, Wrapper
from pyworker.sim.life import crashes_at_once

_Route = Callable[[Exchange], Awaitable[None]]

_BODY_LIMIT = 64 * 1024 * 1024  # bytes; workflows may have images in them
_CONTROL_LIMIT = 64 * 1024  # bytes; a fault is a short object
_CANCEL = "/cancel/"
_REASONS = {499: "499"}  # a code that HTTP does not know


class ImageRoutes:
    """Answers every request to the simulator.

    Args:
        wrapper: Runs the jobs, and has the armed faults.
    """

    def __init__(self, wrapper: Wrapper) -> None:
        self._wrapper = wrapper
        self._table: dict[tuple[str, str], _Route] = {
            ("POST", "/generate/sync"): self._generate,
            ("POST", "/runsync"): self._generate,
            ("GET", "/health"): self._health,
            ("GET", "/queue-info"): self._queues,
            ("GET", "/system_stats"): self._stats,
            ("POST", "/sim/fault"): self._fault,
            ("GET", "/sim/state"): self._state,
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request; an unknown path or method as FastAPI does."""
        route = self._table.get((exchange.method, exchange.path))
        if route is not None:
            await route(exchange)
        elif exchange.method == "POST" and exchange.path.startswith(_CANCEL):
            await self._cancel(exchange, exchange.path.removeprefix(_CANCEL))
        else:
            known = any(path == exchange.path for _, path in self._table)
            detail = "Method Not Allowed" if known else "Not Found"
            await self._answer(exchange, 405 if known else 404, {"detail": detail})

    async def _answer(
        self, exchange: Exchange, code: int, body: Mapping[str, Any], retry_after: bytes = b""
    ) -> None:
        headers = [(b"retry-after", retry_after)] if retry_after else []
        reason = _REASONS.get(code) or f"{code} {HTTPStatus(code).phrase}"
        self._wrapper.access(exchange.client, exchange.method, exchange.path, reason)
        await exchange.respond_json(code, body, headers)

    async def _generate(self, exchange: Exchange) -> None:
        try:
            asked = _input(await exchange.body(_BODY_LIMIT))
        except BodyTooLarge:
            await self._answer(exchange, 413, {"detail": "Request body too large"})
            return
        except _Invalid as error:
            await self._answer(exchange, 422, {"detail": [error.detail]})
            return
        inline = exchange.header(b"x-return-outputs-as-base64") == b"1"
        try:
            result = await self._wrapper.run(asked, exchange.client, inline=inline)
        except ConnectionCut:
            exchange.abort()
            return
        body = _body(result, old=exchange.path == "/runsync")
        await self._answer(exchange, result.code, body, b"5" if result.code == 503 else b"")

    async def _cancel(self, exchange: Exchange, id_: str) -> None:
        if self._wrapper.cancel(id_):
            told = {"message": f"Successfully cancelled request {id_}", "status": "cancelled"}
            await self._answer(exchange, 200, told)
        else:
            await self._answer(exchange, 404, {"error": f"Request {id_} not found"})

    async def _health(self, exchange: Exchange) -> None:
        healthy = self._wrapper.healthy and not self._wrapper.plan.take_for_probe()
        running = len(self._wrapper.engine.running) + self._wrapper.engine.queued
        told = {
            "status": "healthy" if healthy else "unhealthy",
            "queues": {"preprocess": 0, "generation": running, "postprocess": 0},
            "backends_healthy": f"{healthy:d}/1",
            "gpu": {"unrecoverable": False, "reason": ""},
        }
        await self._answer(exchange, 200 if healthy else 503, told)

    async def _queues(self, exchange: Exchange) -> None:
        names = ("preprocess_queue_size", "generation_queue_size", "postprocess_queue_size")
        queued = self._wrapper.engine.queued
        await self._answer(exchange, 200, dict(zip(names, (0, queued, 0), strict=True)))

    async def _stats(self, exchange: Exchange) -> None:
        """ComfyUI's own, which has another port: when it is not there, nobody answers."""
        if not self._wrapper.healthy:
            exchange.abort()
            return
        await exchange.respond_json(200, {"system": {"comfyui_version": "0.3.64"}, "devices": []})

    async def _fault(self, exchange: Exchange) -> None:
        plan = self._wrapper.plan
        try:
            fault = fault_from_json(orjson.loads(await exchange.body(_CONTROL_LIMIT)))
        except (FaultError, orjson.JSONDecodeError) as error:
            await exchange.respond_json(422, {"error": str(error)})
            return
        if fault is None:
            plan.clear()
        elif crashes_at_once(fault):
            self._wrapper.kill()
        else:
            plan.arm(fault)
        await exchange.respond_json(200, {"faults": plan.armed()})

    async def _state(self, exchange: Exchange) -> None:
        engine = self._wrapper.engine
        state = {
            "running": len(engine.running),
            "queued": engine.queued,
            "finished": engine.finished,
            "cancelled": engine.cancelled,
            "failed": engine.failed,
            "steps": engine.tokens_generated / PARTS,
            "seconds_busy": engine.seconds_busy(),
            "now": trio.current_time(),
            "alive": self._wrapper.healthy,
            "faults": self._wrapper.plan.armed(),
        }
        await exchange.respond_json(200, state)


class _Invalid(Exception):
    """The body is not what the wrapper takes; `detail` is how Pydantic says so."""

    def __init__(self, kind: str, where: list[Any], message: str) -> None:
        super().__init__(message)
        self.detail: dict[str, Any] = {"type": kind, "loc": where, "msg": message, "input": {}}


def _input(body: bytes) -> Mapping[str, Any]:
    """The request's `input`.

    Raises:
        _Invalid: There is none, or it asks for nothing.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _Invalid("json_invalid", ["body", 1], "JSON decode error") from error
    members = cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}
    asked = members.get("input")
    if not isinstance(asked, dict):
        raise _Invalid("missing", ["body", "input"], "Field required")
    request = cast("dict[str, Any]", asked)
    if bool(request.get("workflow_json")) == bool(request.get("modifier")):
        message = "Value error, Must provide either workflow_json OR modifier"
        raise _Invalid("value_error", ["body", "input"], message)
    if request.get("workflow_json") and not isinstance(request["workflow_json"], dict):
        where = ["body", "input", "workflow_json"]
        raise _Invalid("dict_type", where, "Input should be a valid dictionary")
    return request


def _body(result: Result, *, old: bool) -> dict[str, Any]:
    """The body of an answer; older wrappers (`/runsync`) have `output` by kind of file."""
    body: dict[str, Any] = {
        "id": result.id,
        "message": result.message,
        "status": result.status,
        "comfyui_response": {},
        "output": list(result.output),
        "timings": result.timings or {},
    }
    if old and result.status == "completed":
        body["output"] = {"images": list(result.output)}
    return body
