"""vLLM-Omni's /v1/audio/speech/batch: several things said side by side, each well or not."""

import base64
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, cast

from pyworker.http.exchange import Exchange
from pyworker.sim.generation import Work, side_by_side
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.said import Speech, parse_speech
from pyworker.sim.steering import Routes

_MOST_ITEMS = 32  # vLLM-Omni's limit


class SpeakingBatches:
    """Answers it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {"/v1/audio/speech/batch": {"POST": self._batch}}

    async def _batch(self, exchange: Exchange) -> None:
        """A sound for each item, or what is wrong with it."""
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        given = request.get("items")
        items = cast("list[Any]", given) if isinstance(given, list) else []
        if not items or not all(isinstance(item, dict) for item in items):
            raise self._desk.style.missing("items")
        if len(items) > _MOST_ITEMS:
            text = f"Batch contains {len(items)} items, exceeding the maximum of {_MOST_ITEMS}."
            raise ApiError(400, text, param="items")
        shared = {name: value for name, value in request.items() if name != "items"}
        fault = self._desk.machine.fault()
        results: list[Mapping[str, object]] = []
        with ExitStack() as stack:
            running: list[tuple[int, Speech, Work]] = []
            for index, item in enumerate(items):
                try:
                    speech = parse_speech({**shared, **item}, self._desk, streams=False)
                except ApiError as error:
                    results.append({"index": index, "status": "error", "error": error.text})
                    continue
                # One fault ends a request once, however many items it has.
                work = self._desk.machine.working(
                    None if running else fault,
                    prompt=speech.read + speech.heard,
                    tokens=speech.frames,
                )
                running.append((index, speech, stack.enter_context(work)))
            await side_by_side(work for _, _, work in running)
            results += [_result(index, speech) for index, speech, _ in running]
            results.sort(key=lambda result: cast("int", result["index"]))
            answer = {
                "id": "speech-batch-" + secrets.token_hex(8),
                "results": results,
                "total": len(items),
                "succeeded": len(running),
                "failed": len(items) - len(running),
            }
            await self._desk.answer(exchange, answer)
            for _, _, work in running:
                work.job.finish()


def _result(index: int, speech: Speech) -> Mapping[str, object]:
    return {
        "index": index,
        "status": "success",
        "audio_data": base64.b64encode(speech.file).decode(),
        "media_type": f"audio/{speech.kind}",
        "error": None,
        "usage": speech.usage,
    }
