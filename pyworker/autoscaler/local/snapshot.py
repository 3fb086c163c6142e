"""The book as JSON: `/state`, and the objects that the SDK client asks for. Pure.

Times under names that end in `_at` are Unix seconds; ages and waits are seconds.
"""

from dataclasses import asdict
from typing import Any

from pyworker.autoscaler.local.routing import expected_wait
from pyworker.autoscaler.local.state import Autoscaler, Ended
from pyworker.autoscaler.local.worker_report import WorkerReport
from pyworker.autoscaler.local.workers import Worker, WorkerState

Json = dict[str, Any]

# The words of the real autoscaler's worker list; clients wait for `idle`.
_WIRE_STATUS: dict[WorkerState, str] = {
    "ready": "idle",
    "loading": "loading",
    "error": "error",
    "silent": "unavail",
}
_IDXS_SHOWN = 1000  # of a worker's working_request_idxs; the whole list may be half a MiB


def state(book: Autoscaler, now: float) -> Json:
    """What `GET /state` answers. No key, token or signature is in it."""
    workers = [_worker(book, worker, now) for worker in book.workers.values()]
    return {
        "started_at": book.epoch + book.started_at,
        "now_at": book.epoch + now,
        "endpoints": [
            {
                "id": book.endpoint.id,
                "endpoint_name": book.endpoint.name,
                "workers": [worker["id"] for worker in workers],
                "states": dict(book.counts(now)),
            }
        ],
        "workers": workers,
        "reports": book.reports,
        "routes": {name: book.routes[name] for name in ("ready", "waiting", "refused")},
        "requests": len(book.requests),
        "grants": {
            "issued": book.granted,
            "cost": float(book.granted_cost),
            "recent": [
                {**asdict(grant), "at": book.epoch + grant.at} for grant in book.recent_grants
            ],
        },
        "ended": {
            "counts": dict(book.ended),
            "records": [_ended(book, ended) for ended in book.recent_ended],
        },
        "refusals": {
            "count": book.refused,
            "recent": [
                {**asdict(refusal), "at": book.epoch + refusal.at}
                for refusal in book.recent_refusals
            ],
        },
    }


def endpoint_job(book: Autoscaler) -> Json:
    """The endpoint as the console's `/api/v0/endptjobs/` lists it, with its key."""
    return {
        "id": book.endpoint.id,
        "endpoint_name": book.endpoint.name,
        "api_key": book.endpoint.api_key,
        "user_id": 1,
        "created_at": book.epoch + book.started_at,
        "endpoint_state": "active",
        "auto_delete_in_seconds": None,
        "auto_delete_due_24h": False,
    }


def endpoint_workers(book: Autoscaler, now: float) -> list[Json]:
    """The workers as `/get_endpoint_workers/` lists them."""
    return [_endpoint_worker(book, worker, now) for worker in book.workers.values()]


def _worker(book: Autoscaler, worker: Worker, now: float) -> Json:
    report = worker.report
    load = worker.load(now)
    return {
        "id": worker.id,
        "state": worker.state(now),
        "version": None if report is None else report.version,
        "form": worker.form,
        "url": "" if report is None else report.url,
        "error_msg": "" if report is None else report.error_msg,
        "reports": worker.reports,
        "refused": worker.refusals,
        "runs": worker.runs,
        "loaded": worker.loaded,
        "loadtime": worker.loadtime,
        "loaded_at": None if worker.loaded_at is None else book.epoch + worker.loaded_at,
        "run_at": book.epoch + worker.run_at,
        "last_report_age": None if report is None else now - worker.report_at,
        "load": load,
        "expected_wait": expected_wait(load, worker.max_perf),
        "perf": float(worker.served_rate),
        "max_perf": worker.max_perf,
        "sums": {
            "new_load": float(worker.new_load),
            "cur_perf": float(worker.cur_perf),
            "rej_load": float(worker.rej_load),
        },
        "grants": {
            "issued": worker.grants,
            "cost": float(worker.granted_cost),
            "pending": worker.pending,
            "pending_cost": worker.pending_cost(now),
        },
        "ended": dict(worker.ended),
        "last": None if report is None else _last(report),
    }


def _last(report: WorkerReport) -> Json:
    last = asdict(report)
    del last["mtoken"]
    if report.working_request_idxs is not None:
        last["working_request_idxs"] = report.working_request_idxs[:_IDXS_SHOWN]
    return last


def _ended(book: Autoscaler, ended: Ended) -> Json:
    return {
        "worker_id": ended.worker_id,
        **asdict(ended.request),
        "told_at": book.epoch + ended.at,
    }


def _endpoint_worker(book: Autoscaler, worker: Worker, now: float) -> Json:
    report = worker.report
    loaded_at = 0.0 if worker.loaded_at is None else book.epoch + worker.loaded_at
    return {
        "id": worker.id,
        "status": _WIRE_STATUS[worker.state(now)],
        "cur_load": worker.load(now),
        "new_load": 0.0 if report is None else float(report.new_load or 0.0),
        "cur_load_rolling_avg": float(worker.average_load),
        "cur_perf": float(worker.served_rate),
        "perf": worker.max_perf,
        "measured_perf": worker.max_perf,
        "dlperf": 0.0,
        "reliability": 1.0,
        "reqs_working": 0 if report is None else report.num_requests_working,
        "disk_usage": 0.0 if report is None else float(report.disk_usage or 0.0),
        "loaded_at": loaded_at,
        "started_at": book.epoch + worker.run_at,
        "gpu_name": None,
    }
