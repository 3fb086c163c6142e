"""The last words of a worker that could not start, or died: one status with the reason."""

import httpx
import trio

from pyworker.autoscaler.reporter import autoscaler_client
from pyworker.autoscaler.wire import Identity, launch_failure

# All addresses together: whoever waits for this process to end and restarts it must not wait long.
_TIMEOUT_SECONDS = 5.0
_JSON = {"content-type": "application/json"}


async def report_launch_failure(identity: Identity, message: str) -> bool:
    """Tell the autoscaler why there is no worker; whether an address acknowledged it."""
    body = launch_failure(identity, message).encode()
    # Each has its share, so that a silent one does not keep the reason from the next.
    share = _TIMEOUT_SECONDS / len(identity.report_addresses)
    async with autoscaler_client(identity.report_addresses) as client:
        for address in identity.report_addresses:
            with trio.move_on_after(share):
                try:
                    url = f"{address}/worker_status/"
                    response = await client.post(url, content=body, headers=_JSON)
                except httpx.HTTPError:
                    continue
                if response.is_success:
                    return True
    return False
