"""The tokenizer in the life of a worker process: loaded beside the serving, told where it lacks."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.model import Call
from fakes.process import finished
from fakes.tokenizers import COMMIT, cached, words_tokenizer
from fakes.worker_process import LOADED, Stage, envelope, stage, tgi

MARK = "x-workload-estimated"


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as around:
        yield around


async def says_what_it_serves(call: Call) -> None:
    """As `tgi`, and as TGI's /info says it."""
    if call.target == "/info":
        await call.body()
        body = json.dumps({"model_id": "org/model", "model_sha": COMMIT}).encode()
        await call.answer(headers=[(b"Content-Type", b"application/json")], body=body)
    else:
        await tgi(call)


async def test_what_the_model_server_serves_counts_its_prompts_and_until_then_an_estimate(
    stage: Stage,
) -> None:
    stage.model.script(says_what_it_serves)
    cache = stage.folder / "hub"
    file = cached(cache, "org/model", words_tokenizer(stage.folder / "words.json").read_bytes())
    settings = {"WORKLOAD": "prompt+output", "HF_HUB_CACHE": str(cache)}
    async with stage.worker(**settings) as worker, worker.client() as client:
        refused = await client.post("/generate", content=envelope(10))
        assert (refused.status_code, refused.headers[MARK]) == (503, "1")
        assert (await client.get("/ready")).json()["tokenizer"]["exact"] is False

        stage.model_log.write_text(LOADED)
        await stage.autoscaler.status(lambda status: status["loadtime"] > 0)
        tokenizer = (await client.get("/ready")).json()["tokenizer"]
        assert (tokenizer["exact"], tokenizer["source"]) == (True, str(file))
        answer = await client.post("/generate", content=envelope(10))
        assert (answer.status_code, MARK in answer.headers) == (200, False)
        receiver = stage.autoscaler
        await receiver.until(lambda: receiver.total("cur_perf") > 0)
        # `hello` is one token, by the words, and 5 bytes, one by estimate: 10 more are asked for.
        assert (receiver.total("new_load"), receiver.total("rej_load")) == (11, 11)
    lines = [line for line in worker.process.err.lines if "pyworker.request" in line]
    assert ["workload_estimated=True" in line for line in lines] == [True, False]


async def test_without_a_tokenizer_it_serves_with_estimates_and_says_so_once(stage: Stage) -> None:
    settings = {"WORKLOAD": "prompt", "HF_HUB_CACHE": str(stage.folder / "hub")}
    async with stage.ready_worker(**settings) as worker, worker.client() as client:
        for _ in range(3):
            answer = await client.post("/generate", content=envelope(10))
            assert (answer.status_code, answer.headers[MARK]) == (200, "1")
        tokenizer = (await client.get("/ready")).json()["tokenizer"]
    why = "the model server does not say which model it serves"
    assert tokenizer == {"exact": False, "source": "estimate", "reason": why}
    assert worker.process.err.text.count("token counts are estimated") == 1


async def test_a_tokenizer_that_is_damaged_is_told_and_reported(stage: Stage) -> None:
    file = stage.folder / "tokenizer.json"
    file.write_text("{")
    environ = stage.environ(WORKLOAD="prompt", TOKENIZER=str(file))
    code, process = await finished(["tgi"], folder=stage.folder, environ=environ)
    assert (code, "Traceback" in process.err.text) == (2, False)
    last = process.err.lines[-1]
    assert last.startswith(f"pyworker: TOKENIZER {file} cannot be used: ")
    assert stage.autoscaler.statuses[-1]["error_msg"] == last.removeprefix("pyworker: ")
