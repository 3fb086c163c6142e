"""Foreign texts and numbers made fit for a terminal. Pure."""

import unicodedata
from typing import Literal

Paint = Literal["plain", "bold", "dim", "red", "green", "yellow", "cyan"]

_SGR: dict[Paint, str] = {
    "plain": "",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "cyan": "\x1b[36m",
}
_RESET = "\x1b[0m"


def printable(text: str) -> str:
    """`text` on one line, without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text).strip()


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(map(_columns, text))


def clip(text: str, width: int) -> str:
    """`text` cut to `width` columns; what is cut ends with an ellipsis."""
    if columns(text) <= width:
        return text
    kept: list[str] = []
    left = width - 1
    for char in text:
        left -= _columns(char)
        if left < 0:
            break
        kept.append(char)
    return "".join(kept) + "…" if width > 0 else ""


def paint(text: str, how: Paint, colour: bool) -> str:
    """`text` in a colour, when the terminal shows colours."""
    return f"{_SGR[how]}{text}{_RESET}" if colour and _SGR[how] else text


def number(value: float) -> str:
    """An amount in at most seven characters: 0, 12.5, 850, 12.4k, 3.2M."""
    if value < 0.001:
        return f"{value:.0e}" if value else "0"
    for unit, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if value >= size:
            scaled = value / (size if unit != "k" else 1e3)
            return f"{scaled:.3g}{unit}" if scaled < 100 else f"{scaled:.0f}{unit}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def seconds(value: float) -> str:
    """A duration in at most six characters: 0.4s, 12s, 5m03, 2h05, 3d04."""
    if value < 9.95:
        return f"{value:.1f}s"
    whole = round(value)
    if whole < 100:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}"


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
