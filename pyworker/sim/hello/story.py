"""What the server logs in its life: its own lines with their time, and JSON while it downloads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import orjson

from pyworker.sim.hello.settings import HelloSettings
from pyworker.sim.log import Line, PlainLine
from pyworker.sim.story import Step, Story

_FILE = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the server's own."""

    message: str
    level: Literal["INFO", "ERROR"] = "INFO"

    def render(self, at: datetime) -> bytes:
        """See Line."""
        milliseconds = at.microsecond // 1000
        return f"{at:%Y-%m-%d %H:%M:%S},{milliseconds:03} {self.level} {self.message}\n".encode()


@dataclass(frozen=True, slots=True)
class DownloaderSaid:
    """A line of what fetches the model, which logs JSON."""

    message: str

    def render(self, at: datetime) -> bytes:
        """See Line."""
        time = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        record = {"timestamp": time, "level": "INFO", "message": self.message}
        return orjson.dumps(record) + b"\n"


def story_of(settings: HelloSettings) -> Story:
    """What is logged from start to end, by how the start is to go."""
    return Story(
        boot=_boot(settings),
        fails=settings.fail_start == "model",
        # It would be told of a taken port after it has loaded, and had said that it started.
        binds_first=True,
        taken=_taken,
        crashing=[
            Said("the model has died", "ERROR"),
            *_traceback("RuntimeError: CUDA error: an illegal memory access was encountered"),
        ],
        crashed=[],
        stopping=[Said("stopping infer server")],
        stopped=[Said("infer server has stopped")],
    )


def _boot(settings: HelloSettings) -> Sequence[Step]:
    total = settings.load_seconds
    took = round(total * 0.4)
    fetched = f"Downloaded {_FILE} in {took // 3600}:{took // 60 % 60:02}:{took % 60:02}"
    steps = [
        Step(0.0, Said("starting infer server")),
        Step(0.0, DownloaderSaid(f"Download file: {_FILE}")),
        Step(total * 0.4, DownloaderSaid(fetched)),
        Step(total * 0.4, Said("loading weights")),
    ]
    if settings.fail_start == "model":
        why = _traceback("Exception: corrupted model file")
        return steps + [Step(total * 0.6, line) for line in why]
    return [*steps, Step(total, Said("infer server has started"))]


def _taken(address: str, code: int, reason: str) -> list[Line]:
    return [
        Said(f"cannot listen on {address}", "ERROR"),
        *_traceback(f"OSError: [Errno {code}] {reason}"),
    ]


def _traceback(last: str) -> list[Line]:
    frame = '  File "/opt/infer/server.py", line 24, in <module>'
    return [PlainLine(text) for text in ("Traceback (most recent call last):", frame, last)]
