import json
from collections.abc import Callable
from typing import Any

import pytest

from pyworker.autoscaler.local.received import read_worker_status
from pyworker.autoscaler.local.strict_json import Refused

Report = Callable[..., dict[str, Any]]


def _read(body: dict[str, Any]):
    return read_worker_status(json.dumps(body).encode())


@pytest.mark.parametrize(("generation", "members"), [("A", 12), ("B", 17), ("C", 18)])
def test_each_generation_is_read(report: Report, generation: str, members: int):
    body = report(generation, loadtime=12.5, cur_load=300, max_perf=99.5)
    assert len(body) == members
    read = _read(body)
    assert read.version == body.get("version")
    assert (read.id, read.loadtime, read.cur_load, read.max_perf) == (7, 12.5, 300, 99.5)
    assert read.has_amounts == (generation != "A")
    assert read.additional_disk_usage == -0.25


def test_generation_c_before_disk_usage_is_read(report: Report):
    body = report("C", version="1.1.0")
    del body["disk_usage"]
    assert _read(body).disk_usage is None


@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_every_member_is_needed_and_its_type_checked(report: Report, generation: str):
    optional = {"version", "disk_usage"}
    wrongs: list[Any] = [None, {}, True, [True]]
    for name in report(generation):
        body = report(generation)
        del body[name]
        if name not in optional:
            with pytest.raises(Refused) as caught:
                _read(body)
            assert caught.value.message == f"{name}: is missing"
        for wrong in wrongs:
            with pytest.raises(Refused) as caught:
                _read(report(generation, **{name: wrong}))
            assert caught.value.field.startswith(name)


@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_numbers_that_are_none_are_refused_by_name(report: Report, generation: str):
    for name, value in report(generation).items():
        if isinstance(value, int | float):
            for wrong in (float("nan"), float("inf"), float("-inf")):
                with pytest.raises(Refused, match=f"^{name}: must be"):
                    _read(report(generation, **{name: wrong}))
            if name != "additional_disk_usage":  # a disk may also become emptier
                with pytest.raises(Refused, match=f"^{name}: must"):
                    _read(report(generation, **{name: -1}))


def test_a_refusal_knows_the_worker_when_the_body_does(report: Report):
    with pytest.raises(Refused) as caught:
        _read(report(cur_load="much"))
    assert caught.value.worker_id == 7
    with pytest.raises(Refused) as caught:
        _read(report(id="seven"))
    assert caught.value.worker_id is None


def test_an_unknown_member_is_refused(report: Report):
    # The wire keeps the old misspelling; who spells it right must learn of it.
    body = report("C", num_requests_received=3)
    with pytest.raises(Refused, match=r"^num_requests_received: is unknown$"):
        _read(body)
    with pytest.raises(Refused, match=r"^disk_usage: is unknown$"):
        _read(report("A", disk_usage=1.0))


@pytest.mark.parametrize("version", ["", "1.1.0-rc1", "v1", "1..0", "1.1.0.0.0", "latest", "1.1 "])
def test_a_version_of_another_shape_is_refused(report: Report, version: str):
    with pytest.raises(Refused, match=r"^version: must look like"):
        _read(report("C", version=version))


def test_members_of_a_later_generation_without_version_are_refused(report: Report):
    body = report("C")
    del body["version"]
    with pytest.raises(Refused, match=r"^version: is missing$"):
        _read(body)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "10.0.0.7:3000",
        "ftp://10.0.0.7:3000",
        "http://",
        "http://:3000",
        "http://10.0.0.7:3000/",
        "http://10.0.0.7:3000?x=1",
        "http://10.0.0.7:99999",
        "http://10.0.0.7:0",
        "http://user@10.0.0.7:3000",
        "http://10.0.0.7:3000\n",
        "http://ho st:3000",
        "http://[::1:3000",
    ],
)
def test_a_url_that_no_client_can_use_is_refused(report: Report, url: str):
    with pytest.raises(Refused, match=r"^url: must be"):
        _read(report(url=url))


@pytest.mark.parametrize("url", ["https://1.2.3.4:40123", "http://[::1]:3000", "http://gpu.local"])
def test_a_url_that_clients_can_use_is_taken(report: Report, url: str):
    assert _read(report(url=url)).url == url


def test_a_launch_failure_has_five_members_and_an_error():
    body = {"id": 7, "mtoken": "", "version": "0", "error_msg": "no pip", "url": ""}
    assert _read(body).error_msg == "no pip"
    with pytest.raises(Refused, match=r"^loadtime: is missing$"):
        _read({**body, "error_msg": ""})


def test_an_error_message_is_kept_to_its_beginning(report: Report):
    assert _read(report(error_msg="x" * 100_000)).error_msg == "x" * 4096


def test_the_token_is_not_in_the_repr(report: Report):
    assert "a-secret" not in repr(_read(report("C")))
