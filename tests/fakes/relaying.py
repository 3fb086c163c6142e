"""The least that can stand where serve.py stands: it relays every request and tells how it ended."""

import math
from dataclasses import dataclass

import trio

from pyworker.errors import UpstreamBroken
from pyworker.proxy.exchange import ProxyExchange, Relayed
from pyworker.proxy.upstream import UpstreamRequest

_BODY_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Ended:
    """How one exchange ended: what was relayed, and the exception, if any."""

    relayed: Relayed
    error: BaseException | None

    @property
    def cancelled(self) -> bool:
        """Whether the client left."""
        return isinstance(self.error, trio.Cancelled)


class Relaying:
    """Relays to the same method and path, the body as it came."""

    def __init__(self) -> None:
        # Unbounded: a test looks at few of them or none.
        self._send, self._receive = trio.open_memory_channel[Ended](math.inf)

    async def next_end(self) -> Ended:
        """Wait until the next exchange has ended."""
        return await self._receive.receive()

    async def __call__(self, exchange: ProxyExchange) -> None:
        """Serve one exchange."""
        relayed = Relayed()
        error: BaseException | None = None
        try:
            body = await exchange.body(_BODY_LIMIT)
            request = UpstreamRequest(
                method=exchange.method,
                path=exchange.path,
                headers=[(b"x-given", b"as it is")],
                body=memoryview(body),
            )
            await exchange.relay(request, relayed)
        except UpstreamBroken as broken:
            error = broken  # the front has cut the client, as the seam says
        except BaseException as other:
            error = other
            raise
        finally:
            self._send.send_nowait(Ended(relayed, error))


async def fetches(exchange: ProxyExchange) -> None:
    """Collects the model's answer and answers with what a definition might make of it."""
    body = await exchange.body(_BODY_LIMIT)
    request = UpstreamRequest(method="POST", path=exchange.path, headers=[], body=body)
    answer = await exchange.fetch(request)
    await exchange.respond_json(200, {"status": answer.status, "size": len(answer.body)})
