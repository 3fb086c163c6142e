"""Definitions that use aiohttp itself, where it is installed: its own classes answer.

Skipped where it is not; the stand-in is tested by the other files of this folder.
"""

from typing import Any

import pytest
from fakes.class_worker import class_worker
from fakes.model import FakeModel, streams

from pyworker.compat.sdk import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig

aiohttp: Any = pytest.importorskip("aiohttp")
web: Any = pytest.importorskip("aiohttp.web")
BENCHMARK = BenchmarkConfig(dataset=[{}])


def worker(model: FakeModel, **fields: object) -> Worker:
    handler = HandlerConfig(route="/a", benchmark_config=BENCHMARK)
    for name, value in fields.items():
        setattr(handler, name, value)
    url = "http://127.0.0.1"
    return Worker(
        WorkerConfig(model_server_url=url, model_server_port=model.port, handlers=[handler])
    )


async def test_its_responses_and_its_request(model: FakeModel):
    async def generate(request: Any, answer: Any) -> Any:
        assert isinstance(request, web.Request)
        envelope = await request.json()
        return web.json_response(
            {"payload": envelope["payload"], "from": request.headers["host"][:3]},
            status=201,
            headers={"X-Y": "z"},
        )

    made = worker(model, response_generator=generate)
    async with class_worker(made.backend, made.routes, model) as running:
        answer = await running.post("/a", {"n": 1})
    assert (answer.status_code, answer.json()) == (201, {"payload": {"n": 1}, "from": "127"})
    assert answer.headers["x-y"] == "z"
    assert "aiohttp" not in answer.headers.get("server", "")
    assert len(answer.headers.get_list("date")) <= 1


async def test_its_stream(model: FakeModel):
    async def generate(request: Any, answer: Any) -> Any:
        response = web.StreamResponse()
        response.content_type = "text/event-stream"
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response

    model.script(streams(b"data: 1\n\n", b"data: 2\n\n"))
    made = worker(model, response_generator=generate)
    async with class_worker(made.backend, made.routes, model) as running:
        answer = await running.post("/a", {})
    assert (answer.status_code, answer.text) == (200, "data: 1\n\ndata: 2\n\n")
    assert answer.headers["content-type"] == "text/event-stream"


async def test_a_compressed_one(model: FakeModel):
    async def generate(request: Any, answer: Any) -> Any:
        response = web.StreamResponse()
        response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        await response.write(b"x" * 1000)
        await response.write_eof(b"y")
        return response

    made = worker(model, response_generator=generate)
    async with class_worker(made.backend, made.routes, model) as running:
        answer = await running.post("/a", {})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == "x" * 1000 + "y"


async def test_its_errors_routes_and_multipart(model: FakeModel):
    async def upload(request: Any) -> Any:
        reader = await request.multipart()
        names: list[str] = [part.name async for part in reader]
        if not names:
            raise web.HTTPBadRequest(text="nothing there")
        return web.Response(text=f"{request.match_info['id']} {names}")

    made = worker(model)
    made.routes += [web.post("/upload/{id}", upload)]
    async with class_worker(made.backend, made.routes, model) as running:
        files = {"file": ("a.txt", b"text"), "name": (None, "b")}
        good = await running.client.post("/upload/7", files=files)
        boundary = {"content-type": "multipart/form-data; boundary=x"}
        bad = await running.client.post("/upload/7", content=b"--x--\r\n", headers=boundary)
    assert (good.status_code, good.text) == (200, "7 ['file', 'name']")
    assert (bad.status_code, bad.text) == (400, "nothing there")


async def test_our_response_answers_its_request(model: FakeModel):
    from pyworker.class_form.web import Response  # noqa: PLC0415

    async def generate(request: Any, answer: Any) -> Any:
        return Response(text="ours")

    made = worker(model, response_generator=generate)
    async with class_worker(made.backend, made.routes, model) as running:
        assert (await running.post("/a", {})).text == "ours"


async def test_its_client_runs_on_the_same_loop(model: FakeModel):
    async def generate(request: Any, answer: Any) -> Any:
        async with aiohttp.ClientSession() as session, session.get(f"{model.url}/more") as more:
            return web.json_response(await more.json())

    made = worker(model, response_generator=generate)
    async with class_worker(made.backend, made.routes, model) as running:
        assert await running.posted("/a", {}) == (200, {"ok": True})
    assert [call.target for call in model.calls] == ["/a", "/more"]
