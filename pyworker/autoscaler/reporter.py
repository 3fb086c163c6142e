"""The reporter: tells the autoscaler what is true, at once when the state changes, and never loses
or doubles a number.

Two loops that do not wait for each other: the status, and the records of finished requests. An
amount is taken out of the ledger for one report and put back unless a 2xx acknowledged it.
"""

import logging
import shutil

import httpx
import trio

from pyworker.autoscaler.backoff import Backoff
from pyworker.autoscaler.wire import (
    NO_DELETES_ADDRESS,
    PROTOCOL_VERSION,
    Identity,
    WorkerStatus,
    encode_finished,
)
from pyworker.model.readiness import Phase, Readiness
from pyworker.proxy.ledger import Amounts, Ledger
from pyworker.reasons import reason_of

log = logging.getLogger(__name__)

# The autoscaler's clients expect a status at least this often, even when nothing happens.
HEARTBEAT_SECONDS = 10.0
# Changes of amounts are gathered for this long, so that a busy worker sends one report a second.
GATHER_SECONDS = 1.0
POST_TIMEOUT_SECONDS = 10.0
# After a failover, the preferred address is tried again this often.
PREFER_AGAIN_SECONDS = 60.0
# Records in one POST: about 200 kB of JSON, below the 1 MiB that servers commonly take.
RECORDS_PER_POST = 1000
# What is read of a refusal's reason, to be logged in part.
_REFUSAL_BYTES = 4096
GIB = 1024**3


