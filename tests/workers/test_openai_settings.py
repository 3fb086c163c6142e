"""How the environment changes openai, vllm, sglang and llama."""

import pytest

from pyworker.errors import SettingsError
from tests.workers.openai_family import DEFINITIONS, defined


def test_the_routes_that_are_served_can_be_chosen() -> None:
    def served(**environ: str) -> list[str]:
        return [handler.route for handler in defined(**environ).handlers]

    usual = ["/v1/completions", "/v1/chat/completions"]
    assert served() == usual
    assert served(BENCHMARK_ROUTE="/v1/rerank") == [*usual, "/v1/rerank"]
    assert served(OPENAI_ROUTES="/v1/nope,/v1/completions") == ["/v1/completions"]


@pytest.mark.parametrize(
    "environ",
    [
        {"BENCHMARK_ROUTE": "/v1/audio/speach"},
        {"BENCHMARK_ROUTE": "/v1/audio/speech", "OPENAI_ROUTES": "/v1/completions"},
        {"OPENAI_ROUTES": "/v1/embeddings"},
    ],
)
def test_a_benchmark_that_cannot_be_is_one_sentence(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="BENCHMARK_ROUTE"):
        defined(**environ)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_where_the_model_is_and_can_be_set(name: str) -> None:
    config = defined(name)
    log = {"openai": "vllm"}.get(name, name)
    assert (config.name, config.model_server_url) == (name, "http://127.0.0.1:18000")
    assert (config.model_log_file, config.health_endpoint) == (
        f"/var/log/portal/{log}.log",
        "/health",
    )
    environ = {"MODEL_SERVER_URL": "http://m:1", "MODEL_LOG": "x", "MODEL_HEALTH_ENDPOINT": "/ok"}
    moved = defined(name, **environ)
    assert (moved.model_server_url, moved.model_log_file, moved.health_endpoint) == (
        "http://m:1",
        "x",
        "/ok",
    )
    for handler in config.handlers:
        assert (handler.concurrency, handler.max_queue_time) == (None, 600.0)


def test_prompts_are_counted_when_workload_wants_them() -> None:
    assert defined().tokens is None
    config = defined(WORKLOAD="prompt+output", MODEL_NAME="org/m")
    assert config.tokens is not None
    assert config.tokens.ask == ("/v1/models",)
