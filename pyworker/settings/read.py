"""Every environment variable: its unit and default, read once into a frozen object. No I/O.

Two situations. With CONTAINER_ID set we are on a rented instance, and what the host must give has
no default. Without it this is a local run, which needs no variable at all and reports to a local
autoscaler (`python -m pyworker autoscaler`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pyworker.autoscaler.wire import Identity
from pyworker.errors import SettingsError
from pyworker.settings import parse
from pyworker.workload.expressions import WorkloadExpression

MIB = 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Times are seconds, sizes bytes, None where a worker's own default holds."""

    container_id: int
    master_token: str = field(repr=False)
    report_addresses: tuple[str, ...]
    public_host: str
    public_port: int
    worker_host: str
    worker_port: int
    worker_http_port: int
    use_ssl: bool
    certificate: str
    private_key: str
    unsecured: bool
    model_server_url: str | None
    model_log: str | None
    model_health_endpoint: str | None
    model_id: str
    model_name: str
    load_markers: tuple[str, ...] | None
    error_markers: tuple[str, ...] | None
    info_markers: tuple[str, ...] | None
    readiness: frozenset[str] | None
    readiness_timeout: float
    probe_timeout: float
    tokenizer: str
    workload: WorkloadExpression | None
    grace: float
    body_limit: int
    body_memory: int
    connect_timeout: float
    model_timeout: float
    benchmark_cache: str
    max_perf: float | None
    benchmark_width: int
    benchmark_height: int
    benchmark_steps: int
    benchmark_json: str | None
    benchmark_route: str
    benchmark_voice: str
    benchmark_embed_chars: int
    openai_routes: tuple[str, ...] | None
    comfy_model: str
    comfy_output: str
    backend_health_url: str | None
    null_control_port: int
    max_reservation: float
    log_level: str
    log_format: str

    def identity(self, listening_port: int) -> Identity:
        """Who we are on the wire, once the port is known (`public_port` 0 means the same one)."""
        scheme = "https" if self.use_ssl else "http"
        port = self.public_port or listening_port
        return Identity(
            container_id=self.container_id,
            master_token=self.master_token,
            url=f"{scheme}://{_bracketed(self.public_host)}:{port}",
            report_addresses=self.report_addresses,
        )


