"""`sim openai`: embeddings, rankings and scores, each server's in its own shape."""

import base64
import struct
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import trio
import trio.testing
from fakes.sim_openai import running

from pyworker.sim.openai.settings import StyleName

STYLES = get_args(StyleName)
DOCUMENTS = ["nothing of it", "a red fox jumps", "the red one"]


@pytest.mark.parametrize("style", STYLES)
async def test_embeddings_follow_from_their_texts(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
) -> None:
    async with running(tmp_path, style=style) as sim:
        body = (await sim.post("/v1/embeddings", input=["a", "b", "a"])).json()
        first, second, third = [one["embedding"] for one in body["data"]]
        assert first == third != second
        assert [one["index"] for one in body["data"]] == [0, 1, 2]
        assert body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"] == 6
        packed = (await sim.post("/v1/embeddings", input="a", encoding_format="base64")).json()
        [one] = packed["data"]
        if style == "sglang":
            assert one["embedding"] == first
        else:
            numbers = struct.unpack("<8f", base64.b64decode(one["embedding"]))
            assert numbers == pytest.approx(first)
        ids = (await sim.post("/v1/embeddings", input=[[5, 6, 7], [8]])).json()
        assert (len(ids["data"]), ids["usage"]["prompt_tokens"]) == (2, 4)
        assert (await sim.post("/v1/embeddings", input=[5, 6])).json()["usage"]["total_tokens"] == 2
        several: list[object] = [7, [], "", ["a", 5], [[]], None]
        for wrong in several:
            assert (await sim.post("/v1/embeddings", input=wrong)).status_code == 400
        for form in ("int8", ["base64"]):
            refused = await sim.post("/v1/embeddings", input="a", encoding_format=form)
            assert refused.status_code == 400
        assert (await sim.state())["tokens_generated"] == 0


@pytest.mark.parametrize("style", STYLES)
async def test_documents_are_ranked_by_what_they_have_of_the_query(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
) -> None:
    async with running(tmp_path, style=style) as sim:
        whole = await sim.post("/v1/rerank", query="red fox", documents=DOCUMENTS)
        body: Any = whole.json()
        results = body if style == "sglang" else body["results"]
        assert [one["index"] for one in results] == [1, 2, 0]
        score = "score" if style == "sglang" else "relevance_score"
        scores = [one[score] for one in results]
        assert scores == sorted(scores, reverse=True)
        if style == "vllm":
            assert results[0]["document"] == {"text": DOCUMENTS[1], "multi_modal": None}
        if style == "sglang":
            assert results[0]["document"] == DOCUMENTS[1]
        else:
            assert body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"] > 0
        best = await sim.post("/v1/rerank", query="red fox", documents=DOCUMENTS, top_n=1)
        assert len(best.json() if style == "sglang" else best.json()["results"]) == 1
        for wrong in ({"query": "a"}, {"documents": ["a"]}, {"query": "a", "documents": [""]}):
            assert (await sim.post("/v1/rerank", **wrong)).status_code == 400


async def test_vllm_scores_one_with_each_or_each_with_its_own(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:

        async def scored(**members: object) -> tuple[int, list[float]]:
            answer = await sim.post("/v1/score", **members)
            return answer.status_code, [one["score"] for one in answer.json().get("data", [])]

        status, each = await scored(text_1="red fox", text_2=DOCUMENTS)
        assert (status, len(each)) == (200, 3)
        assert max(each) == each[1]
        assert await scored(queries="red fox", documents=DOCUMENTS) == (200, each)
        assert await scored(queries=["red fox"] * 3, items=DOCUMENTS) == (200, each)
        parts = [{"content": [{"type": "text", "text": text}]} for text in DOCUMENTS]
        assert await scored(data_1="red fox", data_2=parts) == (200, each)
        assert (await scored(text_1=["a", "b"], text_2=DOCUMENTS))[0] == 400
        assert (await scored(text_1="a"))[0] == 400
        assert (await scored(text_1="a", text_2=[]))[0] == 400


async def test_sglang_scores_labels_behind_items(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    asked: dict[str, object] = {"query": "Is it red?", "items": DOCUMENTS}
    async with running(tmp_path, style="sglang") as sim:
        body = (await sim.post("/v1/score", **asked, label_token_ids=[9, 10])).json()
        assert (body["object"], len(body["scores"])) == ("scoring", 3)
        shares = await sim.post("/v1/score", **asked, label_token_ids=[9, 10], apply_softmax=True)
        assert [sum(row) for row in shares.json()["scores"]] == pytest.approx([1.0] * 3)
        assert (await sim.post("/v1/score", **asked)).status_code == 400
        refused = await sim.post("/v1/score", text_1="a", text_2="b")
        assert (refused.status_code, refused.json()["object"]) == (400, "error")


async def test_reading_costs_its_tokens_and_waits_for_its_turn(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, prefill=1.0, max_concurrent=1) as sim:
        before = (await sim.state())["now"]

        async def ask() -> None:
            assert (await sim.post("/v1/embeddings", input=[1] * 15)).status_code == 200

        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(ask)
        state = await sim.state()
    assert 30.0 <= state["now"] - before < 45.0, "one after the other, 15 tokens each"
    assert state["finished"] == 2


@pytest.mark.parametrize(("route", "asked"), [("/v1/embeddings", {"input": "a"})])
async def test_faults_strike_them_too(
    fast_clock: trio.testing.MockClock, tmp_path: Path, route: str, asked: dict[str, object]
) -> None:
    async with running(tmp_path) as sim:
        for kind, status in (("refuse", 503), ("error500", 500)):
            await sim.fault(kind=kind)
            assert (await sim.post(route, **asked)).status_code == status
        await sim.fault(kind="cut")
        with pytest.raises(httpx.HTTPError):
            await sim.post(route, **asked)
        assert (await sim.post(route, **asked)).status_code == 200
        assert (await sim.state())["failed"] == 2
