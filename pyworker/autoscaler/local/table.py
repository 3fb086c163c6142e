"""The live table: the book drawn as lines for a terminal of a given size. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pyworker.autoscaler.local.routing import expected_wait
from pyworker.autoscaler.local.state import Autoscaler, Refusal
from pyworker.autoscaler.local.text import (
    Paint,
    clip,
    columns,
    number,
    paint,
    printable,
    seconds,
)
from pyworker.autoscaler.local.workers import Worker, WorkerState

_STATE_PAINT: dict[WorkerState, Paint] = {
    "ready": "green",
    "loading": "yellow",
    "error": "red",
    "silent": "dim",
}
_REFUSALS_SHOWN = 5
_GAP = "  "
# A report is due every 10 s; a second more is its way here.
_LATE_SECONDS = 11.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the terminal can show: columns, lines, and whether it has colours."""

    width: int
    height: int
    colour: bool


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    how: Paint = "plain"


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    left: bool = False


_COLUMNS = (
    _Column("WORKER"),
    _Column("STATE", left=True),
    _Column("VERSION", left=True),
    _Column("LOAD"),
    _Column("WAIT"),
    _Column("PERF"),
    _Column("MAX/S"),
    _Column("WORKING"),
    _Column("RECV"),
    _Column("REJ"),
    _Column("AGE"),
)


def frame(book: Autoscaler, now: float, *, url: str, look: Look) -> list[str]:
    """The lines of one picture, at most `look.height` of them and none wider than the terminal.

    When there is not room for all workers, those that were heard of last are shown.
    """
    above = ["", _title(book, now, url, look), ""]
    below = ["", *_totals(book, look), *_refusals(book, now, look)]
    room = max(look.height - len(above) - len(below) - 1, 1)
    rows = _workers(book, now, look, room)
    return [*above, *rows, *below][: look.height]


def _title(book: Autoscaler, now: float, url: str, look: Look) -> str:
    left = f" autoscaler  {url}"
    endpoint = printable(book.endpoint.name)
    right = f"endpoint {endpoint}   up {seconds(now - book.started_at)} "
    if columns(left) + columns(right) + 2 > look.width:
        return paint(clip(left, look.width), "bold", look.colour)
    space = " " * (look.width - columns(left) - columns(right))
    return paint(left, "bold", look.colour) + space + paint(right, "dim", look.colour)


def _workers(book: Autoscaler, now: float, look: Look, room: int) -> list[str]:
    workers = list(book.workers.values())
    if not workers:
        return [paint(clip(" no worker has reported yet", look.width), "dim", look.colour)]
    shown = sorted(_fitting(workers, room), key=lambda worker: worker.id)
    table = [_row(worker, now) for worker in shown]
    widths = [
        max([len(column.title), *(columns(row[i].text) for row in table)])
        for i, column in enumerate(_COLUMNS)
    ]
    head = [_Cell(column.title, "dim") for column in _COLUMNS]
    lines = [_line(head, widths, look)]
    for worker, row in zip(shown, table, strict=True):
        lines.append(_line(row, widths, look))
        if error := _error(worker):
            lines.append(paint(clip(f"         {error}", look.width), "red", look.colour))
    if len(shown) < len(workers):
        more = f" and {len(workers) - len(shown)} more; GET /state has them all"
        lines.append(paint(clip(more, look.width), "dim", look.colour))
    return lines


def _fitting(workers: list[Worker], room: int) -> list[Worker]:
    """The newest of `workers` whose lines fit into `room`, with one line to count the others."""
    needed = [2 if _error(worker) else 1 for worker in workers]
    if sum(needed) <= room:
        return workers
    left, first = room - 1, len(workers)
    while first > 0 and left >= needed[first - 1]:
        first -= 1
        left -= needed[first]
    return workers[first:]


def _error(worker: Worker) -> str:
    return printable(worker.report.error_msg) if worker.report is not None else ""


def _row(worker: Worker, now: float) -> list[_Cell]:
    state = worker.state(now)
    report = worker.report
    if report is None:
        blanks = [_Cell("-", "dim")] * (len(_COLUMNS) - 2)
        return [_Cell(str(worker.id)), _Cell(state, _STATE_PAINT[state]), *blanks]
    age = now - worker.report_at
    rejected = worker.ended["Rejected"]
    return [
        _Cell(str(worker.id)),
        _Cell(state, _STATE_PAINT[state]),
        _Cell(_version(worker)),
        _Cell(number(worker.load(now))),
        _Cell(_wait(worker, now)),
        _Cell(number(float(worker.served_rate))),
        _Cell(number(worker.max_perf)),
        _Cell(number(report.num_requests_working)),
        _Cell(number(report.num_requests_recieved)),
        _Cell(number(rejected), "yellow" if rejected else "plain"),
        _Cell(seconds(age), "yellow" if age > _LATE_SECONDS else "plain"),
    ]


def _version(worker: Worker) -> str:
    version = worker.report.version if worker.report is not None else None
    # The letter is the generation of signatures that it gets.
    return f"{printable(version)} {worker.form}" if version else f"none {worker.form}"


def _wait(worker: Worker, now: float) -> str:
    wait = expected_wait(worker.load(now), worker.max_perf)
    return "?" if wait is None else seconds(wait)


def _line(cells: Iterable[_Cell], widths: list[int], look: Look) -> str:
    """One row; the column that crosses the right edge is cut there."""
    line, used = " ", 1
    for cell, width, column in zip(cells, widths, _COLUMNS, strict=True):
        room = look.width - used
        if room <= 0:
            break
        space = " " * (width - columns(cell.text))
        text = clip(cell.text + space if column.left else space + cell.text, room)
        line += paint(text, cell.how, look.colour)
        used += columns(text)
        gap = _GAP[: max(look.width - used, 0)]
        line += gap
        used += len(gap)
    return line.rstrip()


def _totals(book: Autoscaler, look: Look) -> list[str]:
    routes = book.routes
    asked = (
        f" routes   {routes['ready']} ready   {routes['waiting']} waiting   "
        f"{routes['refused']} refused   granted {number(float(book.granted_cost))} of workload"
    )
    endings = [f"{count} {name}" for name, count in sorted(book.ended.items())]
    over = f" ended    {'   '.join(endings) or 'none yet'}"
    return [clip(asked, look.width), clip(over, look.width)]


def _refusals(book: Autoscaler, now: float, look: Look) -> list[str]:
    if not book.refused:
        return []
    last = list(book.recent_refusals)[-_REFUSALS_SHOWN:]
    head = paint(clip(f" refused  {book.refused} in all", look.width), "red", look.colour)
    return [head, *(clip(_refusal(refusal, now), look.width) for refusal in reversed(last))]


def _refusal(refusal: Refusal, now: float) -> str:
    who = f"worker {refusal.worker_id}" if refusal.worker_id is not None else refusal.client
    when = f"{seconds(now - refusal.at)} ago"
    message = printable(refusal.message)
    return f"  {when:>10}  {refusal.status} {refusal.path}  {who}  {message}"
