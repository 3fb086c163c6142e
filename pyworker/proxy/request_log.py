"""One line a request: who, what it cost, how long each part took, how it ended. No secrets."""

import logging
from types import TracebackType
from typing import Self

import trio

from pyworker.errors import ClientGone, RequestError
from pyworker.proxy.exchange import ProxyExchange, Relayed

log = logging.getLogger("pyworker.request")


class RequestLine:
    """Gathers what the line says; writes it on leaving its `with` block.

    The path is logged without its query, where clients carry API keys, and no header is.
    """

    def __init__(self, exchange: ProxyExchange) -> None:
        self.request_idx = 0
        self.workload = 0.0
        self.estimated = False
        self.problem = ""
        self.relayed = Relayed()
        self._exchange = exchange
        self._began_at = trio.current_time()
        self._turn_at = 0.0

    def turn_came(self) -> None:
        """The request leaves the queue."""
        self._turn_at = trio.current_time()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not log.isEnabledFor(logging.INFO):
            return
        status, outcome = self._ended(error)
        fields: dict[str, object] = {
            "request_id": self._exchange.request_id,
            "client": self._exchange.client,
            "route": self._exchange.path,
            "request_idx": self.request_idx,
            "status": status,
            "outcome": outcome,
            "workload": self.workload,
            "queued_s": self._since_began(self._turn_at),
            "ttft_s": self._since_began(self.relayed.first_byte_at),
            "total_s": round(trio.current_time() - self._began_at, 4),
            "bytes": self.relayed.sent,
        }
        if self.estimated:
            fields["workload_estimated"] = True
        if self.problem:
            fields["problem"] = self.problem
        log.info("request", extra={"fields": fields})

    def _since_began(self, at: float) -> float:
        return round(at - self._began_at, 4) if at else 0.0

    def _ended(self, error: BaseException | None) -> tuple[int, str]:
        if isinstance(error, RequestError):
            self.problem = error.message
            return error.status, error.code
        if isinstance(error, ClientGone) or (error and not isinstance(error, Exception)):
            # 499 is nginx's number for a client that left; nobody sees it on the wire.
            return self.relayed.status or 499, "cancelled"
        if error is not None:
            self.problem = repr(error)
            return 500, "internal_error"
        if self.problem:
            return self.relayed.status, "broken"
        return self.relayed.status, "served" if self.relayed.status < 400 else "model_error"
