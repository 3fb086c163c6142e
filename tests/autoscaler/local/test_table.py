import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyworker.autoscaler.local.received import EndedBatch, EndedRequest, read_worker_status
from pyworker.autoscaler.local.state import Autoscaler, Endpoint, Refusal
from pyworker.autoscaler.local.table import Look, frame
from pyworker.autoscaler.local.text import columns

Report = Callable[..., dict[str, Any]]

_URL = "http://127.0.0.1:8080"


@pytest.fixture
def book(report: Report) -> Autoscaler:
    book = Autoscaler(Endpoint(1, "local", "local-key"), now=0.0, epoch=1e9, first_number=1)

    def tell(now: float, generation: str = "C", **changed: Any) -> None:
        body = json.dumps(report(generation, **changed)).encode()
        book.accept_report(read_worker_status(body), now)

    tell(90.0, id=7, max_perf=512.0, cur_load=1024, num_requests_working=3)
    tell(100.0, "A", id=12)
    tell(100.0, id=3, error_msg="CUDA\x1b[2J error: 模型 " + "x" * 300)
    rejected = EndedRequest(1, False, "Rejected")
    book.accept_ended(EndedBatch(7, (rejected,)), 100.0)
    book.refuse(Refusal(98.0, "/worker_status/", "1.2.3.4:5", 400, "id: is missing", "id"))
    return book


def test_the_table_shows_every_worker_and_what_was_refused(book: Autoscaler):
    lines = frame(book, 100.0, url=_URL, look=Look(120, 30, colour=False))
    text = "\n".join(lines)
    assert re.search(r"autoscaler  http://127\.0\.0\.1:8080 +endpoint local   up 1m40", lines[1])
    rows = [line.split()[:4] for line in lines if re.match(r" +\d+  ", line)]
    assert rows[0] == ["3", "error", "1.1.0", "C"]
    assert rows[1] == ["7", "ready", "1.1.0", "C"]
    assert rows[2] == ["12", "loading", "none", "A"]
    ready = next(line for line in lines if " ready " in line)
    assert ready.split()[4:] == ["1024", "2.0s", "0", "512", "3", "0", "1", "10s"]
    below = lines[lines.index(next(line for line in lines if " error " in line)) + 1]
    assert re.fullmatch(r" +CUDA \[2J error: 模型 x+…", below)
    assert "ended    1 Rejected" in text
    assert "refused  1 in all" in text
    assert re.search(r"2\.0s ago  400 /worker_status/  1\.2\.3\.4:5  id: is missing", text)


def test_a_table_without_workers_says_so():
    book = Autoscaler(Endpoint(1, "local", "k"), now=0.0, epoch=0.0, first_number=1)
    lines = frame(book, 1.0, url=_URL, look=Look(80, 24, colour=True))
    assert any("no worker has reported yet" in line for line in lines)
    assert not any("in all" in line for line in lines)


@given(st.integers(20, 200), st.integers(8, 60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_the_table_fits_every_terminal(book: Autoscaler, width: int, height: int):
    lines = frame(book, 100.0, url=_URL, look=Look(width, height, colour=False))
    assert len(lines) <= height
    assert all(columns(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)
    colours = frame(book, 100.0, url=_URL, look=Look(width, height, colour=True))
    plain = [re.sub(r"\x1b\[\d*m", "", line).rstrip() for line in colours]
    assert plain == [line.rstrip() for line in lines]


def test_more_workers_than_lines_are_counted(report: Report):
    book = Autoscaler(Endpoint(1, "local", "k"), now=0.0, epoch=0.0, first_number=1)
    for worker_id in range(40):
        body = json.dumps(report(id=worker_id)).encode()
        book.accept_report(read_worker_status(body), 0.0)
    lines = frame(book, 1.0, url=_URL, look=Look(100, 20, colour=False))
    shown = [int(line.split()[0]) for line in lines if re.match(r" +\d+  loading", line)]
    # Those heard of last are shown, and the rest is counted.
    assert shown == list(range(40 - len(shown), 40))
    assert any(f"and {40 - len(shown)} more; GET /state has them all" in line for line in lines)
    assert len(lines) <= 20


def test_the_columns_fit_the_smallest_terminal_in_use(book: Autoscaler):
    lines = frame(book, 100.0, url=_URL, look=Look(79, 24, colour=False))
    assert any(line.endswith(" AGE") for line in lines)
