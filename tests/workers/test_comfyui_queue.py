"""The comfyui worker's routes lead to one GPU, so they share one queue."""

from functools import partial

import httpx
import orjson
import trio
from fakes.clock import quiet
from fakes.grants import autoscaler
from fakes.model import FakeModel, by_hand
from fakes.sim_image import workflow
from fakes.worker_app import running_worker

from pyworker.settings import read_settings
from workers.comfyui.worker import define

IMAGE = {"prompt": "a cat", "width": 512, "height": 512, "steps": 1, "seed": 1}
OWN = {"custom_fields": {"width": 512, "height": 512, "steps": 1}, "workflow": workflow()}


async def test_one_image_is_made_at_a_time_whichever_way_it_is_asked_for(
    nursery: trio.Nursery,
) -> None:
    model = FakeModel()
    await nursery.start(model.serve)
    model.script(by_hand)
    handlers = define(read_settings({})).handlers
    answered: list[str] = []

    async def ask(client: httpx.AsyncClient, route: str, payload: object) -> None:
        await client.post(route, content=autoscaler().envelope(orjson.dumps(payload)))
        answered.append(route)

    async with (
        running_worker(model.url, handlers=handlers) as worker,
        worker.client() as client,
        trio.open_nursery() as clients,
    ):
        asked = [("/prompt", IMAGE), ("/custom-workflow", OWN), ("/prompt", IMAGE)]
        for number, (route, payload) in enumerate(asked, 1):
            clients.start_soon(partial(ask, client, route, payload))
            await worker.until(lambda ledger, number=number: ledger.working == number)
        for number in (1, 2, 3):
            call = await model.next_call()
            await quiet()
            assert len(model.calls) == number
            await call.answer(status=503)
            await worker.until(lambda ledger, left=3 - number: ledger.working == left)
    assert answered == [route for route, _ in asked]
