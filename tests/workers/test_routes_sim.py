"""Every route of every worker, through the whole service, against its simulated model server.

A worker or a route that nobody has tried here fails a test: the tables name the routes that its
definition has, no more and no fewer. The workers of the openai family, whose routes are set by
OPENAI_ROUTES, have a table of their own, in test_openai_sim.py.

A second of these tests is a hundred simulated ones.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trio
import trio.testing
from fakes import sim_hello, sim_image, sim_llm
from fakes.grants import autoscaler, stranger
from fakes.worker_app import running_worker

from pyworker.finding import find_worker, worker_names
from pyworker.http.server import HttpServer, open_listeners, port_of
from pyworker.proxy.hypercorn_front import front
from pyworker.proxy.open_routes import ControlRoutes
from pyworker.proxy.upstream import NO_SERVER, Upstream
from pyworker.settings import read_settings
from pyworker.worker import WorkerConfig

OPENAI_FAMILY = {"openai", "vllm", "sglang", "llama"}
Route = tuple[str, str]  # a method and a path


@dataclass(frozen=True)
class Try:
    """A request to a route, and what is to come back.

    Attributes:
        good: What must be true of the answer, a 200.
        payload: Of a request that needs a grant; the body of another, if it has one.
    """

    good: Callable[[httpx.Response], bool]
    payload: Any = None


def text_of_five(answer: httpx.Response) -> bool:
    return len(answer.json()["generated_text"].split()) == 5


def events_of_tgi(answer: httpx.Response) -> bool:
    return len(sim_llm.events_in(answer.content)) == 5


def events_of_hello(answer: httpx.Response) -> bool:
    return len(sim_hello.events_in(answer.content)) == 5 + 1  # and [DONE]


def one_image(answer: httpx.Response) -> bool:
    [image] = answer.json()["images"]
    return image.startswith("data:image/png;base64,")


def one_file(answer: httpx.Response) -> bool:
    job = answer.json()
    return job["status"] == "completed" and len(job["output"]) == 1


def says(told: Mapping[str, object]) -> Callable[[httpx.Response], bool]:
    return lambda answer: answer.json() == told


_TGI = {"inputs": "hello", "parameters": {"max_new_tokens": 5}}
_HELLO = {"prompt": "hello", "max_response_tokens": 5}
_PROMPT = {"prompt": "a cat", "width": 512, "height": 512, "steps": 20, "seed": 1}
_WORKFLOW = sim_image.workflow()
_JOB: dict[Route, Try] = {
    ("POST", "/generate/sync"): Try(one_file, {"input": {"workflow_json": _WORKFLOW}})
}
TRIED: dict[str, dict[Route, Try]] = {
    "tgi": {
        ("POST", "/generate"): Try(text_of_five, _TGI),
        ("POST", "/generate_stream"): Try(events_of_tgi, _TGI),
    },
    "hello_world": {
        ("POST", "/generate"): Try(lambda answer: answer.json()["response_tokens"] == 5, _HELLO),
        ("POST", "/generate_stream"): Try(events_of_hello, _HELLO),
        ("GET", "/healthcheck"): Try(says({"status": "ok"})),
    },
    "comfyui": {
        ("POST", "/prompt"): Try(one_image, _PROMPT),
        ("POST", "/custom-workflow"): Try(
            one_image, {"custom_fields": {"steps": 20}, "workflow": _WORKFLOW}
        ),
    },
    "comfyui_json": _JOB,
    "wan": _JOB,
    "ace": _JOB,
    "null": {
        ("POST", "/ping"): Try(says({"result": "pong"}), {}),
        ("POST", "/reserve"): Try(
            lambda answer: answer.json()["result"]["released"] is False, {"duration": 0}
        ),
        # On the control port, which only this machine reaches.
        ("POST", "/release"): Try(says({"released": False})),
        ("GET", "/health"): Try(says({"status": "ok"})),
    },
}


def defined(name: str, model_url: str = "", output: Path | None = None) -> WorkerConfig:
    define = find_worker(name)
    assert define is not None
    environ = {"MODEL_SERVER_URL": model_url} if model_url else {}
    return define(read_settings({**environ, "COMFY_OUTPUT_DIR": str(output or "")}))


def granted(config: WorkerConfig) -> set[Route]:
    return {("POST", handler.route) for handler in config.handlers}


def on_loopback(config: WorkerConfig) -> set[Route]:
    return {(route.method, route.route) for route in config.control_routes}


def open_to_all(config: WorkerConfig) -> set[Route]:
    # HEAD is GET without its body.
    return {(by, route.route) for route in config.open for by in route.methods if by != "HEAD"}


def test_every_worker_is_tried_here_or_in_the_table_of_its_family() -> None:
    assert {*TRIED, *OPENAI_FAMILY} == set(worker_names())


@pytest.mark.parametrize("name", TRIED)
def test_every_route_of_it_is_tried(name: str) -> None:
    config = defined(name)
    assert set(TRIED[name]) == granted(config) | open_to_all(config) | on_loopback(config)


@asynccontextmanager
async def model_server(name: str, folder: Path) -> AsyncGenerator[str]:
    """The simulator that the worker is for; gives its URL, which is empty when it has none."""
    if name == "null":
        yield ""
    elif name == "tgi":
        async with sim_llm.running(folder) as llm:
            yield str(llm.client.base_url).rstrip("/")
    elif name == "hello_world":
        async with sim_hello.running(folder) as hello:
            yield hello.url
    else:
        async with sim_image.running(folder) as image:
            yield image.url


@asynccontextmanager
async def control_port(config: WorkerConfig) -> AsyncGenerator[httpx.AsyncClient]:
    """The control routes as they are served, and a client of them."""
    upstream = Upstream(NO_SERVER, connect_timeout=5.0)
    async with trio.open_nursery() as nursery:
        server = HttpServer(front(ControlRoutes(config.control_routes, 1024), upstream))
        listeners = await open_listeners("127.0.0.1", 0)
        await nursery.start(server.accept, listeners, nursery)
        url = f"http://127.0.0.1:{port_of(listeners)}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
            yield client
        nursery.cancel_scope.cancel()
    await upstream.aclose()


@pytest.mark.parametrize(
    ("name", "route"),
    [
        pytest.param(name, route, id=f"{name} {' '.join(route)}")
        for name, tried in TRIED.items()
        for route in tried
    ],
)
async def test_a_route_is_answered_and_without_a_grant_only_if_it_is_open(
    fast_clock: trio.testing.MockClock, tmp_path: Path, name: str, route: Route
) -> None:
    (method, path), tried = route, TRIED[name][route]
    async with model_server(name, tmp_path) as url:
        config = defined(name, url, tmp_path / "output")
        if route in on_loopback(config):
            async with control_port(config) as control:
                answer = await control.request(method, path)
                assert (answer.status_code, tried.good(answer)) == (200, True)
            return
        async with (
            running_worker(
                url or NO_SERVER, handlers=config.handlers, open_routes=config.open_routes
            ) as worker,
            worker.client() as client,
        ):
            body = b"" if tried.payload is None else orjson.dumps(tried.payload)
            if route in granted(config):
                strange = stranger().envelope(body, grant=stranger().grant())
                assert (await client.request(method, path, content=strange)).status_code == 401
                body = autoscaler().envelope(body)
            answer = await client.request(method, path, content=body)
            assert (answer.status_code, tried.good(answer)) == (200, True)
            # Who has no grant is not counted.
            assert worker.ledger.received_count == (route in granted(config))
