"""What a client of a code deployment writes: calls of its functions; see sdk_start.py."""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import asyncio
from types import SimpleNamespace

from sdk_start import begin, tell  # isort: skip - it prepares the SDK's imports
from sdk_deployment import Point, app, drawn, is_square, scaled
from vastai.serverless.remote.deploy import _FullDeployment


async def error(awaitable) -> list:
    try:
        return [repr(await awaitable)]
    except Exception as raised:  # noqa: BLE001 - told, whatever it is
        return [type(raised).__name__, *map(str, raised.args)]


async def shapes(client, endpoint) -> None:
    # What `ensure_ready` leaves behind when it has rented machines and uploaded this file.
    app._inner = _FullDeployment(app.root_module, SimpleNamespace(endpoint=endpoint))
    points = [Point(1, 0.5), Point(2, 1.5)]
    results = await asyncio.gather(scaled(points), scaled(points[:1], by=-1), drawn(70_000))
    assert results[0] == {"scaled": (Point(3, 1.5), Point(6, 4.5))}, results[0]
    assert results[1] == {"scaled": (Point(-1, -0.5),)}, results[1]
    assert results[2] == bytes(70_000)
    tell(
        builtin=await error(drawn(2_000_000)),
        own=await error(drawn(-1)),
        a_bool=await error(is_square(points[0])),
        foreign=await error(is_square(SimpleNamespace(x=1, y=1))),  # pyright: ignore[reportArgumentType],
    )


if __name__ == "__main__":
    begin(shapes)
