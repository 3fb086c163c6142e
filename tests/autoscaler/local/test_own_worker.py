"""What our own worker sends is what the autoscaler takes: the two were written apart."""

from dataclasses import asdict

from pyworker.autoscaler.local.received import read_delete_requests, read_worker_status
from pyworker.autoscaler.wire import (
    PROTOCOL_VERSION,
    FinishedRequest,
    Identity,
    WorkerStatus,
    encode_finished,
    launch_failure,
)

_IDENTITY = Identity(
    container_id=0, master_token="token", url="http://127.0.0.1:3000", report_addresses=()
)


def test_a_status_of_our_worker_is_read():
    status = WorkerStatus(
        id=0,
        mtoken="token",
        version=PROTOCOL_VERSION,
        loadtime=12.5,
        cur_load=300.5,
        new_load=700.25,
        rej_load=10.0,
        cur_perf=400.0,
        max_perf=99.5,
        cur_capacity=0,
        max_capacity=0,
        num_requests_working=2,
        num_requests_recieved=9,
        working_request_idxs=[5, 6],
        additional_disk_usage=-0.5,
        disk_usage=20.0,
        error_msg="",
        url=_IDENTITY.url,
    )
    expected = {**asdict(status), "working_request_idxs": (5, 6)}
    assert asdict(read_worker_status(status.encode())) == expected


def test_a_launch_failure_of_our_worker_is_read():
    report = read_worker_status(launch_failure(_IDENTITY, "MODEL_LOG is missing").encode())
    assert (report.id, report.error_msg) == (0, "MODEL_LOG is missing")


def test_the_finished_requests_of_our_worker_are_read():
    finished = FinishedRequest(
        request_idx=5,
        success=True,
        status="Cancelled",
        entered_queue_at=1000.0,
        work_started_at=0.0,
        work_completed_at=0.0,
    )
    batch = read_delete_requests(encode_finished(_IDENTITY, [finished]))
    assert (batch.worker_id, asdict(batch.requests[0])) == (0, asdict(finished))
