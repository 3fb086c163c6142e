"""The `/worker_status/` body: its type, and its strict reader.

The three generations are told apart by their members: A has 12 and no `version`; B-final has 17;
C has 18, and its releases before `disk_usage` have B-final's 17.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pyworker.autoscaler.local.strict_json import Fields

Number = int | float

_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")
# Tracebacks travel in error_msg; this much of one is kept.
_ERROR_KEPT = 4096
_BODY_MOST = 2**20  # characters; longer texts than the body itself do not exist


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One `/worker_status/` body. Loads are in units of workload, disk in GiB, loadtime in
    seconds. None: this generation does not send it.

    In generation A `cur_load` and `cur_perf` are rates (workload/s); later they are amounts, and
    `new_load`, `rej_load` and `cur_perf` count since the last report that was answered with 2xx.
    """

    id: int
    version: str | None
    error_msg: str
    url: str
    loadtime: Number = 0.0
    cur_load: Number = 0.0
    new_load: Number | None = None
    rej_load: Number | None = None
    cur_perf: Number = 0.0
    max_perf: Number = 0.0
    cur_capacity: Number = 0
    max_capacity: Number = 0
    num_requests_working: int = 0
    num_requests_recieved: int = 0
    working_request_idxs: tuple[int, ...] | None = None
    additional_disk_usage: Number = 0.0
    disk_usage: Number | None = None
    # Secrets stay out of logs, tables and /state, so the repr leaves it out too.
    mtoken: str | None = field(default=None, repr=False)

    @property
    def has_amounts(self) -> bool:
        """Whether loads are amounts to be summed, and not generation A's rates."""
        return self.new_load is not None


def worker_report(fields: Fields) -> WorkerReport:
    """The report that a body holds.

    Raises:
        Refused: A member is missing, unknown or wrong.
    """
    if "version" not in fields:
        if "new_load" in fields or "mtoken" in fields:
            raise fields.refuse("version", "is missing")
        report = _generation_a(fields)
    elif "loadtime" not in fields and "error_msg" in fields:
        report = _launch_failure(fields)
    else:
        report = _generation_b_or_c(fields)
    fields.nothing_else()
    if not (report.url == "" and report.error_msg):
        _check_url(fields, report.url)
    return report


def _generation_a(fields: Fields) -> WorkerReport:
    return WorkerReport(
        id=fields.whole("id"),
        version=None,
        loadtime=fields.amount("loadtime"),
        cur_load=fields.amount("cur_load"),
        cur_perf=fields.amount("cur_perf"),
        max_perf=fields.amount("max_perf"),
        cur_capacity=fields.amount("cur_capacity"),
        max_capacity=fields.amount("max_capacity"),
        num_requests_working=fields.whole("num_requests_working"),
        num_requests_recieved=fields.whole("num_requests_recieved"),
        additional_disk_usage=fields.change("additional_disk_usage"),
        error_msg=_error_text(fields),
        url=fields.text("url"),
    )


def _generation_b_or_c(fields: Fields) -> WorkerReport:
    version = fields.text("version")
    if not _VERSION.fullmatch(version):
        raise fields.refuse("version", 'must look like "1.1.0"')
    return WorkerReport(
        id=fields.whole("id"),
        mtoken=fields.text("mtoken"),
        version=version,
        loadtime=fields.amount("loadtime"),
        cur_load=fields.amount("cur_load"),
        new_load=fields.amount("new_load"),
        rej_load=fields.amount("rej_load"),
        cur_perf=fields.amount("cur_perf"),
        max_perf=fields.amount("max_perf"),
        cur_capacity=fields.amount("cur_capacity"),
        max_capacity=fields.amount("max_capacity"),
        num_requests_working=fields.whole("num_requests_working"),
        num_requests_recieved=fields.whole("num_requests_recieved"),
        working_request_idxs=fields.wholes("working_request_idxs"),
        additional_disk_usage=fields.change("additional_disk_usage"),
        disk_usage=fields.amount("disk_usage") if "disk_usage" in fields else None,
        error_msg=_error_text(fields),
        url=fields.text("url"),
    )


def _launch_failure(fields: Fields) -> WorkerReport:
    # What the start script posts when the worker could not even be started.
    report = WorkerReport(
        id=fields.whole("id"),
        mtoken=fields.text("mtoken"),
        version=fields.text("version"),
        error_msg=_error_text(fields),
        url=fields.text("url"),
    )
    if not report.error_msg:
        raise fields.refuse("loadtime", "is missing")
    return report


def _error_text(fields: Fields) -> str:
    return fields.text("error_msg", most=_BODY_MOST)[:_ERROR_KEPT]


def _check_url(fields: Fields, url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    else:
        usable = usable and url == f"{parts.scheme}://{parts.netloc}" and "@" not in url
    if not usable or not url.isprintable() or " " in url:
        raise fields.refuse("url", "must be http[s]://host:port")
