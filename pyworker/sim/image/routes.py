"""The HTTP routes of the simulated wrapper, ComfyUI's /system_stats, and /sim/* to steer."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import orjson

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.image.places import Result
from pyworker.sim.image.wrapper import PARTS, ConnectionCut, Wrapper
from pyworker.sim.steering import Routes, Steering

_BODY_LIMIT = 64 * 1024 * 1024  # bytes; workflows may have images in them
_CANCEL = "/cancel/"
_REASONS = {499: "499"}  # a code that HTTP does not know


class ImageRoutes:
    """Answers every request to the simulator.

    Args:
        wrapper: Runs the jobs, and has the armed faults.
    """

    def __init__(self, wrapper: Wrapper) -> None:
        self._wrapper = wrapper
        steering = Steering(wrapper.engine, wrapper.plan, wrapper.kill, self._shown)
        self._table: Routes = {
            "/generate/sync": {"POST": self._generate},
            "/runsync": {"POST": self._generate},
            "/health": {"GET": self._health},
            "/queue-info": {"GET": self._queues},
            "/system_stats": {"GET": self._stats},
            **steering.routes,
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request; an unknown path or method as FastAPI does."""
        methods = self._table.get(exchange.path, {})
        route = methods.get(exchange.method)
        if route is not None:
            await route(exchange)
        elif exchange.method == "POST" and exchange.path.startswith(_CANCEL):
            await self._cancel(exchange, exchange.path.removeprefix(_CANCEL))
        else:
            detail = "Method Not Allowed" if methods else "Not Found"
            await self._answer(exchange, 405 if methods else 404, {"detail": detail})

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
        place = self._wrapper.places.find(id_)
        if place is None:
            await self._answer(exchange, 404, {"error": f"Request {id_} not found"})
        elif place.result is not None:
            status = place.result.status
            told = {"message": f"Request {id_} is already {status}", "status": status}
            await self._answer(exchange, 200, told)
        else:
            self._wrapper.cancel(id_, place)
            told = {"message": f"Successfully cancelled request {id_}", "status": "cancelled"}
            await self._answer(exchange, 200, told)

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

    def _shown(self) -> Mapping[str, object]:
        steps = self._wrapper.engine.tokens_generated / PARTS
        return {"steps": steps, "alive": self._wrapper.healthy}


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
