"""The served model's tokenizer, loaded beside the serving: nothing waits for it but the benchmark.

    at start             by its name, from this disk
    the model is loaded  that awaited; then it is asked which model it is, and that one's taken
    the benchmark        in the unit of the requests that it is compared with

Until then counts are estimates.
"""

import logging

import trio

from pyworker.errors import RequestError, UpstreamBroken
from pyworker.proxy.upstream import Upstream, UpstreamRequest
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)

# A model server that takes longer to say who it is, is not asked again.
_ASK_SECONDS = 10.0
# What it says of itself: vLLM lists a model in 600 bytes, and a thousand adapters after it.
_ASK_BYTES = 1024 * 1024
# A quarter of a second is usual, and a network disk may take ten. Whoever waits longer has a file
# system that hangs: better a throughput in estimated tokens than a worker that is never ready.
SETTLE_SECONDS = 60.0


class TokenizerLoading:
    """Loads the tokenizer of a worker's `tokens`, if it counts any.

    Args:
        config: The worker.
        connect_timeout: Seconds, for the model server.
    """

    def __init__(self, config: WorkerConfig, *, connect_timeout: float) -> None:
        self._tokens = config.tokens
        self._model_server_url = config.model_server_url
        self._connect_timeout = connect_timeout
        self._loaded = trio.Event()

    async def serve(self) -> None:
        """Load what is known by its name; ends then.

        Raises:
            SettingsError: The tokenizer that is named cannot be used.
        """
        if self._tokens is not None:
            # Not waited for when the worker stops: a file system may hang.
            await trio.to_thread.run_sync(self._tokens.load, abandon_on_cancel=True)
        self._loaded.set()

    async def settle(self) -> None:
        """The model is loaded: make counts as exact as they will be."""
        if self._tokens is None:
            return
        with trio.move_on_after(SETTLE_SECONDS) as scope:
            await self._loaded.wait()
            if self._tokens.ask:
                answers = [await self._ask(path) for path in self._tokens.ask]
                load_said = self._tokens.load_said
                await trio.to_thread.run_sync(load_said, answers, abandon_on_cancel=True)
        if scope.cancelled_caught:
            log.warning("no tokenizer after %.0f s: going on with estimates", SETTLE_SECONDS)

    async def _ask(self, path: str) -> bytes:
        """The body of a 200, or nothing."""
        upstream = Upstream(self._model_server_url, connect_timeout=self._connect_timeout)
        request = UpstreamRequest(method="GET", path=path, headers=[(b"connection", b"close")])
        with trio.move_on_after(_ASK_SECONDS):
            try:
                answer = await upstream.fetch(request, limit=_ASK_BYTES)
            except (RequestError, UpstreamBroken) as error:
                log.info("no %s from the model server: %s", path, error)
                return b""
            finally:
                await upstream.aclose()
            return answer.body if answer.status == 200 else b""
        return b""
