"""From the text of a variable to its value: each raises ValueError with what the text must be."""

import math
import re
from urllib.parse import urlsplit

_TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE = frozenset({"n", "no", "f", "false", "off", "0"})


def utf8(text: str) -> str:
    """Text that UTF-8 can hold."""
    # Bytes that are no text come as lone surrogates, which no JSON of a report can hold.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("UTF-8 text") from None
    return text


def whole(text: str) -> int:
    """A whole number of at most 18 digits."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("a whole number")
    return int(text)


def port(text: str) -> int:
    """A port number; 0 lets the kernel choose."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError("a port number from 0 to 65535")
    return int(text)


def positive(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if not value > 0:
        raise ValueError("a number above 0")
    return value


def mebibytes(text: str) -> float:
    """A size in MiB."""
    value = number(text)
    if not 0.001 <= value <= 1e6:
        raise ValueError("a number from 0.001 to 1000000")
    return value


def not_negative(text: str) -> float:
    """A finite number of 0 or more."""
    value = number(text)
    if value < 0:
        raise ValueError("a number that is 0 or more")
    return value


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("a number")
    return value


def boolean(text: str) -> bool:
    """A truth value in the words of strtobool."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("true or false")


def true_or_false(text: str) -> bool:
    """A truth value in one of two words only."""
    # Stricter than boolean: older workers took USE_SSL=1 and USE_SSL=True for false, so neither
    # may mean true.
    if text != "true" and text.lower() != "false":
        raise ValueError('"true" or "false"')
    return text == "true"


def url(text: str) -> str:
    """A base URL without query, fragment and user name, and without its last slash."""
    # ASCII, because HTTP clients differ in what they make of the rest; and no user name, because
    # a password in an address would get into the log with it.
    if not (
        text.isascii()
        and text.isprintable()
        and re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text)
        and has_host_and_port(text)
    ):
        raise ValueError("an http:// or https:// URL")
    return text.rstrip("/")


def has_host_and_port(url: str) -> bool:
    """Whether the parts of a URL can be used."""
    try:
        parts = urlsplit(url)
        # As whoever looks the name up does: it fails for `run..vast.ai` and for a label too long.
        (parts.hostname or "").encode("idna")
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # or a port that is no number, or a bracket without its other half
        return False


def path_or_url(text: str) -> str:
    """A path at the model server, or a whole URL."""
    if not text.startswith("/"):
        return url(text)
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("a path or URL without blanks, in ASCII")
    return text


def addresses(text: str) -> tuple[str, ...]:
    """Base URLs in the order given."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError("one or more URLs, comma separated")
    return tuple(url(part) for part in parts)


def host(text: str) -> str:
    """A host name or address, without brackets."""
    host = text.strip("[]")
    if not host or not host.isprintable() or re.search(r"[\s/?#@]", host):
        raise ValueError("a host name or address")
    return host


def level(text: str) -> str:
    """A level of the log, in capitals."""
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def log_format(text: str) -> str:
    """How a line of the log looks."""
    if text.lower() not in {"text", "json"}:
        raise ValueError("text or json")
    return text.lower()


def lines(text: str) -> tuple[str, ...]:
    """The lines of a text, stripped, without empty ones."""
    found = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not found:
        raise ValueError("one or more lines")
    return found


def readiness(text: str) -> frozenset[str]:
    """What says that the model is loaded."""
    parts = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    if not parts or not parts <= {"logs", "healthcheck"}:
        raise ValueError('"logs", "healthcheck", or both')
    return parts


def pixels(text: str) -> int:
    """A side of an image."""
    # Models work on tiles of 8; 16384 is more than any takes.
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 8 <= int(text) <= 16384:
        raise ValueError("a number of pixels from 8 to 16384")
    return int(text)


def count(text: str) -> int:
    """A number of things, at least one."""
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) == 0:
        raise ValueError("a whole number from 1 to 999999")
    return int(text)


def route(text: str) -> str:
    """A path of ours."""
    if not re.fullmatch(r"/[!-~]*", text) or re.search(r"[?#,]", text):
        raise ValueError("a path that begins with /")
    return text


def routes(text: str) -> tuple[str, ...]:
    """Paths of ours, each once, in the order given."""
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not parts:
        raise ValueError("one or more paths, comma separated")
    return tuple(route(part) for part in parts)


def comfy_model(text: str) -> str:
    """The name of a ComfyUI template."""
    if text not in {"flux", "sd3"}:
        raise ValueError("flux or sd3")
    return text


def no_deployment(text: str) -> bool:
    """Nothing but false: see the table."""
    if boolean(text):
        raise ValueError(
            "false (the vastai package fetches and installs deployments, and `pyworker run FILE`"
            " serves one that is here)"
        )
    return False
