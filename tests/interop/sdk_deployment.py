"""A code deployment as a user of the SDK writes it; its clients import it, our worker serves it."""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import os
from dataclasses import dataclass

from vastai import Deployment
from vastai.data.query import RTX_4090, gpu_name

URL = os.environ.get("REPORT_ADDR")
app = Deployment(name="shapes", api_key="local-key", autoscaler_url=URL, webserver_url=URL)


@dataclass
class Point:
    x: int
    y: float


class OffTheMapError(Exception):
    pass


@app.context(3)
class Scale:
    def __init__(self, by: int) -> None:
        self.by = by

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass


@app.remote(
    benchmark_dataset=[{"points": [Point(1, 2.0)]}],
    benchmark_runs=1,
    workload_calculator=lambda points, **_: 10 * len(points),
)
async def scaled(points: list[Point], by: int | None = None) -> dict[str, tuple[Point, ...]]:
    by = by or app.get_context(Scale).by
    return {"scaled": tuple(Point(by * point.x, by * point.y) for point in points)}


@app.remote()
async def drawn(size: int) -> bytes:
    if size > 1_000_000:
        raise ValueError("too large", size)
    if size < 0:
        raise OffTheMapError("nothing is there")
    return bytes(size)


@app.remote()
async def is_square(point: Point) -> bool:
    return point.x == point.y


app.image("an/image", 16).require(gpu_name.in_([RTX_4090]))
app.configure_autoscaling(min_load=100)
if __name__ == "__main__":
    app.ensure_ready()
