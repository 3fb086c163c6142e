"""What a user of the SDK writes: requests of both kinds, and what goes wrong; see sdk_start.py."""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import asyncio

from sdk_start import PATIENCE, begin, outcome, tell  # isort: skip - it prepares the SDK's imports
from vastai import Serverless
from vastai.serverless.server.lib.backend import Backend
from vastai.serverless.server.lib.data_types import AuthData


def body(tokens: object, **parameters: object) -> dict:
    return {"inputs": "Tell me a story.", "parameters": {"max_new_tokens": tokens, **parameters}}


async def streamed(endpoint, tokens: int) -> dict:
    result = await endpoint.request("/generate_stream", body(tokens), cost=tokens, stream=True)
    events = [event async for event in result["response"]]
    return {"ok": result["ok"], "status": result["status"], "events": events}


async def requests(client: Serverless, endpoint) -> None:
    """Both routes, one by one and together."""
    whole = [
        outcome(await endpoint.request("/generate", body(tokens), cost=tokens))
        for tokens in (10, 25)
    ]
    streams = [await streamed(endpoint, 15)]
    together = await asyncio.gather(
        *(endpoint.request("/generate", body(20), cost=20) for _ in range(4)),
        *(streamed(endpoint, 30) for _ in range(4)),
    )
    whole += map(outcome, together[:4])
    streams += together[4:]
    workers = await client.get_endpoint_workers(endpoint)
    tell(whole=whole, streams=streams, workers=[vars(worker) for worker in workers])


async def errors(client: Serverless, endpoint) -> None:
    """What goes wrong, and what the SDK makes of it. A worker with MAX_PERF=1 is expected."""
    malformed = await endpoint.request("/generate", body("ten"), cost=10, timeout=PATIENCE)
    invalid = await endpoint.request(
        "/generate", body(10, temperature=-1.0), cost=10, timeout=PATIENCE
    )
    nowhere = await endpoint.request("/no-such-route", {}, cost=10, timeout=PATIENCE)
    malformed_stream = await endpoint.request(
        "/generate_stream", body("ten"), cost=10, stream=True, timeout=PATIENCE
    )
    # 4000 tokens at one a second: whoever comes next would wait longer than it may.
    long_one = await endpoint.request("/generate_stream", body(4000), cost=4000, stream=True)
    first = await anext(long_one["response"])
    full = await endpoint.request("/generate", body(10), cost=10, retry=False)
    await long_one["response"].aclose()  # the user loses interest
    tell(
        malformed=outcome(malformed),
        invalid=outcome(invalid),
        nowhere=outcome(nowhere),
        malformed_stream=outcome(malformed_stream),
        first=first,
        full=outcome(full),
    )


async def wait(client: Serverless, endpoint) -> None:
    """Ask before any worker is ready; tells each status of the request as it is seen."""
    request = endpoint.request("/generate", body(10), cost=10, timeout=PATIENCE)
    seen = []
    while not request.done():
        if request.status not in seen:
            seen.append(request.status)
            tell(status=request.status)
        await asyncio.wait([request], timeout=0.02)
    tell(seen=seen, result=outcome(await request))


async def verify(client: Serverless, endpoint) -> None:
    """Check a grant as the SDK's own worker does: key from /pubkey/, PyCryptodome, signed text."""
    route = await endpoint._route(cost=100)
    backend = Backend(
        model_server_url="", model_log_file="", benchmark_handler=None, log_actions=[]
    )
    await backend._fetch_pubkey()
    grant = AuthData.from_json_msg(route.body)
    forged = AuthData.from_json_msg({**route.body, "url": "http://10.0.0.1:1"})
    check = backend._Backend__check_signature
    tell(status=route.status, grant=check(grant), forged=check(forged))


if __name__ == "__main__":
    begin(requests, errors, wait, verify)
