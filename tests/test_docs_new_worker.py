"""docs/new-worker.md: its code is one worker, which does what the page says."""

import re
from pathlib import Path
from types import ModuleType

import orjson
import pytest
import trio
from fakes.grants import autoscaler
from fakes.model import FakeModel, replies
from fakes.worker_app import running_worker

from pyworker.check import report
from pyworker.settings import read_settings
from pyworker.worker import WorkerConfig

PAGE = (Path(__file__).parent.parent / "docs" / "new-worker.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def story() -> WorkerConfig:
    """The worker that the page builds."""
    module = ModuleType("story")
    exec(compile("\n".join(blocks("python")), "docs/new-worker.md", "exec"), module.__dict__)
    return module.define(read_settings({}))


async def ask(
    model: FakeModel, story: WorkerConfig, route: str, payload: object
) -> tuple[int, bytes, str]:
    async with (
        running_worker(model.url, handlers=story.handlers) as worker,
        worker.client() as client,
    ):
        body = autoscaler().envelope(orjson.dumps(payload))
        response = await client.post(route, content=body)
        return response.status_code, response.content, response.headers["content-type"]


@pytest.fixture
async def model(nursery: trio.Nursery) -> FakeModel:
    """A model server."""
    model = FakeModel()
    await nursery.start(model.serve)
    return model


async def test_the_story(model: FakeModel, story: WorkerConfig) -> None:
    model.script(replies(200, b'{"generated_text": "Call me Ishmael."}'))
    answer = await ask(model, story, "/story", {"topic": "whales", "max_words": 50})
    assert answer == (200, b"Call me Ishmael.", "text/plain; charset=utf-8")
    call = model.calls[0]
    assert call.target == "/generate"
    asked = orjson.loads(await call.body())
    assert asked == {"inputs": "Tell a story about whales.", "max_words": 50}


async def test_the_mistake_that_the_page_shows(model: FakeModel, story: WorkerConfig) -> None:
    status, body, _ = await ask(model, story, "/story", {"topic": 7})
    shown = orjson.loads(blocks("json")[0])
    assert status == 422
    assert {key: orjson.loads(body)[key] for key in shown} == shown


async def test_the_other_routes(model: FakeModel, story: WorkerConfig) -> None:
    assert (await ask(model, story, "/shorten", {"text": "0123456789ab"}))[1] == (
        b'{"text":"0123456789"}'
    )
    await ask(model, story, "/jobs/a7", {})
    assert (model.calls[0].method, model.calls[0].target) == ("GET", "/v2/jobs/a7/state")


def test_check_tells_what_the_page_says(story: WorkerConfig) -> None:
    lines = "\n".join(report(lambda _: story, read_settings({}), None))
    assert "POST /story -> /generate, 8 at a time, waits at most 60 s, benchmarked" in lines
    assert "GET, HEAD /metrics" in lines
