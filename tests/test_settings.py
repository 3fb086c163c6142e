"""Settings: each variable's default, what it takes, and one sentence for what it does not take."""

import math
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import httpcore
import httpx
import orjson
import pytest
from fakes.settings import problems
from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.wire import launch_failure
from pyworker.settings import MIB, VARIABLES, BadSettings, Settings, read_settings
from pyworker.workload.expressions import WorkloadExpression

WEIGHTED = WorkloadExpression(prompt=0.1, output=1.0)
INSTANCE = {
    "CONTAINER_ID": "4711",
    "MASTER_TOKEN": "a-secret",
    "PUBLIC_IPADDR": "10.1.2.3",
    "WORKER_PORT": "3000",
    "VAST_TCP_PORT_3000": "40123",
}


# --- defaults


def test_a_local_run_needs_no_variable() -> None:
    settings = read_settings({})
    assert settings == Settings(
        container_id=0,
        master_token="",
        report_addresses=("http://127.0.0.1:8080",),
        public_host="127.0.0.1",
        public_port=3000,
        worker_host="0.0.0.0",
        worker_port=3000,
        worker_http_port=3001,
        use_ssl=False,
        certificate="/etc/instance.crt",
        private_key="/etc/instance.key",
        unsecured=False,
        model_server_url=None,
        model_log=None,
        model_health_endpoint=None,
        model_id="",
        model_name="",
        load_markers=None,
        error_markers=None,
        info_markers=None,
        readiness=None,
        readiness_timeout=300.0,
        probe_timeout=10.0,
        tokenizer="auto",
        workload=None,
        grace=30.0,
        body_limit=100 * MIB,
        body_memory=1024 * MIB,
        connect_timeout=5.0,
        model_timeout=math.inf,
        benchmark_cache=".pyworker-benchmark.json",
        max_perf=None,
        benchmark_width=512,
        benchmark_height=512,
        benchmark_steps=20,
        benchmark_json=None,
        benchmark_route="/v1/completions",
        benchmark_voice="",
        benchmark_embed_chars=600,
        openai_routes=None,
        comfy_model="flux",
        comfy_output="/workspace/ComfyUI/output",
        backend_health_url=None,
        null_control_port=18999,
        max_reservation=3600.0,
        log_level="INFO",
        log_format="text",
    )


def test_an_instance_reports_to_the_real_autoscaler_and_is_reached_from_outside() -> None:
    settings = read_settings(INSTANCE)
    assert settings.report_addresses == ("https://run.vast.ai",)
    identity = settings.identity(listening_port=3000)
    assert (identity.container_id, identity.master_token) == (4711, "a-secret")
    assert identity.url == "http://10.1.2.3:40123"


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_variable_counts_as_unset(empty: str) -> None:
    names = [name for name in VARIABLES if "<" not in name]
    assert read_settings(dict.fromkeys(names, empty)) == read_settings({})


