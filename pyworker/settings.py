"""Every environment variable: its unit and default, read once into a frozen object. No I/O.

Two situations. With CONTAINER_ID set we are on a rented instance, and what the host must give has
no default. Without it this is a local run, which needs no variable at all and reports to a local
autoscaler (`python -m pyworker autoscaler`).
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from pyworker.autoscaler.wire import Identity
from pyworker.errors import SettingsError

MIB = 1024 * 1024

T = TypeVar("T")

VARIABLES: dict[str, tuple[str, str]] = {
    # name: (default, meaning with unit)
    "CONTAINER_ID": ("0 (local run)", "number of the instance; set means: on a rented instance"),
    "REPORT_ADDR": (
        "http://127.0.0.1:8080, on an instance https://run.vast.ai",
        "autoscaler addresses, comma separated, in order of preference",
    ),
    "MASTER_TOKEN": ("empty", "proof of the instance, sent in reports; a secret"),
    "PUBLIC_IPADDR": ("127.0.0.1, on an instance none", "host by which clients reach the worker"),
    "WORKER_PORT": ("3000, on an instance none", "port to listen on; 0 lets the kernel choose"),
    "VAST_TCP_PORT_<WORKER_PORT>": (
        "WORKER_PORT, on an instance none",
        "port by which clients reach the worker",
    ),
    "WORKER_HOST": ("0.0.0.0", "address to listen on"),
    "USE_SSL": ("false", "`true` serves TLS"),
    "INSTANCE_CERT": ("/etc/instance.crt", "certificate chain, PEM"),
    "INSTANCE_KEY": ("/etc/instance.key", "private key, PEM"),
    "UNSECURED": ("false", "`true` accepts requests without a signature"),
    "MODEL_SERVER_URL": ("by worker", "base URL of the model server"),
    "MODEL_LOG": ("by worker", "log file of the model server"),
    "MODEL_HEALTH_ENDPOINT": ("by worker", "path or URL that answers 200 when the model is well"),
    "MODEL_NAME": ("empty", "name of the served model; part of the benchmark's key"),
    "TOKENIZER": (
        "auto",
        (
            "what counts prompt tokens: path of a tokenizer.json, a model id in the local Hugging"
            " Face cache, or auto"
        ),
    ),
    "GRACE_SECONDS": ("30", "how long requests may take to finish after SIGTERM, seconds"),
    "BODY_LIMIT_MIB": ("100", "largest request body, MiB"),
    "CONNECT_TIMEOUT_SECONDS": ("5", "limit for connecting to the model server, seconds"),
    "MODEL_TIMEOUT_SECONDS": (
        "0",
        "longest silence of the model server within one request, seconds; 0 is no limit",
    ),
    "BENCHMARK_CACHE": (".pyworker-benchmark.json", "file that keeps benchmark results"),
    "MAX_PERF": ("empty", "pins the throughput, workload/s, instead of a benchmark"),
    "VAST_LOG_LEVEL": ("INFO", "DEBUG, INFO, WARNING or ERROR"),
    "LOG_FORMAT": ("text", "`text`, or `json` for one JSON object a line"),
}

_TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE = frozenset({"n", "no", "f", "false", "off", "0"})


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
    use_ssl: bool
    certificate: str
    private_key: str
    unsecured: bool
    model_server_url: str | None
    model_log: str | None
    model_health_endpoint: str | None
    model_name: str
    tokenizer: str
    grace: float
    body_limit: int
    connect_timeout: float
    model_timeout: float
    benchmark_cache: str
    max_perf: float | None
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
    container_id = read.value("CONTAINER_ID", _whole, None if on_instance else 0)
    worker_port = read.value("WORKER_PORT", _port, None if on_instance else 3000)
    # The public port's variable is named after this one: without it, nothing can be asked of that.
    port_known = "WORKER_PORT" not in read.problems
    settings = Settings(
        container_id=container_id,
        master_token=read.value("MASTER_TOKEN", str, ""),
        report_addresses=read.value(
            "REPORT_ADDR",
            _addresses,
            ("https://run.vast.ai",) if on_instance else ("http://127.0.0.1:8080",),
        ),
        public_host=read.value("PUBLIC_IPADDR", _host, None if on_instance else "127.0.0.1"),
        public_port=read.value(
            f"VAST_TCP_PORT_{worker_port}",
            _port,
            None if on_instance and port_known else worker_port,
        ),
        worker_host=read.value("WORKER_HOST", _host, "0.0.0.0"),
        worker_port=worker_port,
        use_ssl=read.value("USE_SSL", _true_or_false, default=False),
        certificate=read.value("INSTANCE_CERT", str, "/etc/instance.crt"),
        private_key=read.value("INSTANCE_KEY", str, "/etc/instance.key"),
        unsecured=read.value("UNSECURED", _boolean, default=False),
        model_server_url=read.optional("MODEL_SERVER_URL", _url),
        model_log=read.optional("MODEL_LOG", str),
        model_health_endpoint=read.optional("MODEL_HEALTH_ENDPOINT", _path_or_url),
        model_name=read.value("MODEL_NAME", str, ""),
        tokenizer=read.value("TOKENIZER", str, "auto"),
        grace=read.value("GRACE_SECONDS", _not_negative, 30.0),
        body_limit=round(read.value("BODY_LIMIT_MIB", _mebibytes, 100.0) * MIB),
        connect_timeout=read.value("CONNECT_TIMEOUT_SECONDS", _positive, 5.0),
        model_timeout=read.value("MODEL_TIMEOUT_SECONDS", _not_negative, 0.0) or math.inf,
        benchmark_cache=read.value("BENCHMARK_CACHE", str, ".pyworker-benchmark.json"),
        max_perf=read.optional("MAX_PERF", _positive),
        log_level=read.value("VAST_LOG_LEVEL", _level, "INFO"),
        log_format=read.value("LOG_FORMAT", _log_format, "text"),
    )
    if read.problems:
        raise BadSettings(list(read.problems.values()), settings.identity(listening_port=0))
    return settings


class _Reader:
    """Reads variables and collects what is wrong with them; an empty variable counts as unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: dict[str, str] = {}  # by variable

    def value(self, name: str, parse: Callable[[str], T], default: T | None) -> T:
        """The variable's value, or `default`; None as default means that it must be set."""
        value = self.optional(name, parse)
        if value is not None:
            return value
        if default is not None:
            return default
        if name not in self.problems:
            self.problems[name] = f"{name} must be set on an instance (CONTAINER_ID is set)"
        # Reading goes on, so that all problems are told at once; the value is never used.
        return parse(_PLACEHOLDERS.get(name, "1"))

    def optional(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The variable's value, or None when unset or wrong."""
        text = self._environ.get(name, "").strip()
        if not text:
            return None
        try:
            return parse(_utf8(text))
        except ValueError as error:
            shown = "" if name in _SECRETS else f", not {text[:_SHOWN_CHARACTERS]!r}"
            self.problems[name] = f"{name} must be {error}{shown}"
            return None


# What is shown of a wrong value: enough to find it, not the file that somebody pasted there.
_SHOWN_CHARACTERS = 200
_SECRETS = frozenset({"MASTER_TOKEN"})
_PLACEHOLDERS = {"PUBLIC_IPADDR": "unknown", "REPORT_ADDR": "http://127.0.0.1:8080"}


def _utf8(text: str) -> str:
    # Bytes that are no text come as lone surrogates, which no JSON of a report can hold.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("UTF-8 text") from None
    return text


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("a whole number")
    return int(text)


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError("a port number from 0 to 65535")
    return int(text)


def _positive(text: str) -> float:
    value = _number(text)
    if not value > 0:
        raise ValueError("a number above 0")
    return value


def _mebibytes(text: str) -> float:
    value = _number(text)
    if not 0.001 <= value <= 1e6:
        raise ValueError("a number from 0.001 to 1000000")
    return value


def _not_negative(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise ValueError("a number that is 0 or more")
    return value


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("a number")
    return value


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("true or false")


def _true_or_false(text: str) -> bool:
    # Stricter than _boolean: older workers took USE_SSL=1 and USE_SSL=True for false, so neither
    # may mean true.
    if text != "true" and text.lower() != "false":
        raise ValueError('"true" or "false"')
    return text == "true"


def _url(text: str) -> str:
    # ASCII, because HTTP clients differ in what they make of the rest; and no user name, because
    # a password in an address would get into the log with it.
    if not (
        text.isascii()
        and text.isprintable()
        and re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text)
        and _has_host_and_port(text)
    ):
        raise ValueError("an http:// or https:// URL")
    return text.rstrip("/")


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # As whoever looks the name up does: it fails for `run..vast.ai` and for a label too long.
        (parts.hostname or "").encode("idna")
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # or a port that is no number, or a bracket without its other half
        return False


def _path_or_url(text: str) -> str:
    if not text.startswith("/"):
        return _url(text)
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("a path or URL without blanks, in ASCII")
    return text


def _addresses(text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError("one or more URLs, comma separated")
    return tuple(_url(part) for part in parts)


def _host(text: str) -> str:
    host = text.strip("[]")
    if not host or not host.isprintable() or re.search(r"[\s/?#@]", host):
        raise ValueError("a host name or address")
    return host


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def _log_format(text: str) -> str:
    if text.lower() not in {"text", "json"}:
        raise ValueError("text or json")
    return text.lower()
