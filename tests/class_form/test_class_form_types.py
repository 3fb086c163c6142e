"""What pyright, strict, makes of workers in class form: it knows every type, and sees mistakes.

The mistakes are in functions that nobody calls. An ignore that pyright has no use for is an error
here, so a type that becomes Any fails the lint.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, assert_type

from fakes.story_class_form import Story, StoryHandler, TitleHandler, backend, routes, version

from pyworker.class_form import (
    ApiPayload,
    Backend,
    EndpointHandler,
    LogAction,
    ModelResponse,
    start_server,
    web,
)


def test_what_a_user_gets_has_its_own_type():
    payload = StoryHandler().make_benchmark_payload()
    assert_type(payload, Story)
    assert_type(Story.from_json_msg({"topic": "ice"}), Story)
    assert_type(payload.count_workload(), float)
    assert_type(payload.generate_payload_json(), Mapping[str, Any])
    assert_type(StoryHandler.payload_cls(), type[Story])
    assert_type(web.get("/version", version), web.RouteDef)
    assert_type(web.HTTPBadRequest, type[web.HTTPException])
    assert_type(routes, list[web.RouteDef])


def test_handlers_of_several_payloads_are_one_list():
    handlers: list[EndpointHandler[ApiPayload]] = [StoryHandler(), TitleHandler()]
    assert_type([handler.make_benchmark_payload() for handler in handlers], list[ApiPayload])


async def _answers(request: web.Request) -> web.Response:
    assert_type(request.match_info["name"], str)
    assert_type(await request.read(), bytes)
    assert_type(request.headers["x"], str)
    answer = await backend.session.get("/version")
    assert_type(answer, ModelResponse)
    assert_type(answer.status, int)
    assert_type(await answer.text(), str)
    async for line in answer.content:
        assert_type(line, bytes)
    raise web.HTTPNotFound(text="no such name")


async def _gives_text(_: web.Request) -> str:
    return "no response"


@asynccontextmanager
async def _lifecycle():
    yield "a model"


def mistakes() -> None:
    web.get("/x", _gives_text)  # pyright: ignore[reportArgumentType]
    web.get("/x", "no function")  # pyright: ignore[reportArgumentType]
    web.get("/x", _answers)
    backend.create_handler(Story("ice"))  # pyright: ignore[reportArgumentType]
    start_server(backend, [StoryHandler()])  # pyright: ignore[reportArgumentType]
    start_server(backend, routes, host="127.0.0.1")
    Story(words=3)  # pyright: ignore[reportCallIssue]
    _ = Story.for_test().subject  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    Backend("http://127.0.0.1", log_actions=["Connected"])  # pyright: ignore[reportArgumentType]
    Backend(
        "http://127.0.0.1",
        log_actions=[(LogAction.ModelLoaded, "Connected")],
        benchmark_handler=StoryHandler(benchmark_runs="3"),  # pyright: ignore[reportArgumentType]
        lifecycle=_lifecycle(),
    )
    StoryHandler(concurrent=3)  # pyright: ignore[reportCallIssue]
    EndpointHandler[Story]()  # pyright: ignore[reportAbstractUsage]


@dataclass
class _Wrong(ApiPayload):
    @classmethod
    def for_test(cls) -> "_Wrong":
        return cls()

    def generate_payload_json(self) -> list[int]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return []

    def count_workload(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        return "3"
