"""The served model's tokenizer is loaded in time, by itself or by asking, and nothing hangs on it."""

import json
import logging
import os
from pathlib import Path

import pytest
import trio
from fakes.model_http import Answer, model_http, raw, silent, whole
from fakes.tokenizers import COMMIT, cached, words_tokenizer
from trio.testing import MockClock, wait_all_tasks_blocked

from pyworker.errors import SettingsError
from pyworker.model.tokenizer import SETTLE_SECONDS, TokenizerLoading
from pyworker.worker import BenchmarkConfig, HandlerConfig, WorkerConfig, Workload
from pyworker.workload.served import ServedTokens

INFO = json.dumps({"model_id": "org/model", "model_sha": COMMIT}).encode()
NOWHERE = "http://127.0.0.1:9"


def loading(tokens: ServedTokens, url: str = NOWHERE) -> TokenizerLoading:
    benchmark = BenchmarkConfig(payload=lambda _: {}, check=lambda _: None)
    handler = HandlerConfig(
        route="/", workload=Workload(fields=(), count=lambda _: 1.0), benchmark_config=benchmark
    )
    config = WorkerConfig(
        name="test", model_server_url=url, model_log_file="", handlers=(handler,), tokens=tokens
    )
    return TokenizerLoading(config, connect_timeout=1.0)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HF_HUB_CACHE": str(tmp_path / "hub")}


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return words_tokenizer(tmp_path / "words" / "tokenizer.json").read_bytes()


async def test_a_named_tokenizer_is_loaded_without_asking(
    tmp_path: Path, content: bytes, mock_clock: MockClock
) -> None:
    assert content
    tokens = ServedTokens(str(tmp_path / "words"), auto=[], ask=("/info",))
    tokenizer = loading(tokens)
    await tokenizer.serve()
    assert tokens.counter.exact
    await tokenizer.settle()
    assert mock_clock.current_time() == 0


async def test_a_named_tokenizer_that_is_damaged_ends_the_worker(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(SettingsError, match=r"^TOKENIZER "):
        await loading(ServedTokens(str(tmp_path), auto=[])).serve()


async def test_what_the_model_server_says_is_asked_when_it_is_loaded(
    environ: dict[str, str], content: bytes, tmp_path: Path, mock_clock: MockClock
) -> None:
    cached(tmp_path / "hub", "org/model", content)
    tokens = ServedTokens("auto", auto=[], ask=("/info", "/v1/models"), environ=environ)
    async with model_http(whole(INFO)) as model:
        tokenizer = loading(tokens, model.url)
        await tokenizer.serve()
        assert model.asked == []
        assert not tokens.counter.exact
        await tokenizer.settle()
        assert [asked.path for asked in model.asked] == ["/info", "/v1/models"]
    assert tokens.counter.exact


@pytest.mark.parametrize("answer", [whole(b"no", status=404), raw(b""), whole(b"<html>")])
async def test_a_model_server_that_does_not_say_leaves_an_estimate(
    answer: Answer, environ: dict[str, str], caplog: pytest.LogCaptureFixture, mock_clock: MockClock
) -> None:
    tokens = ServedTokens("auto", auto=[], ask=("/info",), environ=environ)
    async with model_http(answer) as model:
        tokenizer = loading(tokens, model.url)
        await tokenizer.serve()
        await tokenizer.settle()
        await tokenizer.settle()
    assert tokens.as_json() == {
        "exact": False,
        "source": "estimate",
        "reason": "the model server does not say which model it serves",
    }
    assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == [
        (
            "token counts are estimated, 4 bytes a token:"
            " the model server does not say which model it serves"
        )
    ]


async def test_a_model_server_that_is_silent_is_not_waited_for_long(
    environ: dict[str, str], mock_clock: MockClock
) -> None:
    tokens = ServedTokens("auto", auto=[], ask=("/info",), environ=environ)
    async with model_http(silent) as model, trio.open_nursery() as nursery:
        tokenizer = loading(tokens, model.url)
        await tokenizer.serve()
        nursery.start_soon(tokenizer.settle)
        await wait_all_tasks_blocked()
        mock_clock.jump(10)
    assert "does not say" in str(tokens.as_json()["reason"])


async def test_a_file_system_that_hangs_keeps_neither_the_benchmark_nor_the_end_waiting(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture, mock_clock: MockClock
) -> None:
    assert content
    tokens = ServedTokens(str(tmp_path / "words"), auto=[])
    # Opening a pipe waits for a writer, as a network disk that is gone waits for its server.
    (tmp_path / "words" / "tokenizer.json").unlink()
    os.mkfifo(tmp_path / "words" / "tokenizer.json")
    tokenizer = loading(tokens)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tokenizer.serve)
        async with trio.open_nursery() as measuring:
            measuring.start_soon(tokenizer.settle)
            await wait_all_tasks_blocked()
            mock_clock.jump(SETTLE_SECONDS - 1)
            await wait_all_tasks_blocked()
            assert measuring.child_tasks
            mock_clock.jump(1)
        assert not tokens.counter.exact
        nursery.cancel_scope.cancel()
    assert "no tokenizer after 60 s: going on with estimates" in caplog.text
    # Lets the thread go.
    descriptor = os.open(tmp_path / "words" / "tokenizer.json", os.O_WRONLY)
    os.close(descriptor)
