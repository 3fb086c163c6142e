"""What a user of the SDK writes with sessions; see sdk_start.py."""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import asyncio

from sdk_start import begin, outcome, tell  # isort: skip - it prepares the SDK's imports
from sdk_client import body
from vastai.serverless.client.connection import _make_request


async def failure(awaitable) -> str:
    """What the SDK raises for it."""
    try:
        result = await awaitable
    except Exception as error:  # noqa: BLE001 - told, whatever it is
        return f"{type(error).__name__}: {error}"
    return f"nothing: {result!r}"


async def health(client, session) -> dict:
    """The route that the SDK has and its client does not ask."""
    about = {"session_id": session.session_id, "session_auth": session.auth_data}
    result = await _make_request(
        client, "/session/health", "", session.url, body=about, method="POST", retries=1
    )
    return result["json"]


async def used(client, endpoint) -> None:
    """One session from its beginning to its end, with requests beyond what it reserved."""
    session = await endpoint.session(cost=40, lifetime=30)
    whole = outcome(await session.request("/generate", body(10), cost=10))
    stream = await session.request("/generate_stream", body(15), cost=15, stream=True)
    events = [event async for event in stream["response"]]
    again = await endpoint.get_session(session.session_id, session.auth_data)
    beyond = outcome(await again.request("/generate", body(20), cost=20))
    open_before, health_before = await session.is_open(), await health(client, session)
    forged = {**session.auth_data, "cost": 1}
    wrong = await failure(endpoint.get_session(session.session_id, forged))
    await session.close()
    tell(
        id=session.session_id,
        whole=whole,
        events=events,
        beyond=beyond,
        open_before=open_before,
        health_before=health_before,
        health_after=await health(client, session),
        wrong=wrong,
        gone=await failure(again.request("/generate", body(5), cost=5)),
        got=await failure(endpoint.get_session(session.session_id, session.auth_data)),
        twice=await failure(endpoint.close_session(session)),
    )


async def together(client, endpoint) -> None:
    """Two sessions and requests without one, side by side."""

    async def conversation(tokens: int) -> list:
        async with await endpoint.session(cost=3 * tokens) as session:
            answers = [session.request("/generate", body(tokens), cost=tokens) for _ in range(3)]
            return [outcome(answer) for answer in await asyncio.gather(*answers)]

    async def alone(tokens: int) -> list:
        return [outcome(await endpoint.request("/generate", body(tokens), cost=tokens))]

    told = await asyncio.gather(conversation(10), conversation(20), alone(30), alone(40))
    tell(answers=[answer for answers in told for answer in answers])


async def left(client, endpoint) -> None:
    """A session that nobody uses any more, and one that a stream keeps open beyond its time."""
    idle = await endpoint.session(cost=70, lifetime=2)
    busy = await endpoint.session(cost=1000, lifetime=2)
    stream = await busy.request("/generate_stream", body(1000), cost=1000, stream=True)
    events = [event async for event in stream["response"]]  # 2.5 s
    still_open = (await health(client, busy))["ok"]
    await asyncio.sleep(1)  # it is gone at the sweep after its time, a second later at most
    gone = await failure(idle.request("/generate", body(5), cost=5))
    tell(events=len(events), still_open=still_open, gone=gone, marked=idle.open)
    await busy.close()


async def closed(client, endpoint) -> None:
    """A session that is ended while a request of it runs."""
    session = await endpoint.session(
        cost=500, on_close_route="/closed", on_close_payload={"why": "over"}
    )
    stream = await session.request("/generate_stream", body(4000), cost=4000, stream=True)
    first = await anext(stream["response"])
    await session.close()
    rest = await failure(anext(stream["response"]))
    tell(id=session.session_id, first=first, rest=rest)


async def full(client, endpoint) -> None:
    """One session more than the worker has."""
    sessions = [await endpoint.session(cost=1) for _ in range(10)]
    too_many = await failure(endpoint.session(cost=1, timeout=1))
    await sessions[0].close()
    sessions[0] = await endpoint.session(cost=1)
    for session in sessions:
        await session.close()
    tell(too_many=too_many)


if __name__ == "__main__":
    begin(used, together, left, closed, full)
