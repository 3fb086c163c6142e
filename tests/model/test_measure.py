"""Where a throughput comes from: a setting, the cache, or a benchmark; a model that answers always.

On the real clock, since files are read in threads; nothing here waits.
"""

import random
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from fakes.bench import DONE, worker
from fakes.model_http import ModelHttp, in_turn, model_http, whole

from pyworker.model.benchmark import BenchmarkFailed
from pyworker.model.measure import measure
from pyworker.settings import Settings, read_settings

GOOD, BAD = whole(DONE), whole(b"{}")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "results.json"


def settings(cache: Path, **environ: str) -> Settings:
    return read_settings({"BENCHMARK_CACHE": str(cache), **environ})


def kept(cache: Path) -> list[float]:
    """The results in the cache."""
    return list(orjson.loads(cache.read_bytes()).values()) if cache.exists() else []


async def measured(model: ModelHttp, cache: Path, **environ: str) -> float:
    named = {"MODEL_NAME": "phi", **environ}
    return await measure(worker(model.url), settings(cache, **named), random.Random())


async def test_the_first_time_it_is_measured_and_kept(cache: Path) -> None:
    async with model_http(GOOD) as model:
        result = await measured(model, cache)
        assert len(model.asked) == 1 + 3 * 10
    assert kept(cache) == [result]


async def test_the_next_time_one_answer_is_enough(cache: Path) -> None:
    async with model_http(GOOD) as model:
        first = await measured(model, cache)
        asked = len(model.asked)
        assert await measured(model, cache) == first
        assert len(model.asked) == asked + 1


async def test_a_kept_result_is_of_no_use_when_the_model_answers_wrongly(cache: Path) -> None:
    async with model_http(GOOD) as model:
        await measured(model, cache)
        before = kept(cache)
        model.answer = BAD
        with pytest.raises(BenchmarkFailed, match="warm-up 1: the answer has no text"):
            await measured(model, cache)
    assert kept(cache) == before


@pytest.mark.parametrize(
    "change", [{"MODEL_NAME": "mistral"}, {"MODEL_NAME": "llama"}], ids=["mistral", "llama"]
)
async def test_another_model_is_measured_anew(cache: Path, change: dict[str, str]) -> None:
    async with model_http(GOOD) as model:
        await measured(model, cache)
        asked = len(model.asked)
        await measured(model, cache, **change)
        assert len(model.asked) == asked + 31
    assert len(kept(cache)) == 2


async def test_without_a_name_nothing_is_kept(cache: Path) -> None:
    async with model_http(GOOD) as model:
        for number in (1, 2):
            await measured(model, cache, MODEL_NAME="")
            assert len(model.asked) == number * 31
    assert kept(cache) == []


async def test_what_the_model_says_of_itself_is_its_name(cache: Path) -> None:
    async with model_http(GOOD) as model:
        config = replace(worker(model.url), info_endpoint="/info")
        for info in (whole(b'{"model_id":"a"}'), whole(b'{"model_id":"b"}')):
            model.answer = in_turn(info, *[GOOD] * 31)
            await measure(config, settings(cache), random.Random())
        assert [asked.path for asked in model.asked].count("/info") == 2
    assert len(kept(cache)) == 2


async def test_a_pinned_throughput_needs_one_answer_and_is_not_kept(cache: Path) -> None:
    async with model_http(GOOD) as model:
        assert await measured(model, cache, MAX_PERF="123.5") == 123.5
        assert len(model.asked) == 1
    assert kept(cache) == []


async def test_a_pinned_throughput_wins_over_a_kept_one(cache: Path) -> None:
    async with model_http(GOOD) as model:
        await measured(model, cache)
        assert await measured(model, cache, MAX_PERF="123.5") == 123.5


async def test_a_pinned_throughput_does_not_hide_a_model_that_answers_wrongly(
    cache: Path,
) -> None:
    async with model_http(BAD) as model:
        with pytest.raises(BenchmarkFailed):
            await measured(model, cache, MAX_PERF="123.5")


async def test_a_failed_benchmark_is_not_kept(cache: Path) -> None:
    async with model_http(in_turn(*[GOOD] * 25, BAD)) as model:
        with pytest.raises(BenchmarkFailed, match="run 3 of 3"):
            await measured(model, cache)
    assert kept(cache) == []


async def test_no_connection_stays_behind(cache: Path) -> None:
    async with model_http(GOOD) as model:
        await measured(model, cache)
        before = model.net.connections
        await measured(model, cache)
        # A connection of its own: those of the time before are closed.
        assert model.net.connections == before + 1


async def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    async with model_http(GOOD) as model:
        assert await measured(model, tmp_path / "none" / "results.json") > 0