class Recorder(Mapping[str, str]):
    """An environment that notes what it is asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.asked: set[str] = set()
        self._values = values

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.mark.parametrize("environ", [{}, INSTANCE])
def test_what_is_read_is_what_is_listed(environ: dict[str, str]) -> None:
    recorder = Recorder(environ)
    read_settings(recorder)
    listed = {name.replace("<WORKER_PORT>", "3000") for name in VARIABLES}
    assert recorder.asked == listed


def test_every_variable_of_the_list_has_a_default_and_a_meaning() -> None:
    for name, (default, meaning) in VARIABLES.items():
        assert default, name
        assert meaning, name


# --- good values


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("CONTAINER_ID", "7", "container_id", 7),
        ("MASTER_TOKEN", "tok en", "master_token", "tok en"),
        (
            "REPORT_ADDR",
            " https://a.example/base/ , http://b.example:81,",
            "report_addresses",
            ("https://a.example/base", "http://b.example:81"),
        ),
        ("PUBLIC_IPADDR", "worker.example", "public_host", "worker.example"),
        ("PUBLIC_IPADDR", "[2001:db8::1]", "public_host", "2001:db8::1"),
        ("WORKER_PORT", "0", "worker_port", 0),
        ("WORKER_PORT", "65535", "worker_port", 65535),
        ("VAST_TCP_PORT_3000", "40000", "public_port", 40000),
        ("WORKER_HOST", "::", "worker_host", "::"),
        ("USE_SSL", "true", "use_ssl", True),
        ("USE_SSL", "False", "use_ssl", False),
        ("INSTANCE_CERT", "/a/cert.pem", "certificate", "/a/cert.pem"),
        ("INSTANCE_KEY", "/a/key.pem", "private_key", "/a/key.pem"),
        ("UNSECURED", "true", "unsecured", True),
        ("UNSECURED", "ON", "unsecured", True),
        ("UNSECURED", "1", "unsecured", True),
        ("UNSECURED", "n", "unsecured", False),
        ("UNSECURED", "0", "unsecured", False),
        ("MODEL_SERVER_URL", "http://[::1]:5001", "model_server_url", "http://[::1]:5001"),
        ("MODEL_SERVER_URL", "http://m/base/", "model_server_url", "http://m/base"),
        ("MODEL_LOG", "/var/log/модель.log", "model_log", "/var/log/модель.log"),
        ("MODEL_HEALTH_ENDPOINT", "/health?x=1", "model_health_endpoint", "/health?x=1"),
        ("MODEL_HEALTH_ENDPOINT", "http://h:1/ok", "model_health_endpoint", "http://h:1/ok"),
        ("MODEL_ID", "/data/model", "model_id", "/data/model"),
        ("MODEL_NAME", "org/model", "model_name", "org/model"),
        ("TOKENIZER", "/a/tokenizer.json", "tokenizer", "/a/tokenizer.json"),
        ("WORKLOAD", "0.1*prompt + output", "workload", WEIGHTED),
        ("GRACE_SECONDS", "0", "grace", 0.0),
        ("GRACE_SECONDS", "0.3", "grace", 0.3),
        ("BODY_LIMIT_MIB", "0.5", "body_limit", MIB // 2),
        ("BODY_LIMIT_MIB", "2000", "body_memory", 2000 * MIB),
        ("BODY_MEMORY_MIB", "300", "body_memory", 300 * MIB),
        ("CONNECT_TIMEOUT_SECONDS", "1e-3", "connect_timeout", 0.001),
        ("MODEL_TIMEOUT_SECONDS", "60", "model_timeout", 60.0),
        ("MODEL_TIMEOUT_SECONDS", "0", "model_timeout", math.inf),
        ("BENCHMARK_CACHE", "/a/cache.json", "benchmark_cache", "/a/cache.json"),
        ("MAX_PERF", "1234.5", "max_perf", 1234.5),
        ("VAST_LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("LOG_FORMAT", "JSON", "log_format", "json"),
    ],
)
def test_a_good_value_is_taken(name: str, text: str, attribute: str, value: object) -> None:
    environ = {"VAST_TCP_PORT_7": "1", **({} if name != "CONTAINER_ID" else INSTANCE), name: text}
    settings = read_settings(environ)
    assert getattr(settings, attribute) == value
    assert type(getattr(settings, attribute)) is type(value)


def test_the_largest_body_must_find_room() -> None:
    environ = {"BODY_LIMIT_MIB": "64", "BODY_MEMORY_MIB": "64"}
    assert read_settings(environ).body_memory == 64 * MIB
    with pytest.raises(BadSettings, match="BODY_MEMORY_MIB must not be below BODY_LIMIT_MIB"):
        read_settings({**environ, "BODY_MEMORY_MIB": "63"})


def test_blanks_around_a_value_do_not_count() -> None:
    assert read_settings({"WORKER_PORT": " 81\n"}).worker_port == 81


@pytest.mark.parametrize(
    ("host", "port", "use_ssl", "url"),
    [
        ("1.2.3.4", "40123", "false", "http://1.2.3.4:40123"),
        ("1.2.3.4", "40123", "true", "https://1.2.3.4:40123"),
        ("2001:db8::1", "0", "true", "https://[2001:db8::1]:5678"),
    ],
)
def test_the_reported_url_is_the_public_one(host: str, port: str, use_ssl: str, url: str) -> None:
    environ = {"PUBLIC_IPADDR": host, "VAST_TCP_PORT_3000": port, "USE_SSL": use_ssl}
    assert read_settings(environ).identity(listening_port=5678).url == url


# --- bad values


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("CONTAINER_ID", ["C.4711", "-1", "1.0", "²", "1" * 19]),
        ("REPORT_ADDR", ["run.vast.ai", "http://", "https://a,ftp://b", ","]),
        ("REPORT_ADDR", ["http://a:port", "http://a:65536", "http://:80", "http://[::1"]),
        ("REPORT_ADDR", ["http://user:secret@a", "http://a?x=1", "http://bücher.example"]),
        ("PUBLIC_IPADDR", ["http://1.2.3.4", "1.2.3.4 5", "[]", "a@b", "a\x07b"]),
        ("WORKER_PORT", ["http", "-1", "65536", "30 00", "3000.0", "٣٠٠٠"]),
        ("VAST_TCP_PORT_3000", ["none", "-1", "65536"]),
        ("WORKER_HOST", ["0.0.0.0/0", "a b"]),
        ("USE_SSL", ["1", "yes", "on"]),
        ("UNSECURED", ["maybe", "2", "tru"]),
        (
            "MODEL_SERVER_URL",
            ["127.0.0.1:5001", "http://127.0.0.1:x", "http://a..b", "unix:/tmp/s"],
        ),
        ("MODEL_HEALTH_ENDPOINT", ["health", "/a b", "/gesund\x01", "/ü"]),
        ("WORKLOAD", ["tokens", "prompt*2", "-1*prompt", "0", "prompt+", "import os"]),
        ("GRACE_SECONDS", ["soon", "-0.1", "inf", "nan", "1e999"]),
        ("BODY_LIMIT_MIB", ["0", "-1", "all", "inf", "1e300", "1e-9"]),
        ("CONNECT_TIMEOUT_SECONDS", ["0", "-5", "5s"]),
        ("MODEL_TIMEOUT_SECONDS", ["-1", "none"]),
        ("MAX_PERF", ["0", "-100", "fast", "inf"]),
        ("VAST_LOG_LEVEL", ["verbose", "10"]),
        ("LOG_FORMAT", ["xml", "logfmt"]),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable(name: str, texts: list[str]) -> None:
    base = INSTANCE if name == "CONTAINER_ID" else {}
    for text in texts:
        [sentence] = problems({**base, name: text})
        assert sentence.startswith(f"{name} must be ")
        assert sentence.endswith(f", not {text.strip()!r}")
        assert sentence.isprintable()


def test_every_bad_variable_is_told_at_once() -> None:
    sentences = problems({"WORKER_PORT": "x", "GRACE_SECONDS": "-1", "LOG_FORMAT": "xml"})
    assert [sentence.split()[0] for sentence in sentences] == [
        "WORKER_PORT",
        "GRACE_SECONDS",
        "LOG_FORMAT",
    ]


@pytest.mark.parametrize("name", ["PUBLIC_IPADDR", "VAST_TCP_PORT_3000", "WORKER_PORT"])
def test_what_an_instance_must_have_is_named(name: str) -> None:
    environ = {key: value for key, value in INSTANCE.items() if key != name}
    [sentence] = problems(environ)
    assert sentence == f"{name} must be set on an instance (CONTAINER_ID is set)"


def test_a_bad_port_says_nothing_of_the_variable_that_is_named_after_it() -> None:
    [sentence] = problems({**INSTANCE, "WORKER_PORT": "x"})
    assert sentence.startswith("WORKER_PORT must be")


def test_a_long_bad_value_is_cut() -> None:
    [sentence] = problems({"LOG_FORMAT": "x" * 100_000})
    assert len(sentence) < 300


def test_bytes_that_are_no_text_are_refused_without_showing_a_secret() -> None:
    assert problems({"MASTER_TOKEN": "s3cr\udcffet"}) == ["MASTER_TOKEN must be UTF-8 text"]
    [sentence] = problems({"MODEL_LOG": "/a\udcff.log"})
    assert sentence == r"MODEL_LOG must be UTF-8 text, not '/a\udcff.log'"


def test_who_must_report_a_problem_is_known_as_far_as_can_be() -> None:
    with pytest.raises(BadSettings) as raised:
        read_settings({**INSTANCE, "REPORT_ADDR": "http://as:1", "GRACE_SECONDS": "x"})
    identity = raised.value.identity
    assert identity.container_id == 4711
    assert identity.master_token == "a-secret"
    assert identity.report_addresses == ("http://as:1",)
    assert identity.url == "http://10.1.2.3:40123"


def test_no_text_form_of_settings_shows_the_token() -> None:
    settings = read_settings(INSTANCE)
    assert "a-secret" not in repr(settings)
    assert "a-secret" not in repr(settings.identity(3000))


# --- any environment

_NAMES = st.sampled_from([*(n for n in VARIABLES if "<" not in n), "VAST_TCP_PORT_3000"])
# What an operating system can hold: anything but NUL, undecodable bytes as lone surrogates.
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=30)
_PLAUSIBLE = st.one_of(
    st.sampled_from(["true", "0", "1", "3000", "1e308", "-0", "nan", "[", "DEBUG", "json", "/x"]),
    st.floats().map(str),
    st.integers().map(str),
    st.builds("http://{}".format, _TEXTS),
    st.builds("http://{}:{}/{}".format, _TEXTS, st.integers(-1, 70_000), _TEXTS),
    _TEXTS,
)


@given(st.dictionaries(_NAMES, _PLAUSIBLE, max_size=6))
def test_any_environment_gives_sane_settings_or_sentences(environ: dict[str, str]) -> None:
    try:
        settings = read_settings(environ)
    except BadSettings as error:
        _check_sentence(error)
        return
    _check_settings(settings)


def _check_sentence(error: BadSettings) -> None:
    assert " must be " in str(error)
    assert str(error).isprintable()
    orjson.loads(launch_failure(error.identity, str(error)).encode())


def _check_settings(settings: Settings) -> None:
    for name, wanted in get_type_hints(Settings).items():
        parts = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
        kinds = tuple(get_origin(part) or part for part in parts)
        assert isinstance(getattr(settings, name), kinds), name
    assert 0 <= settings.worker_port <= 65535
    assert settings.grace >= 0
    assert math.isfinite(settings.grace)
    assert settings.connect_timeout > 0
    assert settings.model_timeout > 0
    assert settings.body_limit > 0
    assert settings.max_perf is None or 0 < settings.max_perf < math.inf
    urls = [*settings.report_addresses, settings.model_server_url]
    for url in filter(None, urls):
        assert httpcore.URL(url).host
        assert httpx.URL(url).host
    # Whatever was accepted can be reported.
    orjson.loads(launch_failure(settings.identity(3000), "").encode())
