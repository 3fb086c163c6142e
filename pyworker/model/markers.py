"""What lines of the model's log mean. Pure: bytes in, events out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pyworker._native import MarkerSet

Kind = Literal["error", "load", "info"]

# An event's line goes into our log and into `error_msg` of a report, so it must not be a dump.
MAX_EVENT_CHARACTERS = 2000
# What is shown of a long line before its marker.
_LEAD_CHARACTERS = 200

# Terminal sequences: CSI (colours), OSC (titles, links), and the two-character ones.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\-~])")
# What would move the cursor or ring the bell of whoever reads our log; tabs may stay.
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line that means something.

    Attributes:
        kind: error: the model server has failed. load: it says that the model is loaded. info:
            worth a line in our log.
        marker: The marker that was found.
        line: The line as text: undecodable bytes replaced, terminal sequences and control
            characters removed, at most MAX_EVENT_CHARACTERS.
    """

    kind: Kind
    marker: str
    line: str


class LogMarkers:
    """Markers of a worker definition, ready to be looked for.

    A marker is a literal, case-sensitive substring of the raw bytes of a line. It cannot ask for
    the end of a line, and it does not look through colours: TGI in text mode ends its line with
    `: Connected`, and the fields before that have ANSI sequences between them, so a marker that
    spans two fields is not found.

    A line has one event. Error wins over load and load over info, since a message of failure may
    contain the one of success: `BACKENDS_READY_TIMEOUT`.

    Raises:
        ValueError: A marker cannot work; the message is one sentence that names it.
    """

    def __init__(
        self,
        on_error: Sequence[str] = (),
        on_load: Sequence[str] = (),
        on_info: Sequence[str] = (),
    ) -> None:
        groups: tuple[tuple[Kind, Sequence[str]], ...] = (
            ("error", on_error),
            ("load", on_load),
            ("info", on_info),
        )
        for kind, markers in groups:
            if isinstance(markers, str):
                raise ValueError(f"on_{kind} is the text {markers!r}, not a list of texts")
        # In the order of their priority, which is how MarkerSet decides within a line.
        self._markers: list[tuple[Kind, str]] = [
            (kind, marker) for kind, markers in groups for marker in markers
        ]
        for kind, marker in self._markers:
            _check(kind, marker)
        _check_load_can_win(on_error, on_load)
        self._encoded = [marker.encode() for _, marker in self._markers]
        self._set = MarkerSet(self._encoded)

    def scan(self, block: bytes) -> list[LogEvent]:
        r"""The events of a block of lines, in the order of the lines.

        Args:
            block: Lines that end with `\n` or `\r`, as `follow` gives them. A last line without
                an end counts as a line.
        """
        events: list[LogEvent] = []
        for index, start, end in self._set.scan(block):
            kind, marker = self._markers[index]
            line = _readable(block[start:end], self._encoded[index], marker)
            events.append(LogEvent(kind, marker, line))
        return events


def _check(kind: Kind, marker: str) -> None:
    if not marker:
        raise ValueError(f"on_{kind} has an empty marker '', which every line would match")
    if "\n" in marker or "\r" in marker:
        raise ValueError(f"on_{kind} marker {marker!r} has a line end, so no line can match it")
    if "\0" in marker:
        raise ValueError(f"on_{kind} marker {marker!r} has a NUL, which is dropped from the log")
    try:
        marker.encode()
    except UnicodeEncodeError:
        raise ValueError(f"on_{kind} marker {marker!r} is not valid Unicode text") from None


def _check_load_can_win(on_error: Sequence[str], on_load: Sequence[str]) -> None:
    for load in on_load:
        for error in on_error:
            if error in load:
                raise ValueError(
                    f"on_load marker {load!r} contains on_error marker {error!r}, so every line"
                    " that says the model is loaded would be an error"
                )


def _readable(line: bytes, encoded: bytes, marker: str) -> str:
    # Cleaned before it is cut, since a cut could leave half a sequence. A line is at most 64 KiB.
    text = _clean(line)
    if len(text) <= MAX_EVENT_CHARACTERS:
        return text
    # Where the marker begins once what stands before it is clean.
    position = len(_clean(line[: line.find(encoded)]))
    start = max(0, position - _LEAD_CHARACTERS)
    if position + len(marker) <= MAX_EVENT_CHARACTERS:
        start = 0
    return text[start : start + MAX_EVENT_CHARACTERS]


def _clean(line: bytes) -> str:
    return _CONTROLS.sub("", _ESCAPES.sub(b"", line).decode(errors="replace")).strip()
