"""A worker in class form as a user types it: pyright, strict, has nothing to say about it.

tests/class_form/test_class_worker.py serves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyworker.class_form import (
    ApiPayload,
    Backend,
    EndpointHandler,
    JsonDataException,
    LogAction,
    ModelResponse,
    start_server,
    web,
)


@dataclass
class Story(ApiPayload):
    topic: str
    words: int = 200

    @classmethod
    def for_test(cls) -> "Story":
        return cls(topic="whales", words=50)

    @classmethod
    def from_json_msg(cls, json_msg: dict[str, Any]) -> "Story":
        story = super().from_json_msg(json_msg)
        if story.words < 1:
            raise JsonDataException({"words": "must be at least 1"})
        return story

    def generate_payload_json(self) -> Mapping[str, Any]:
        return {"inputs": f"A story about {self.topic}.", "max_words": self.words}

    def count_workload(self) -> float:
        return float(self.words)


@dataclass
class StoryHandler(EndpointHandler[Story]):
    """The model's answer goes to the client as it comes."""

    @property
    def endpoint(self) -> str:
        return "/generate_stream"

    @classmethod
    def payload_cls(cls) -> type[Story]:
        return Story


@dataclass
class TitleHandler(StoryHandler):
    """The client gets something else than the model gave."""

    @property
    def endpoint(self) -> str:
        return "/generate"

    async def generate_client_response(
        self, client_request: web.Request, model_response: ModelResponse
    ) -> web.StreamResponse:
        if not model_response.ok:
            return web.Response(status=model_response.status, text="no title")
        answer = await model_response.json()
        title: str = answer["generated_text"]
        headers = {"X-Asked": client_request.path}
        return web.json_response({"title": title.upper()}, headers=headers)


backend = Backend(
    model_server_url="http://127.0.0.1:5001",
    model_log_file="/workspace/infer.log",
    allow_parallel_requests=True,
    benchmark_handler=StoryHandler(benchmark_runs=2, concurrency=4),
    log_actions=[
        (LogAction.ModelLoaded, "Connected"),
        (LogAction.ModelError, "Error: WebserverFailed"),
    ],
    max_wait_time=60.0,
)


async def version(request: web.Request) -> web.Response:
    model = await backend.session.get("/version", params={"for": request.match_info["name"]})
    return web.Response(text=await model.text())


routes = [
    web.post("/story", backend.create_handler(StoryHandler())),
    web.post("/title", backend.create_handler(TitleHandler())),
    web.get("/version/{name}", version),
]

if __name__ == "__main__":
    start_server(backend, routes)
