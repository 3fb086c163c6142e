import json
from collections.abc import Callable
from typing import Any

import pytest

from pyworker.autoscaler.local.received import (
    SUCCESS_OF,
    EndedRequest,
    read_delete_requests,
    read_route,
    read_workers_query,
)
from pyworker.autoscaler.local.strict_json import Refused

Record = Callable[..., dict[str, Any]]


def _ended(body: dict[str, Any]):
    return read_delete_requests(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("more", "success"),
    [({}, None), ({"success": True}, True), ({"success": False, "mtoken": ""}, False)],
)
def test_the_forms_of_generation_b(more: dict[str, Any], success: bool | None):
    batch = _ended({"worker_id": 7, "request_idxs": [5, 6, 5], **more})
    assert batch.worker_id == 7
    assert batch.requests == tuple(EndedRequest(idx, success) for idx in (5, 6, 5))


def test_the_form_of_generation_c(record: Record):
    body = {"worker_id": 7, "mtoken": "", "requests": [record(5), record(6, "Rejected")]}
    first, second = _ended(body).requests
    assert first == EndedRequest(5, True, "Success", 1000.0, 1000.5, 1002.0)
    assert (second.success, second.status) == (False, "Rejected")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"worker_id": 7}, "mtoken: is missing"),
        ({"worker_id": 7, "mtoken": ""}, "requests: is missing"),
        ({"worker_id": 7, "request_idxs": [1], "mtoken": ""}, "success: is missing"),
        ({"worker_id": 7, "request_idxs": [1], "requests": []}, "requests: is unknown"),
        ({"worker_id": 7, "request_idxs": 1}, "request_idxs: must be a list, not a number"),
        ({"worker_id": True, "request_idxs": []}, "worker_id: must be a whole number, not true"),
        ({"worker_id": 7, "request_idxs": [], "success": 1}, "success: must be true or false"),
        ({"worker_id": 7, "mtoken": "", "requests": [3]}, "requests[0]: must be an object"),
    ],
)
def test_other_forms_are_refused(body: dict[str, Any], message: str):
    with pytest.raises(Refused) as caught:
        _ended(body)
    assert caught.value.message.startswith(message)


def test_every_member_of_a_record_is_needed_and_its_type_checked(record: Record):
    wrongs: list[Any] = [None, [], "x", float("nan"), -1, "missing"]
    for name in record(5):
        for wrong in wrongs:
            item = {**record(5), name: wrong}
            if wrong == "missing":
                del item[name]
            with pytest.raises(Refused) as caught:
                _ended({"worker_id": 7, "mtoken": "", "requests": [record(4), item]})
            assert caught.value.field == f"requests[1].{name}"
            assert caught.value.worker_id == 7
    with pytest.raises(Refused, match=r"^requests\[0\]\.cost: is unknown$"):
        _ended({"worker_id": 7, "mtoken": "", "requests": [record(5, cost=1)]})


def test_success_must_say_what_the_status_says(record: Record):
    for status, implied in SUCCESS_OF.items():
        for success in (True, False):
            body = {
                "worker_id": 7,
                "mtoken": "",
                "requests": [record(5, status, success=success)],
            }
            if implied in {None, success}:
                assert _ended(body).requests[0].success is success
            else:
                with pytest.raises(Refused, match=r"^requests\[0\]\.success: contradicts"):
                    _ended(body)


def test_a_route_request_of_each_generation():
    a = read_route(b'{"endpoint": "e", "api_key": "k", "cost": 12}')
    assert (a.endpoint, a.api_key, a.cost, a.request_idx) == ("e", "k", 12, 0)
    c = read_route(
        b'{"endpoint":"e","api_key":"k","cost":1.5,"request_idx":9,"replay_timeout":60.0,"new":[]}'
    )
    assert (c.cost, c.request_idx) == (1.5, 9)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cost": float("nan")}, "cost"),
        ({"cost": -1}, "cost"),
        ({"cost": "1"}, "cost"),
        ({"cost": None}, "cost"),
        ({"endpoint": 1}, "endpoint"),
        ({"api_key": None}, "api_key"),
        ({"request_idx": 1.0}, "request_idx"),
        ({"request_idx": None}, "request_idx"),
        ({"request_idx": -1}, "request_idx"),
        ({"replay_timeout": "60"}, "replay_timeout"),
    ],
)
def test_a_route_request_is_checked(changed: dict[str, Any], field: str):
    body = {"endpoint": "e", "api_key": "k", "cost": 1, **changed}
    with pytest.raises(Refused) as caught:
        read_route(json.dumps(body).encode())
    assert caught.value.field == field


def test_a_workers_query_may_bring_its_key_elsewhere():
    assert read_workers_query(b'{"id": 3}').api_key is None
    assert read_workers_query(b'{"id": 3, "api_key": "k"}').api_key == "k"
    with pytest.raises(Refused, match=r"^id: is missing$"):
        read_workers_query(b"{}")
