"""Our own log: text for people or one JSON object a line, on stderr.

A record may carry `extra={"fields": {...}}`: key=value pairs in text, members in JSON.
"""

import json
import logging
import sys
import time

import orjson

# Libraries that tell each request or connection, in part with whole URLs.
_NOISY = ("httpx", "httpcore", "h11", "hpack", "hypercorn", "pyworker.http.hypercorn")


class TextFormatter(logging.Formatter):
    """`2026-11-23T12:00:00.123Z INFO pyworker.run: message key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """One record; a traceback follows on lines of its own."""
        message = _printable(record.getMessage())
        line = f"{_timestamp(record)} {record.levelname} {record.name}: {message}"
        fields = getattr(record, "fields", None)
        if fields:
            line += "".join(f" {key}={_shown(value)}" for key, value in fields.items())
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        entry: dict[str, object] = {
            "time": _timestamp(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(entry, default=str).decode()
        except TypeError:  # half a surrogate pair, or a number beyond 64 bits
            return json.dumps({key: str(value) for key, value in entry.items()})


def set_up_logging(level: str, style: str) -> None:
    """Send everything from `level` on to stderr.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        style: text or json.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # What no formatter of ours shows is not worth asking the system for, record by record.
    logging.logThreads = False
    logging.logProcesses = False
    logging.logMultiprocessing = False


def _timestamp(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"


def _printable(text: str) -> str:
    """One line that no terminal obeys: what others wrote is in our messages too."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _shown(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    # Quoted when it would not read back as one value; a line stays one line.
    return repr(text) if not text or not text.isprintable() or " " in text else text