class BadSettings(SettingsError):
    """One or more settings are bad. `identity` says who must report it, as far as is known."""

    def __init__(self, problems: list[str], identity: Identity) -> None:
        super().__init__("; ".join(problems))
        self.identity = identity


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read all settings.

    Raises:
        BadSettings: One sentence for each variable that is missing or wrong, all of them at once.
    """
    read = _Reader(environ)
    on_instance = bool(environ.get("CONTAINER_ID", "").strip())
    container_id = read.value("CONTAINER_ID", parse.whole, None if on_instance else 0)
    worker_port = read.value("WORKER_PORT", parse.port, None if on_instance else 3000)
    # The public port's variable is named after this one: without it, nothing can be asked of that.
    port_known = "WORKER_PORT" not in read.problems
    read.optional("IS_DEPLOYMENT", parse.no_deployment)
    body_limit = round(read.value("BODY_LIMIT_MIB", parse.mebibytes, 100.0) * MIB)
    settings = Settings(
        container_id=container_id,
        master_token=read.value("MASTER_TOKEN", str, ""),
        report_addresses=read.value(
            "REPORT_ADDR",
            parse.addresses,
            ("https://run.vast.ai",) if on_instance else ("http://127.0.0.1:8080",),
        ),
        public_host=read.value("PUBLIC_IPADDR", parse.host, None if on_instance else "127.0.0.1"),
        public_port=read.value(
            f"VAST_TCP_PORT_{worker_port}",
            parse.port,
            None if on_instance and port_known else worker_port,
        ),
        worker_host=read.value("WORKER_HOST", parse.host, "0.0.0.0"),
        worker_port=worker_port,
        worker_http_port=read.value("WORKER_HTTP_PORT", parse.port, _next_port(worker_port)),
        use_ssl=read.value("USE_SSL", parse.true_or_false, default=False),
        certificate=read.value("INSTANCE_CERT", str, "/etc/instance.crt"),
        private_key=read.value("INSTANCE_KEY", str, "/etc/instance.key"),
        unsecured=read.value("UNSECURED", parse.boolean, default=False),
        model_server_url=read.optional("MODEL_SERVER_URL", parse.url),
        model_log=read.optional("MODEL_LOG", str),
        model_health_endpoint=read.optional("MODEL_HEALTH_ENDPOINT", parse.path_or_url),
        model_id=read.value("MODEL_ID", str, ""),
        model_name=read.first("MODEL_NAME", "VLLM_MODEL", "SGLANG_MODEL", "LLAMA_MODEL"),
        load_markers=read.optional("MODEL_LOAD_LOG_MSG", parse.lines),
        error_markers=read.optional("MODEL_ERROR_LOG_MSGS", parse.lines),
        info_markers=read.optional("MODEL_INFO_LOG_MSGS", parse.lines),
        readiness=read.optional("READINESS", parse.readiness),
        readiness_timeout=read.value("READINESS_TIMEOUT", parse.positive, 300.0),
        probe_timeout=read.value("HEALTHCHECK_PROBE_TIMEOUT", parse.positive, 10.0),
        tokenizer=read.value("TOKENIZER", str, "auto"),
        workload=read.optional("WORKLOAD", WorkloadExpression.parse),
        grace=read.value("GRACE_SECONDS", parse.not_negative, 30.0),
        body_limit=body_limit,
        body_memory=_body_memory(read, body_limit),
        connect_timeout=read.value("CONNECT_TIMEOUT_SECONDS", parse.positive, 5.0),
        model_timeout=read.value("MODEL_TIMEOUT_SECONDS", parse.not_negative, 0.0) or math.inf,
        benchmark_cache=read.value("BENCHMARK_CACHE", str, ".pyworker-benchmark.json"),
        max_perf=read.optional("MAX_PERF", parse.positive),
        benchmark_width=read.value("BENCHMARK_TEST_WIDTH", parse.pixels, 512),
        benchmark_height=read.value("BENCHMARK_TEST_HEIGHT", parse.pixels, 512),
        benchmark_steps=read.value("BENCHMARK_TEST_STEPS", parse.count, 20),
        benchmark_json=read.optional("BENCHMARK_JSON_PATH", str),
        benchmark_route=read.value("BENCHMARK_ROUTE", parse.route, "/v1/completions"),
        benchmark_voice=read.value("BENCHMARK_SPEECH_VOICE", str, ""),
        benchmark_embed_chars=read.value("BENCHMARK_EMBED_CHARS", parse.count, 600),
        openai_routes=read.optional("OPENAI_ROUTES", parse.routes),
        comfy_model=read.value("COMFY_MODEL", parse.comfy_model, "flux"),
        comfy_output=read.value("COMFY_OUTPUT_DIR", str, "/workspace/ComfyUI/output"),
        backend_health_url=read.optional("BACKEND_HEALTH_URL", parse.url),
        null_control_port=read.value("NULL_CONTROL_PORT", parse.port, 18999),
        max_reservation=read.value("MAX_RESERVATION_SECONDS", parse.positive, 3600.0),
        log_level=read.value("VAST_LOG_LEVEL", parse.level, "INFO"),
        log_format=read.value("LOG_FORMAT", parse.log_format, "text"),
    )
    if read.problems:
        raise BadSettings(list(read.problems.values()), settings.identity(listening_port=0))
    return settings


class _Reader:
    """Reads variables and collects what is wrong with them; an empty variable counts as unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: dict[str, str] = {}  # by variable

    def value(self, name: str, parser: Callable[[str], T], default: T | None) -> T:
        """The variable's value, or `default`; None as default means that it must be set."""
        value = self.optional(name, parser)
        if value is not None:
            return value
        if default is not None:
            return default
        if name not in self.problems:
            self.problems[name] = f"{name} must be set on an instance (CONTAINER_ID is set)"
        # Reading goes on, so that all problems are told at once; the value is never used.
        return parser(_PLACEHOLDERS.get(name, "1"))

    def first(self, *names: str) -> str:
        """The first of the variables that is set; empty when none is."""
        return next((text for name in names if (text := self.optional(name, str))), "")

    def optional(self, name: str, parser: Callable[[str], T]) -> T | None:
        """The variable's value, or None when unset or wrong."""
        text = self._environ.get(name, "").strip()
        if not text:
            return None
        try:
            return parser(parse.utf8(text))
        except ValueError as error:
            shown = "" if name in _SECRETS else f", not {text[:_SHOWN_CHARACTERS]!r}"
            self.problems[name] = f"{name} must be {error}{shown}"
            return None


# What is shown of a wrong value: enough to find it, not the file that somebody pasted there.
_SHOWN_CHARACTERS = 200
_SECRETS = frozenset({"MASTER_TOKEN"})
_PLACEHOLDERS = {"PUBLIC_IPADDR": "unknown", "REPORT_ADDR": "http://127.0.0.1:8080"}


# Ten of the largest bodies, and little beside the memory of a machine that has a GPU.
_BODY_MEMORY = 1024 * MIB


def _body_memory(read: _Reader, body_limit: int) -> int:
    given = read.optional("BODY_MEMORY_MIB", parse.mebibytes)
    if given is None:
        return max(_BODY_MEMORY, body_limit)
    memory = round(given * MIB)
    if memory < body_limit:
        # The largest body that is allowed would never find room.
        read.problems["BODY_MEMORY_MIB"] = "BODY_MEMORY_MIB must not be below BODY_LIMIT_MIB"
    return memory


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _next_port(port: int) -> int:
    """WORKER_PORT + 1, as older workers have it; 0 where there is no such port."""
    return port + 1 if 0 < port < 65535 else 0
