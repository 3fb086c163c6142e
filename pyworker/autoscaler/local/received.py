"""What workers and clients send, validated: one reader for each body, from bytes to a type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pyworker.autoscaler.local.strict_json import Fields, Refused, read_object
from pyworker.autoscaler.local.worker_report import Number, WorkerReport, worker_report

# `success` as the status implies it; a `Started` record ended without a verdict.
SUCCESS_OF: dict[str, bool | None] = {
    "Success": True,
    "Error": False,
    "Cancelled": True,
    "Rejected": False,
    "Started": None,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EndedRequest:
    """One request that a worker says is over. Times are Unix seconds, 0.0 = did not happen,
    None = this generation does not send them.
    """

    request_idx: int
    success: bool | None
    status: str | None = None
    entered_queue_at: Number | None = None
    work_started_at: Number | None = None
    work_completed_at: Number | None = None


@dataclass(frozen=True, slots=True)
class EndedBatch:
    """One `/delete_requests/` body."""

    worker_id: int
    requests: tuple[EndedRequest, ...]


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """One `/route/` body. `request_idx` 0 asks for a new logical request."""

    endpoint: str
    cost: Number
    request_idx: int = 0
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WorkersQuery:
    """One `/get_endpoint_workers/` body."""

    id: int
    api_key: str | None = field(default=None, repr=False)


def read_worker_status(body: bytes) -> WorkerReport:
    """Raises Refused, with `worker_id` set when the body names its worker."""
    return _from_worker(body, "id", worker_report)


def read_delete_requests(body: bytes) -> EndedBatch:
    """Raises Refused, with `worker_id` set when the body names its worker."""
    return _from_worker(body, "worker_id", _ended_batch)


def read_route(body: bytes) -> RouteRequest:
    """Members that the protocol does not name are passed over: clients may be newer than this.

    Raises:
        Refused: A member that it does name is missing or wrong.
    """
    fields = Fields(read_object(body))
    if "replay_timeout" in fields:
        fields.amount("replay_timeout")
    return RouteRequest(
        endpoint=fields.text("endpoint"),
        cost=fields.amount("cost"),
        request_idx=fields.whole("request_idx") if "request_idx" in fields else 0,
        api_key=fields.text("api_key") if "api_key" in fields else None,
    )


def read_workers_query(body: bytes) -> WorkersQuery:
    """Raises Refused."""
    fields = Fields(read_object(body))
    key = fields.text("api_key") if "api_key" in fields else None
    return WorkersQuery(id=fields.whole("id"), api_key=key)


def _from_worker(body: bytes, id_name: str, read: Callable[[Fields], T]) -> T:
    members = read_object(body)
    try:
        return read(Fields(members))
    except Refused as refused:
        claimed = members.get(id_name)
        if isinstance(claimed, int) and not isinstance(claimed, bool):
            refused.worker_id = claimed
        raise


def _ended_batch(fields: Fields) -> EndedBatch:
    worker_id = fields.whole("worker_id")
    if "request_idxs" in fields:
        requests = _bare_indices(fields)
    else:
        fields.text("mtoken")
        requests = tuple(_record(item) for item in fields.objects("requests"))
    fields.nothing_else()
    return EndedBatch(worker_id, requests)


def _bare_indices(fields: Fields) -> tuple[EndedRequest, ...]:
    # 2025-10-08 sends the list alone, 10-22 adds success, 11-04 adds mtoken.
    success = None
    if "mtoken" in fields:
        fields.text("mtoken")
        success = fields.truth("success")
    elif "success" in fields:
        success = fields.truth("success")
    return tuple(EndedRequest(index, success) for index in fields.wholes("request_idxs"))


def _record(fields: Fields) -> EndedRequest:
    status = fields.text("status")
    if status not in SUCCESS_OF:
        raise fields.refuse("status", f"must be one of {', '.join(SUCCESS_OF)}")
    success = fields.truth("success")
    if SUCCESS_OF[status] not in {None, success}:
        raise fields.refuse("success", f"contradicts the status {status}")
    record = EndedRequest(
        request_idx=fields.whole("request_idx"),
        success=success,
        status=status,
        entered_queue_at=fields.amount("entered_queue_at"),
        work_started_at=fields.amount("work_started_at"),
        work_completed_at=fields.amount("work_completed_at"),
    )
    fields.nothing_else()
    return record
