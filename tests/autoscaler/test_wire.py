"""Every field that the autoscaler reads, by name, type and value."""

import math
from dataclasses import fields, replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.wire import (
    PROTOCOL_VERSION,
    FinishedRequest,
    Identity,
    WorkerStatus,
    encode_finished,
    launch_failure,
)

IDENTITY = Identity(
    container_id=7,
    master_token="a-secret",
    url="http://10.0.0.7:3000",
    report_addresses=("http://a", "http://b"),
)
STATUS = WorkerStatus(
    id=7,
    mtoken="a-secret",
    version=PROTOCOL_VERSION,
    loadtime=12.5,
    cur_load=300.0,
    new_load=200.0,
    rej_load=100.0,
    cur_perf=50.0,
    max_perf=99.5,
    cur_capacity=0.0,
    max_capacity=0.0,
    num_requests_working=2,
    num_requests_recieved=9,
    working_request_idxs=[4, 5],
    additional_disk_usage=-0.25,
    disk_usage=12.5,
    error_msg="broken",
    url="http://10.0.0.7:3000",
)
# The table of the protocol's third generation, with the types a strict receiver expects.
WIRE_FIELDS: dict[str, type] = {
    "id": int,
    "mtoken": str,
    "version": str,
    "loadtime": float,
    "cur_load": float,
    "new_load": float,
    "rej_load": float,
    "cur_perf": float,
    "max_perf": float,
    "cur_capacity": float,
    "max_capacity": float,
    "num_requests_working": int,
    "num_requests_recieved": int,
    "working_request_idxs": list,
    "additional_disk_usage": float,
    "disk_usage": float,
    "error_msg": str,
    "url": str,
}
NUMBERS = [f.name for f in fields(WorkerStatus) if f.type is float]


def test_a_status_has_every_field_of_the_protocol_and_no_other() -> None:
    body = orjson.loads(STATUS.encode())
    assert {name: type(value) for name, value in body.items()} == WIRE_FIELDS


def test_a_status_arrives_as_it_was() -> None:
    assert WorkerStatus(**orjson.loads(STATUS.encode())) == STATUS


@given(number=st.floats(allow_nan=False, allow_infinity=False), text=st.text())
def test_finite_numbers_and_all_texts_arrive_exactly(number: float, text: str) -> None:
    status = replace(STATUS, cur_load=number, additional_disk_usage=-number, error_msg=text)
    assert WorkerStatus(**orjson.loads(status.encode())) == status


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_by_name(name: str, number: float) -> None:
    changed: dict[str, Any] = {name: number}
    with pytest.raises(ValueError, match=rf"field {name} is {number}"):
        replace(STATUS, **changed).encode()


def test_the_version_is_one_for_which_the_url_alone_is_signed() -> None:
    assert PROTOCOL_VERSION == "1.1.0"


def test_finished_requests_keep_their_order_and_all_their_fields() -> None:
    def record(idx: int, status: str) -> FinishedRequest:
        return FinishedRequest(
            request_idx=idx,
            success=status in {"Success", "Cancelled"},
            status=status,
            entered_queue_at=1000.25,
            work_started_at=1000.5,
            work_completed_at=0.0,
        )

    records = [record(9, "Success"), record(3, "Error"), record(9, "Cancelled")]
    assert orjson.loads(encode_finished(IDENTITY, records)) == {
        "worker_id": 7,
        "mtoken": "a-secret",
        "requests": [
            {
                "request_idx": idx,
                "success": success,
                "status": status,
                "entered_queue_at": 1000.25,
                "work_started_at": 1000.5,
                "work_completed_at": 0.0,
            }
            for idx, success, status in [
                (9, True, "Success"),
                (3, False, "Error"),
                (9, True, "Cancelled"),
            ]
        ],
    }


def test_a_worker_that_did_not_start_says_why_and_has_done_nothing() -> None:
    body = orjson.loads(launch_failure(IDENTITY, "WORKER_PORT must be a number").encode())
    assert {name: type(value) for name, value in body.items()} == WIRE_FIELDS
    said = {name: value for name, value in body.items() if value}
    assert said == {
        "id": 7,
        "mtoken": "a-secret",
        "version": "1.1.0",
        "error_msg": "WORKER_PORT must be a number",
        "url": "http://10.0.0.7:3000",
    }