class Reporter:
    """Reports one worker to its autoscaler.

    Args:
        identity: Who reports, and where to.
        ledger: What is counted.
        readiness: What is the state.
        client: Makes the requests.
    """

    def __init__(
        self,
        identity: Identity,
        ledger: Ledger,
        readiness: Readiness,
        client: httpx.AsyncClient,
    ) -> None:
        self._identity = identity
        self._ledger = ledger
        self._readiness = readiness
        secret = identity.master_token
        self._status_post = _Poster(client, identity.report_addresses, secret)
        self._delete_post = _Poster(
            client, tuple(a for a in identity.report_addresses if a != NO_DELETES_ADDRESS), secret
        )
        self._urgent = trio.Event()
        self._news = trio.Event()
        self._finished = trio.Event()
        self._stopping = trio.Event()
        self._load_time_known = False
        self._disk_reported: float | None = None

    def state_changed(self) -> None:
        """The phase or the error changed: report at once."""
        self._urgent.set()
        self._news.set()

    def amounts_changed(self) -> None:
        """A number changed: report within a second."""
        self._news.set()
        if self._ledger.finished_count:
            self._finished.set()

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Report until `stop`. Survives every failure to deliver; nothing else."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._report_status)
            nursery.start_soon(self._report_finished)
            task_status.started()

    def stop(self) -> None:
        """Let `serve` end when the reports that are under way have their answers.

        Cancelling it instead would take back what the autoscaler has counted already, and
        `last_report` would tell it a second time.
        """
        self._stopping.set()
        self.state_changed()
        self._finished.set()

    async def last_report(self, timeout: float) -> None:
        """Deliver what is left, in `timeout` seconds at most. Call when `serve` has ended."""
        self._status_post.share(timeout)
        self._delete_post.share(timeout)
        with trio.move_on_after(timeout) as scope:
            # Side by side, so that neither takes the other's seconds.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._send_finished)
                if not await self._send_status():
                    log.error("the last report was not acknowledged")
        if scope.cancelled_caught:
            log.error("the last report was not acknowledged within %.0f s", timeout)
        if self._ledger.finished_count:
            log.error("%d records of requests were not acknowledged", self._ledger.finished_count)

    async def _report_status(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            self._urgent = trio.Event()
            self._news = trio.Event()
            if await self._send_status():
                backoff.reset()
                await self._wait_for_reason()
            else:
                pause = backoff.next()
                log.warning("status not delivered; next try in %.1f s", pause)
                with trio.move_on_after(pause):
                    await self._urgent.wait()
                    # A state that changes again and again does not undo the back-off.
                    await self._pause(GATHER_SECONDS)

    async def _wait_for_reason(self) -> None:
        with trio.move_on_after(HEARTBEAT_SECONDS):
            await self._news.wait()
            with trio.move_on_after(GATHER_SECONDS):
                await self._urgent.wait()

    async def _send_status(self) -> bool:
        amounts = self._ledger.take_amounts()
        disk = shutil.disk_usage("/").used / GIB
        load_time = 0.0 if self._load_time_known else self._readiness.load_time
        delivered = False
        try:
            status = self._status(amounts, load_time, disk)
            delivered = await self._status_post.post("/worker_status/", status.encode())
        finally:
            # Cancelled or failed alike: what nobody acknowledged still counts.
            if not delivered:
                self._ledger.put_back_amounts(amounts)
        if delivered:
            self._load_time_known = self._load_time_known or load_time > 0
            self._disk_reported = disk
        return delivered

    def _status(self, amounts: Amounts, load_time: float, disk: float) -> WorkerStatus:
        grown = 0.0 if self._disk_reported is None else disk - self._disk_reported
        # As before the benchmark, which nobody is routed to.
        stops = self._readiness.phase is Phase.DRAINING
        return WorkerStatus(
            id=self._identity.container_id,
            mtoken=self._identity.master_token,
            version=PROTOCOL_VERSION,
            loadtime=load_time,
            cur_load=self._ledger.load,
            new_load=amounts.new_load,
            rej_load=amounts.rejected,
            cur_perf=amounts.served,
            max_perf=0.0 if stops else self._readiness.max_perf,
            cur_capacity=0.0,
            max_capacity=0.0,
            num_requests_working=self._ledger.working,
            num_requests_recieved=self._ledger.received_count,
            working_request_idxs=self._ledger.working_request_idxs(),
            additional_disk_usage=grown,
            disk_usage=disk,
            error_msg=self._readiness.error,
            url=self._identity.url,
        )

    async def _report_finished(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            await self._finished.wait()
            # Gathers what ends in the same second, as the protocol's own rhythm does.
            await self._pause(GATHER_SECONDS)
            self._finished = trio.Event()
            if await self._send_finished():
                backoff.reset()
            else:
                pause = backoff.next()
                log.warning("finished requests not delivered; next try in %.1f s", pause)
                await self._pause(pause)
                self._finished.set()

    async def _pause(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self._stopping.wait()

    async def _send_finished(self) -> bool:
        while records := self._ledger.take_finished(RECORDS_PER_POST):
            delivered = False
            try:
                body = encode_finished(self._identity, records)
                delivered = await self._delete_post.post("/delete_requests/", body)
            finally:
                if not delivered:
                    self._ledger.put_back_finished(records)
            if not delivered:
                return False
        return True


class _Poster:
    """Posts to the first address that takes it, remembering which one did.

    A refusal is logged with its reason, which may quote the body: never with `secret`.
    """

    def __init__(self, client: httpx.AsyncClient, addresses: tuple[str, ...], secret: str) -> None:
        self._client = client
        self._addresses = addresses
        self._secret = secret
        self._current = 0
        self._prefer_at = 0.0
        self._timeout = POST_TIMEOUT_SECONDS

    def share(self, timeout: float) -> None:
        """Give each address its share of `timeout` seconds, so that a silent one hides no other."""
        self._timeout = timeout / max(len(self._addresses), 1)

    async def post(self, path: str, body: bytes) -> bool:
        """Whether an address acknowledged `body` with a 2xx. True when there is no address."""
        if trio.current_time() >= self._prefer_at:
            self._current = 0
        for _ in self._addresses:
            address = self._addresses[self._current]
            if await self._post_one(address + path, body):
                return True
            self._current = (self._current + 1) % len(self._addresses)
            self._prefer_at = trio.current_time() + PREFER_AGAIN_SECONDS
        return not self._addresses

    async def _post_one(self, url: str, body: bytes) -> bool:
        headers = {"content-type": "application/json"}
        with trio.move_on_after(self._timeout) as scope:
            try:
                async with self._client.stream(
                    "POST", url, content=body, headers=headers
                ) as response:
                    if not response.is_success:
                        await self._log_refusal(url, response)
                    return response.is_success
            except httpx.HTTPError as error:
                log.info("POST %s: %s", url, reason_of(error))
                return False
        assert scope.cancelled_caught
        log.info("POST %s: no answer within %.0f s", url, self._timeout)
        return False

    async def _log_refusal(self, url: str, response: httpx.Response) -> None:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            # Read to the end, within the timeout, and not kept: see PublicKey.
            body += chunk[: _REFUSAL_BYTES - len(body)]
        text = body.decode(errors="replace")
        if self._secret:
            text = text.replace(self._secret, "***")
        log.info("POST %s: status %d: %.200s", url, response.status_code, text)


def autoscaler_client(addresses: tuple[str, ...]) -> httpx.AsyncClient:
    """The HTTP client for the autoscaler.

    One connection a request: a report that fails on a stale kept connection could have been
    counted, and would then be counted twice.
    """
    secure = any(address.startswith("https:") for address in addresses)
    return httpx.AsyncClient(
        # Loading the system's roots costs 20 ms and 5 MiB, which a plain local run need not pay.
        verify=secure,
        trust_env=False,
        timeout=POST_TIMEOUT_SECONDS,
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=0),
    )
