"""Plots as SVG that stands within a page: axes with round numbers, dots, lines, bars. No I/O.

Colours are classes of the page's style sheet, so that a plot follows its light and dark form.
"""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 18, 12, 40
_MOST_TICKS = 8
_LEAST = 1e-12  # less than this is nothing

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """From 0 to at least the largest value, in round steps.

    Attributes:
        label: What it counts, with its unit.
        highest: The largest value.
        whole: Steps are whole numbers.
    """

    label: str
    highest: float
    whole: bool = False

    @property
    def ticks(self) -> list[float]:
        """Round numbers from 0 on; the last is where the axis ends."""
        highest = self.highest if _LEAST < self.highest < math.inf else 1.0
        rough = highest / (_MOST_TICKS - 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999999)
        if self.whole:
            step = max(step, 1.0)
        return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)]


class Plot:
    """One plot; what is added later lies above.

    Args:
        across, up: Its axes.
    """

    def __init__(self, across: Axis, up: Axis) -> None:
        self._across, self._up = across, up
        self._ends = across.ticks[-1], up.ticks[-1]
        self._parts: list[str] = []

    def dots(self, points: Iterable[Point], colour: str) -> None:
        """A dot for each point."""
        self._parts += [
            f'<circle r="2" class="{colour}" cx="{self._x(x):.1f}" cy="{self._y(y):.1f}"/>'
            for x, y in points
        ]

    def line(self, points: Sequence[Point], colour: str) -> None:
        """Through all points."""
        path = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)
        self._parts.append(f'<polyline class="line {colour}" points="{path}"/>')

    def bar(self, across: Point, up: Point, colour: str) -> None:
        """A rectangle, from and to, each way."""
        x, y = self._x(across[0]), self._y(up[1])
        # A gap between neighbours, as long as there is room for one.
        width = max(self._x(across[1]) - x - 0.5, 0.5)
        height = self._y(up[0]) - y
        self._parts.append(
            f'<rect class="{colour}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}"'
            f' height="{height:.1f}"/>'
        )

    def svg(self, title: str) -> str:
        """The plot."""
        return (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{html.escape(title)}</title>'
            f"{self._frame()}{''.join(self._parts)}</svg>"
        )

    def _frame(self) -> str:
        left, right, bottom = _LEFT, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        parts: list[str] = []
        for value in self._up.ticks:
            y = self._y(value)
            parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
            parts.append(_text(left - 6, y + 4, "end", number(value)))
        parts += [
            _text(self._x(value), bottom + 16, "middle", number(value))
            for value in self._across.ticks
        ]
        parts.append(f'<path class="axis" d="M{left} {_TOP}V{bottom}H{right}"/>')
        parts.append(_text((left + right) / 2, _HEIGHT - 6, "middle", self._across.label))
        middle = (_TOP + bottom) / 2
        parts.append(
            f'<text transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle">'
            f"{html.escape(self._up.label)}</text>"
        )
        return "".join(parts)

    def _x(self, value: float) -> float:
        return _LEFT + value / self._ends[0] * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self._ends[1] * (_HEIGHT - _TOP - _BOTTOM)


def number(value: float) -> str:
    """A tick's number, without the noise of its last digits."""
    return f"{value:.6g}"


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
