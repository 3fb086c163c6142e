"""Settings of single workers and of the model's log."""

import pytest
from fakes.settings import problems

from pyworker.settings import read_settings


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"MODEL_NAME": "a", "VLLM_MODEL": "b"}, "a"),
        ({"VLLM_MODEL": "b", "SGLANG_MODEL": "c"}, "b"),
        ({"SGLANG_MODEL": "c", "LLAMA_MODEL": "d"}, "c"),
        ({"LLAMA_MODEL": "d"}, "d"),
    ],
)
def test_the_model_has_the_first_name_that_is_set(environ: dict[str, str], name: str) -> None:
    assert read_settings(environ).model_name == name


def test_markers_are_lines() -> None:
    environ = {"MODEL_LOAD_LOG_MSG": " loaded \n\nserving\n", "MODEL_ERROR_LOG_MSGS": "Error: x"}
    settings = read_settings(environ)
    assert (settings.load_markers, settings.error_markers) == (("loaded", "serving"), ("Error: x",))


def test_readiness_is_a_set_of_two_words() -> None:
    settings = read_settings({"READINESS": "logs, Healthcheck"})
    assert settings.readiness == {"logs", "healthcheck"}
    assert problems({"READINESS": "tcp"}) == [
        'READINESS must be "logs", "healthcheck", or both, not \'tcp\''
    ]


@pytest.mark.parametrize(("port", "plain"), [("3000", 3001), ("0", 0), ("65535", 0)])
def test_the_plain_port_is_the_next_one(port: str, plain: int) -> None:
    assert read_settings({"WORKER_PORT": port}).worker_http_port == plain


def test_routes_are_paths_each_once() -> None:
    assert read_settings({"OPENAI_ROUTES": "/a, /b,/a"}).openai_routes == ("/a", "/b")
    assert problems({"OPENAI_ROUTES": "a"}) == [
        "OPENAI_ROUTES must be a path that begins with /, not 'a'"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BENCHMARK_TEST_WIDTH", "7"),
        ("BENCHMARK_TEST_HEIGHT", "16385"),
        ("BENCHMARK_TEST_STEPS", "0"),
        ("BENCHMARK_EMBED_CHARS", "-1"),
        ("COMFY_MODEL", "sdxl"),
        ("IS_DEPLOYMENT", "true"),
        ("NULL_CONTROL_PORT", "x"),
        ("MAX_RESERVATION_SECONDS", "0"),
    ],
)
def test_what_a_worker_cannot_take_is_refused_for_all(name: str, value: str) -> None:
    (problem,) = problems({name: value})
    assert problem.startswith(f"{name} must be ")


def test_a_deployment_is_refused_and_says_why() -> None:
    assert "vastai package" in problems({"IS_DEPLOYMENT": "1"})[0]
    assert problems({"IS_DEPLOYMENT": "false"}) == []
