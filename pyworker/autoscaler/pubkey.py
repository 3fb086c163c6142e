"""The autoscaler's public key: fetched from each address until one gives it, and again on doubt."""

import logging
from typing import NoReturn

import httpx
import trio

from pyworker.autoscaler.backoff import Backoff
from pyworker.proxy.grants import Grants, load_public_key
from pyworker.reasons import reason_of

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 10.0
# A PEM of an RSA-4096 key is 800 bytes; whatever is larger is an error page.
_MAX_BYTES = 16 * 1024
# A refused signature may mean a new key, or an attacker: the key is asked for this often at most.
_REFRESH_SECONDS = 30.0
# A refused request waits this long for a newer key.
_REFRESH_TIMEOUT_SECONDS = 2.0


class PublicKey:
    """Keeps `grants` supplied with the autoscaler's key.

    Args:
        grants: Gets each key.
        addresses: Base URLs, in order of preference.
        client: Makes the requests.
    """

    def __init__(
        self, grants: Grants, addresses: tuple[str, ...], client: httpx.AsyncClient
    ) -> None:
        self.available = trio.Event()
        self._grants = grants
        self._addresses = addresses
        self._client = client
        self._fetched_at = -_REFRESH_SECONDS
        self._doubted = trio.Event()
        self._fetched = trio.Event()
        self._changes = 0

    async def serve(
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> NoReturn:
        """Fetch the key, trying until it is here, and again when `refresh` asks for it."""
        task_status.started()
        backoff = Backoff()
        while not self._grants.ready:
            await self._fetch()
            if self._grants.ready:
                break
            pause = backoff.next()
            addresses = " or ".join(self._addresses)
            log.warning("no public key from %s; next try in %.1f s", addresses, pause)
            with trio.move_on_after(pause):
                await self._doubted.wait()
        self.available.set()
        while True:
            await self._doubted.wait()
            await self._fetch()

    async def refresh(self) -> bool:
        """Have the key asked for again, at most every 30 s; returns whether another one came.

        `serve` asks, not the caller: a client that leaves, or an autoscaler that takes longer than
        a request may wait, would else use up the question and bring no key. All who call at a time
        learn what came.
        """
        before = self._changes
        if trio.current_time() - self._fetched_at >= _REFRESH_SECONDS:
            self._doubted.set()
        if self._doubted.is_set():
            with trio.move_on_after(_REFRESH_TIMEOUT_SECONDS):
                await self._fetched.wait()
        return self._changes != before

    async def _fetch(self) -> None:
        self._fetched_at = trio.current_time()
        try:
            await self._ask_all()
        finally:
            self._fetched.set()
            self._fetched, self._doubted = trio.Event(), trio.Event()

    async def _ask_all(self) -> None:
        for address in self._addresses:
            try:
                key = load_public_key(await self._get(f"{address}/pubkey/"))
            except (httpx.HTTPError, ValueError) as error:
                log.info("public key from %s: %s", address, reason_of(error))
                continue
            if self._grants.use_key(key):
                self._changes += 1
                log.info("public key from %s: RSA, %d bits", address, key.key_size)
            return

    async def _get(self, url: str) -> bytes:
        with trio.move_on_after(_TIMEOUT_SECONDS):
            async with self._client.stream("GET", url) as response:
                if not response.is_success:
                    raise ValueError(f"status {response.status_code}")
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    # What is too much is read on and not kept: to leave the loop would leave
                    # httpx's generators to the garbage collector.
                    body += chunk[: _MAX_BYTES + 1 - len(body)]
                if len(body) > _MAX_BYTES:
                    raise ValueError(f"larger than {_MAX_BYTES} bytes")
                return bytes(body)
        raise ValueError(f"no answer within {_TIMEOUT_SECONDS:.0f} s")
