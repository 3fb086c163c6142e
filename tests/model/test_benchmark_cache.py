"""A kept throughput is found again for the same model, GPU, benchmark and code, and for no other."""

import logging
import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes import bench
from hypothesis import given
from hypothesis import strategies as st

from pyworker.model.benchmark_cache import (
    benchmark_key,
    installed_gpus,
    keep_result,
    read_result,
)
from pyworker.proxy.jobs import Job
from pyworker.worker import WorkerConfig

H100 = ("Model: NVIDIA H100 80GB HBM3",)


def sample(workload: float, payload: Mapping[str, object]) -> Job:
    return Job(
        workload=workload, body=orjson.dumps(payload), content_type="application/json", path="/"
    )


def key(config: WorkerConfig | None = None, **changed: Any) -> str:
    config = config or bench.worker()
    handler, benchmark = config.benchmarked
    known: dict[str, Any] = {
        "model": "llama",
        "code_version": "0.1.0",
        "gpus": H100,
        "sample": sample(handler.workload_of(made := benchmark.payload(random.Random(0))), made),
    }
    return benchmark_key(config, **(known | changed))


def other_payload(rng: random.Random) -> dict[str, object]:
    return dict(bench.payload(rng))


def longer_payload(rng: random.Random) -> dict[str, object]:
    return {**bench.payload(rng), "words": 250}


def test_the_same_again_has_the_same_key() -> None:
    assert key() == key(bench.worker())


CHANGES: dict[str, str] = {
    "model": key(model="mistral"),
    "no model name": key(model=""),
    "code": key(code_version="0.2.0"),
    "another GPU": key(gpus=("Model: NVIDIA H200",)),
    "one GPU more": key(gpus=H100 * 2),
    "no GPU": key(gpus=()),
    "worker": key(bench.worker(name="other")),
    "model server": key(bench.worker("http://127.0.0.1:5002")),
    "route": key(bench.worker(model_route="/v2/generate")),
    "in parallel": key(bench.worker(parallel=False)),
    "runs": key(bench.worker(runs=8)),
    "concurrency": key(bench.worker(concurrency=100)),
    "function": key(bench.worker(payload=other_payload)),
    "what it makes": key(sample=sample(100.0, {"cost": 300})),
    "its unit": key(bench.worker(workload=lambda values: 2 * bench.count(values))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_a_result_depends_on_changes_the_key(name: str) -> None:
    assert CHANGES[name] != key()


def test_no_two_changes_have_one_key() -> None:
    assert len(set(CHANGES.values())) == len(CHANGES)
    assert key(bench.worker(payload=longer_payload)) not in CHANGES.values()


def test_parts_do_not_run_into_each_other() -> None:
    assert key(model="a", code_version="bc") != key(model="ab", code_version="c")


@given(result=st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_a_result_is_kept_exactly(result: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("cache") / "results.json")
    keep_result(path, "ours", result)
    assert read_result(path, "ours") == result


def test_results_stand_beside_each_other(tmp_path: Path) -> None:
    path = str(tmp_path / "results.json")
    keep_result(path, "one", 1.0)
    keep_result(path, "two", 2.0)
    keep_result(path, "one", 3.0)
    assert (read_result(path, "one"), read_result(path, "two")) == (3.0, 2.0)
    assert read_result(path, "three") is None
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_the_oldest_leave_when_there_are_many(tmp_path: Path) -> None:
    path = str(tmp_path / "results.json")
    for number in range(70):
        keep_result(path, f"key {number}", number + 1.0)
    assert read_result(path, "key 5") is None
    assert read_result(path, "key 6") == 7.0
    assert len(orjson.loads(Path(path).read_bytes())) == 64


def test_no_file_is_no_result_and_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_result(str(tmp_path / "none.json"), "ours") is None
    assert caplog.records == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"[1, 2]", b"99.5", b"null", b"[" * 100_000],
    ids=["empty", "cut", "bytes", "list", "number", "null", "deep"],
)
def test_a_damaged_file_is_as_good_as_none_and_is_replaced(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    assert read_result(str(path), "ours") is None
    assert str(path) in caplog.text
    keep_result(str(path), "ours", 99.5)
    assert read_result(str(path), "ours") == 99.5


@pytest.mark.parametrize("value", [b'"99.5"', b"null", b"0", b"-1", b"[]", b"{}", b'"NaN"'])
def test_a_damaged_result_is_as_good_as_none(tmp_path: Path, value: bytes) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(b'{"ours": ' + value + b', "theirs": 5}')
    assert read_result(str(path), "ours") is None
    assert read_result(str(path), "theirs") == 5.0


def test_a_result_that_is_no_number_is_never_read(tmp_path: Path) -> None:
    path = str(tmp_path / "results.json")
    keep_result(path, "ours", math.nan)
    assert read_result(path, "ours") is None


@pytest.mark.parametrize("where", ["none/results.json", "folder"])
def test_a_file_that_cannot_be_written_costs_a_warning(
    tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder").mkdir()
    keep_result(str(tmp_path / where), "ours", 99.5)
    assert "benchmark result not kept" in caplog.text
    assert read_result(str(tmp_path / where), "ours") is None


def test_cards_are_found_by_their_model(tmp_path: Path) -> None:
    for number, model in enumerate(["NVIDIA H100", "NVIDIA H200"]):
        card = tmp_path / f"0000:0{number}:00.0"
        card.mkdir()
        (card / "information").write_text(f"Model: \t {model}\nIRQ: 42\nGPU UUID: GPU-{number}\n")
    assert installed_gpus(str(tmp_path)) == ("Model: \t NVIDIA H100", "Model: \t NVIDIA H200")


def test_without_the_driver_there_are_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert installed_gpus(str(tmp_path / "none")) == ()
    (tmp_path / "0000:01:00.0").mkdir()
    assert installed_gpus(str(tmp_path)) == ()
    assert caplog.records == []
