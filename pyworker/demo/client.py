"""The demo's client: asks the autoscaler for a worker, then the worker for an answer."""

from dataclasses import dataclass

import httpx
import orjson
import trio

from pyworker.demo.stage import DemoFailed

_ROUTE_SECONDS = 10.0
_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One request and what became of it. Times are seconds since it was sent to the worker.

    Attributes:
        route: The worker's route.
        workload: What it asks for: new tokens.
        status: HTTP status of the answer.
        tokens: Tokens that came.
        first: Until the first token (streams), else until the answer.
        total: Until the last byte.
    """

    route: str
    workload: int
    status: int
    tokens: int
    first: float
    total: float


class Client:
    """Sends requests the way the SDK's client does.

    Args:
        http: Makes the requests.
        autoscaler: Its base URL.
    """

    def __init__(self, http: httpx.AsyncClient, autoscaler: str) -> None:
        self._http = http
        self._autoscaler = autoscaler

    async def send(self, route: str, prompt: str, new_tokens: int) -> Sample:
        """Send one request through /route/.

        Raises:
            DemoFailed: There is no ready worker, or it did not answer 200.
        """
        grant = await self._grant(new_tokens)
        payload = {
            "inputs": prompt,
            "parameters": {"max_new_tokens": new_tokens, "details": True},
        }
        body = orjson.dumps({"auth_data": grant, "session_id": None, "payload": payload})
        began = trio.current_time()
        first = 0.0
        tokens = 0
        url = f"{grant['url']}{route}"
        with trio.fail_after(_ANSWER_SECONDS):
            async with self._http.stream("POST", url, content=body) as answer:
                if answer.status_code != 200:
                    text = (await answer.aread()).decode(errors="replace")
                    raise DemoFailed(f"{route} answered {answer.status_code}: {text}")
                async for line in answer.aiter_lines():
                    tokens += _tokens_in(line)
                    first = first or trio.current_time() - began
        total = trio.current_time() - began
        return Sample(route, new_tokens, answer.status_code, tokens, first, total)

    async def _grant(self, cost: int) -> dict[str, object]:
        question = {"endpoint": "local", "api_key": "local-key", "cost": cost, "request_idx": 0}
        answer = await self._http.post(
            f"{self._autoscaler}/route/", json=question, timeout=_ROUTE_SECONDS
        )
        grant: dict[str, object] = answer.json()
        if "url" not in grant:
            raise DemoFailed(f"the autoscaler gives no worker: {grant}")
        return grant


def _tokens_in(line: str) -> int:
    """Tokens that a line of an answer stands for: one an event, or all of a whole answer."""
    if line.startswith("data:"):
        return 1
    if line.startswith("{"):
        return int(orjson.loads(line)["details"]["generated_tokens"])
    return 0
