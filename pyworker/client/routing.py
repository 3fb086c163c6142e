"""Asking the autoscaler for a worker: a grant, or to wait and ask again."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import anyio
import anyio.lowlevel
import httpx

from pyworker.client.errors import NoWorker
from pyworker.reasons import reason_of, said_by

# As the SDK's client has them: one question, and the pauses between two.
ROUTE_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 5.0
_REPLAY_SECONDS = 60.0
# An instance that has to be started first takes minutes.
DEFAULT_WAIT_SECONDS = 600.0

Grant = Mapping[str, Any]
# Is told what is waited for, as a sentence; empty when nothing is any more.
Tell = Callable[[str], None]


def tell_nobody(_: str) -> None:
    """For scripts, whose users look at something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaler:
    """Where workers are asked for.

    Attributes:
        url: Base URL, such as https://run.vast.ai.
        endpoint: Name of the endpoint.
        api_key: Of the endpoint; a secret.
        wait: Seconds to wait for a worker.
    """

    url: str = "http://127.0.0.1:8080"
    endpoint: str = "local"
    api_key: str = "local-key"
    wait: float = DEFAULT_WAIT_SECONDS

    async def grant(
        self,
        http: httpx.AsyncClient,
        *,
        cost: float,
        request_idx: int = 0,
        tell: Tell = tell_nobody,
    ) -> Grant:
        """A worker's URL and the signature that it wants to see.

        Args:
            http: Asks.
            cost: Workload of the request, in the worker's unit.
            request_idx: Of an earlier grant for the same request; 0 for a new one.
            tell: Is told what the autoscaler says while it has none.

        Raises:
            NoWorker: There was none within `wait`, or the autoscaler refused.
        """
        told = "nothing"
        attempt = 0
        with anyio.move_on_after(self.wait):
            while True:
                answer = await self._ask(http, cost, request_idx)
                if "url" in answer:
                    return answer
                told = str(answer.get("status", "nothing"))
                tell(f"waiting for a worker; the autoscaler says: {told}")
                request_idx = int(answer.get("request_idx") or request_idx)
                await anyio.sleep(_pause(attempt))
                attempt += 1
        raise NoWorker(f"no worker within {self.wait:g} s; the autoscaler says: {told}")

    async def _ask(self, http: httpx.AsyncClient, cost: float, request_idx: int) -> dict[str, Any]:
        question = {
            "endpoint": self.endpoint,
            "api_key": self.api_key,
            "cost": cost,
            "request_idx": request_idx,
            "replay_timeout": _REPLAY_SECONDS,
        }
        try:
            answer = await http.post(
                f"{self.url.rstrip('/')}/route/",
                json=question,
                headers={"authorization": f"Bearer {self.api_key}"},
                timeout=ROUTE_SECONDS,
            )
            body = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            raise NoWorker(f"the autoscaler at {self.url}: {reason_of(error)}") from error
        if not isinstance(body, dict):
            told = f"{answer.status_code}: {said_by(answer.content)}"
            raise NoWorker(f"the autoscaler at {self.url} answered {told}")
        return cast("dict[str, Any]", body)


def _pause(attempt: int) -> float:
    if attempt == 0:
        return 1.0
    return random.uniform(0.1, min(2**attempt + random.random(), _LONGEST_PAUSE_SECONDS))


@dataclass(frozen=True, slots=True)
class Direct:
    """One worker without an autoscaler: it must be UNSECURED, since nobody signs."""

    url: str

    async def grant(
        self,
        http: httpx.AsyncClient,
        *,
        cost: float,
        request_idx: int = 0,
        tell: Tell = tell_nobody,
    ) -> Grant:
        """What an unsecured worker takes for a grant."""
        del http, tell
        await anyio.lowlevel.checkpoint()
        return {
            "url": self.url.rstrip("/"),
            "signature": "",
            "cost": cost,
            "endpoint": "direct",
            "reqnum": 0,
            "request_idx": request_idx,
        }
