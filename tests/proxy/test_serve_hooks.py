"""Hooks of a handler, through the whole service: what they see, what they give, how they fail."""

import math
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
import trio
import trio.testing
from fakes.grants import autoscaler
from fakes.model import FakeModel, replies
from fakes.worker_app import running_worker

from pyworker.errors import InvalidRequest
from pyworker.hooks import (
    Answer,
    Function,
    ModelRequest,
    Payload,
    RequestParser,
    ResponseTransform,
    WorkloadHook,
)
from pyworker.worker import HandlerConfig, OpenRoute


def hooked(
    *,
    workload: WorkloadHook | float = 1.0,
    request_parser: RequestParser | None = None,
    response_transform: ResponseTransform | None = None,
    function: Function | None = None,
    blocking: bool = False,
    concurrency_limit: int | None = None,
) -> HandlerConfig:
    return HandlerConfig(
        route="/hooked",
        workload=workload,
        request_parser=request_parser,
        response_transform=response_transform,
        function=function,
        blocking=blocking,
        allow_parallel_requests=True,
        concurrency_limit=concurrency_limit,
    )


async def ask(
    model: FakeModel, handler: HandlerConfig, payload: object, path: str = "/hooked"
) -> tuple[int, Any, Mapping[str, str]]:
    """The answer to one request; the ledger is empty again afterwards, or the fake says so."""
    async with running_worker(model.url, handlers=(handler,)) as worker, worker.client() as client:
        body = autoscaler().envelope(orjson.dumps(payload))
        response = await client.post(path, content=body)
        return response.status_code, response.content, response.headers


async def test_a_request_parser_makes_what_the_model_gets(model: FakeModel) -> None:
    handler = hooked(
        request_parser=lambda payload: {**payload["input"], "stream": False},
        workload=lambda payload: float(payload["tokens"]),
    )
    status, _, _ = await ask(model, handler, {"input": {"tokens": 7}})
    assert status == 200
    assert orjson.loads(await model.calls[0].body()) == {"tokens": 7, "stream": False}


async def test_the_workload_is_counted_from_what_the_parser_made(model: FakeModel) -> None:
    seen: list[float] = []
    handler = hooked(
        request_parser=lambda payload: payload["input"],
        workload=lambda payload: float(payload["tokens"]),
    )
    async with running_worker(model.url, handlers=(handler,)) as worker, worker.client() as client:
        worker.ledger.on_change = lambda: seen.append(worker.ledger.load)
        await client.post("/hooked", content=autoscaler().envelope(b'{"input":{"tokens":7}}'))
    assert seen[0] == 7.0


async def test_a_parser_may_give_any_body_and_path(model: FakeModel) -> None:
    def parser(payload: Payload) -> ModelRequest:
        return ModelRequest(
            body=payload["text"].encode(),
            content_type="text/plain",
            path="/v2/say?loud=1",
            headers=(("X-Priority", "low"),),
        )

    status, _, _ = await ask(model, hooked(request_parser=parser), {"text": "hello"})
    call = model.calls[0]
    assert (status, call.target, await call.body()) == (200, "/v2/say?loud=1", b"hello")
    assert call.header(b"content-type") == b"text/plain"
    assert call.header(b"x-priority") == b"low"


async def test_a_transform_makes_the_answer_from_the_models(model: FakeModel) -> None:
    model.script(replies(200, b'{"output": [1, 2]}', (b"x-model", b"m")))

    async def transform(answer: Answer) -> Answer:
        await trio.lowlevel.checkpoint()
        return Answer(
            status=201, body=orjson.dumps(answer.json()["output"]), headers=answer.headers
        )

    status, body, headers = await ask(model, hooked(response_transform=transform), {})
    assert (status, body, headers["x-model"]) == (201, b"[1,2]", "m")
    assert headers["content-length"] == "5"


async def test_an_error_of_the_model_passes_a_transform_as_it_is(model: FakeModel) -> None:
    model.script(replies(503, b"busy"))
    handler = hooked(response_transform=lambda _: {"never": True})
    assert (await ask(model, handler, {}))[:2] == (503, b"busy")


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_function_answers_without_a_model(model: FakeModel, blocking: bool) -> None:
    handler = hooked(function=lambda payload: {"echo": payload["x"]}, blocking=blocking)
    status, body, headers = await ask(model, handler, {"x": [1]})
    assert (status, body, headers["content-type"]) == (200, b'{"echo":[1]}', "application/json")
    assert model.calls == []


async def test_hooks_that_wait_leave_the_threads_of_everybody_else_free(model: FakeModel) -> None:
    """Names are looked up and files read in those: the reports to the autoscaler, for one."""

    def taken_by_others() -> int:
        return trio.to_thread.current_default_thread_limiter().borrowed_tokens

    handler = hooked(function=lambda _: trio.from_thread.run_sync(taken_by_others), blocking=True)
    assert (await ask(model, handler, {}))[:2] == (200, b"0")


