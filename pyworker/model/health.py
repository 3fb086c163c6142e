"""Health: one probe of the model server, on a connection of its own, and what a row of them means.

Probes never share connections with requests, so a full worker cannot look broken; and one failed
probe is a question, not an answer.
"""

from dataclasses import dataclass

import trio

from pyworker.errors import RequestError, UpstreamBroken
from pyworker.proxy.upstream import Upstream, UpstreamRequest

PROBE_TIMEOUT_SECONDS = 10.0
# While all is well; and after a failure, when the question is whether it was only a hiccup.
PROBE_SECONDS = 10.0
DOUBT_SECONDS = 2.0
# Precedents: Kubernetes failureThreshold 3. Two successes in a row are no coincidence.
FAILURES_TO_ERROR = 3
SUCCESSES_TO_HEAL = 2


class HealthProbe:
    """Asks one endpoint whether the model is well.

    Args:
        model_server_url: Base URL for an endpoint that is a path.
        endpoint: A path, or a whole URL.
        timeout: Seconds for the whole answer.
    """

    def __init__(
        self, model_server_url: str, endpoint: str, *, timeout: float = PROBE_TIMEOUT_SECONDS
    ) -> None:
        base, path = model_server_url, endpoint
        if not endpoint.startswith("/"):
            scheme, _, rest = endpoint.partition("://")
            host, slash, path = rest.partition("/")
            base, path = f"{scheme}://{host}", slash + path
        self.endpoint = base + path
        self._base = base
        self._timeout = timeout
        self._request = UpstreamRequest(
            method="GET", path=path or "/", headers=[(b"connection", b"close")]
        )

    async def ask(self) -> str:
        """Empty when the endpoint answered 200, else what it did, as the end of a sentence."""
        upstream = Upstream(self._base, connect_timeout=self._timeout)
        with trio.move_on_after(self._timeout):
            try:
                status = (await upstream.fetch(self._request)).status
            except (RequestError, UpstreamBroken) as error:
                return str(error)
            finally:
                await upstream.aclose()
            return "" if status == 200 else f"{self.endpoint} answered {status}"
        return f"{self.endpoint} did not answer within {self._timeout:g} s"


@dataclass(slots=True)
class Hysteresis:
    """Turns single probes into a judgement: sick after 3 failures, well after 2 successes."""

    failures: int = 0
    successes: int = 0

    def note(self, problem: str) -> None:
        """Take in the result of one probe."""
        if problem:
            self.failures, self.successes = self.failures + 1, 0
        else:
            self.failures, self.successes = 0, self.successes + 1

    @property
    def sick(self) -> bool:
        """Enough failures in a row."""
        return self.failures >= FAILURES_TO_ERROR

    @property
    def well(self) -> bool:
        """Enough successes in a row."""
        return self.successes >= SUCCESSES_TO_HEAL

    def forget(self) -> None:
        """Begin anew."""
        self.failures = self.successes = 0
