"""What tests of two event loops wait with."""

import trio


class Signal:
    """An event that either side may set and Trio waits for."""

    def __init__(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._event = trio.Event()

    def set(self) -> None:
        self._token.run_sync_soon(self._event.set)

    async def wait(self) -> None:
        with trio.fail_after(10):
            await self._event.wait()