async def test_a_hook_that_refuses_says_so(model: FakeModel) -> None:
    def parser(_: Payload) -> Payload:
        raise InvalidRequest("no pictures of cats", detail={"payload": {"prompt": "cats"}})

    status, body, _ = await ask(model, hooked(request_parser=parser), {})
    assert status == 422
    assert orjson.loads(body)["payload"] == {"prompt": "cats"}


@pytest.mark.parametrize(
    "handler",
    [
        hooked(request_parser=lambda payload: payload["missing"]),
        hooked(workload=lambda payload: payload["missing"]),
    ],
)
async def test_a_hook_that_fails_on_a_payload_is_422_which_nobody_repeats(
    handler: HandlerConfig, model: FakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    status, body, _ = await ask(model, handler, {})
    assert (status, orjson.loads(body)["error"]) == (422, "payload: KeyError: 'missing'")
    assert "a hook failed" in caplog.text
    assert model.calls == []


async def test_half_a_surrogate_pair_is_422_where_a_hook_needs_the_text(model: FakeModel) -> None:
    """The envelope's parser takes it, as RFC 8259 does; Python's text cannot hold it."""
    handler = hooked(request_parser=lambda payload: payload)
    async with running_worker(model.url, handlers=(handler,)) as worker, worker.client() as client:
        body = autoscaler().envelope(b'{"prompt": "\\ud800"}')
        response = await client.post("/hooked", content=body)
    assert response.status_code == 422
    assert response.json()["error"].startswith("payload: invalid JSON: ")


async def test_a_transform_that_fails_is_our_fault(
    model: FakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    handler = hooked(response_transform=lambda answer: answer.json()["missing"])
    status, body, _ = await ask(model, handler, {})
    assert (status, orjson.loads(body)["code"]) == (500, "internal_error")
    assert "KeyError" in caplog.text


@pytest.mark.parametrize("workload", [-1.0, math.nan, math.inf, 1e10])
async def test_a_workload_that_is_no_amount_is_refused(workload: float, model: FakeModel) -> None:
    for handler in (hooked(workload=workload), hooked(workload=lambda _: workload)):
        status, _, _ = await ask(model, handler, {})
        assert status == 422


async def test_names_in_a_route_reach_the_models_path(model: FakeModel) -> None:
    handler = HandlerConfig(
        route="/jobs/{id}/*",
        model_route="/v2/{id}/do/*",
        model_method="GET",
        workload=1.0,
        allow_parallel_requests=True,
    )
    status, _, _ = await ask(model, handler, {}, path="/jobs/a%20b/x/y")
    call = model.calls[0]
    assert (status, call.method, call.target) == (200, "GET", "/v2/a%20b/do/x/y")
    assert await call.body() == b""


async def test_more_than_one_at_a_time_up_to_the_limit(model: FakeModel) -> None:
    running = most = 0
    go = trio.Event()

    async def function(_: Payload) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 2:
            go.set()
        await go.wait()
        await trio.testing.wait_all_tasks_blocked()
        running -= 1

    handler = hooked(function=function, concurrency_limit=2)
    async with (
        running_worker(model.url, handlers=(handler,)) as worker,
        worker.client() as client,
        trio.open_nursery() as nursery,
    ):
        for _ in range(5):
            nursery.start_soon(lambda: client.post("/hooked", content=autoscaler().envelope(b"{}")))
    assert most == 2


async def test_open_routes_take_their_methods_and_names(model: FakeModel) -> None:
    route = OpenRoute(
        route="/view/{name}", methods=("GET", "POST"), model_route="/v/{name}", pass_query=True
    )
    async with (
        running_worker(model.url, open_routes=(route,)) as worker,
        worker.client() as client,
    ):
        await client.post("/view/a", params={"q": "1"}, json={"x": 1})
        refused = await client.delete("/view/a")
    call = model.calls[0]
    assert (call.method, call.target, await call.body()) == ("POST", "/v/a?q=1", b'{"x":1}')
    assert call.header(b"content-type") == b"application/json"
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")


async def test_an_open_route_does_not_lead_out_of_itself_by_a_second_decoding(
    model: FakeModel,
) -> None:
    async with (
        running_worker(model.url, open_routes=("/v1/models/*",)) as worker,
        worker.client() as client,
    ):
        await client.get("/v1/models/%252e%252e/%252e%252e/shutdown")
    assert model.calls[0].target == "/v1/models/%252e%252e/%252e%252e/shutdown"


async def test_a_parser_may_count_what_it_made(model: FakeModel) -> None:
    seen: list[float] = []
    handler = hooked(
        workload=lambda _: 1e12,
        request_parser=lambda payload: ModelRequest(body=b"x", workload=float(payload["tokens"])),
    )
    async with running_worker(model.url, handlers=(handler,)) as worker, worker.client() as client:
        worker.ledger.on_change = lambda: seen.append(worker.ledger.load)
        await client.post("/hooked", content=autoscaler().envelope(b'{"tokens":7}'))
        wrong = await client.post("/hooked", content=autoscaler().envelope(b'{"tokens":-7}'))
    assert seen[0] == 7.0
    assert wrong.status_code == 422
