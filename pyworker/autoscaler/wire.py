"""The wire to the autoscaler: every field with its unit and the window it covers. No I/O.

Field names and meanings are those of PyWorker 1.1.0, misspelling included; amounts are workload in
the unit of the worker's definition (tokens for an LLM). An *amount* counts what happened since the
last report that the autoscaler acknowledged; a *level* is true at the moment of the report.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields

import orjson

# The protocol generation whose meanings these fields have. The autoscaler chooses the text it
# signs by this number: 1.1.0 is the first for which it signs the worker's URL only.
PROTOCOL_VERSION = "1.1.0"

# Takes status reports like any other address but knows no queue to delete requests from.
NO_DELETES_ADDRESS = "https://cloud.vast.ai/api/v0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this worker is to the autoscaler.

    Attributes:
        container_id: Number of the instance.
        master_token: Proves the instance to the autoscaler; never logged.
        url: Where clients reach this worker: scheme, host and public port.
        report_addresses: Base URLs in order of preference, without a trailing slash.
    """

    container_id: int
    master_token: str = field(repr=False)
    url: str
    report_addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """Body of POST /worker_status/."""

    id: int
    """Instance number."""
    mtoken: str
    """Proof of the instance, "" when it has none."""
    version: str
    """PROTOCOL_VERSION."""
    loadtime: float
    """Seconds from start to ready; sent until one report with it is acknowledged, else 0.0."""
    cur_load: float
    """Level: workload of all requests that are running or queued here."""
    new_load: float
    """Amount: workload received, less workload whose client left, if both fall into one window.

    Never below 0: a client that leaves in a later window takes nothing back, as in PyWorker 1.1.0.
    """
    rej_load: float
    """Amount: workload of granted requests that were refused here (429, 503)."""
    cur_perf: float
    """Amount, not a rate: workload served."""
    max_perf: float
    """Level: benchmarked throughput, workload per second; 0.0 before the benchmark and while the
    worker stops, so that nobody is routed to it."""
    cur_capacity: float
    """Always 0."""
    max_capacity: float
    """Always 0."""
    num_requests_working: int
    """Level: requests running or queued."""
    num_requests_recieved: int
    """Requests received since the process started; never reset."""
    working_request_idxs: list[int]
    """Level: the autoscaler's numbers of the requests running or queued."""
    additional_disk_usage: float
    """GiB (2**30 bytes) that the use of / grew since the last acknowledged report."""
    disk_usage: float
    """Level: used space of /, GiB."""
    error_msg: str
    """Level: "" or why the worker cannot serve, one sentence."""
    url: str
    """Where clients reach this worker."""

    def encode(self) -> bytes:
        """The JSON body.

        Raises:
            ValueError: A number is not finite; the name of the field is in the message. A NaN
                would make a strict receiver refuse this and every later report.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"worker status field {each.name} is {value}")
        return orjson.dumps(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRequest:
    """One record of POST /delete_requests/. Times are Unix seconds, 0.0 where it did not happen."""

    request_idx: int
    """The autoscaler's number of the request."""
    success: bool
    """True for Success, and for Cancelled: a client that left is not a failure of the worker."""
    status: str
    """Success, Error, Cancelled or Rejected."""
    entered_queue_at: float
    work_started_at: float
    work_completed_at: float


def encode_finished(identity: Identity, requests: Sequence[FinishedRequest]) -> bytes:
    """Body of POST /delete_requests/ for requests that left, in the order in which they left."""
    return orjson.dumps(
        {
            "worker_id": identity.container_id,
            "mtoken": identity.master_token,
            "requests": [asdict(request) for request in requests],
        }
    )


def launch_failure(identity: Identity, message: str) -> WorkerStatus:
    """The status of a worker that could not start: all numbers zero, and why."""
    return WorkerStatus(
        id=identity.container_id,
        mtoken=identity.master_token,
        version=PROTOCOL_VERSION,
        loadtime=0.0,
        cur_load=0.0,
        new_load=0.0,
        rej_load=0.0,
        cur_perf=0.0,
        max_perf=0.0,
        cur_capacity=0.0,
        max_capacity=0.0,
        num_requests_working=0,
        num_requests_recieved=0,
        working_request_idxs=[],
        additional_disk_usage=0.0,
        disk_usage=0.0,
        error_msg=message,
        url=identity.url,
    )
