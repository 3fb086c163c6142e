"""A worker as a user of the SDK writes it: a form for the model server, a stream, a function."""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import base64
from dataclasses import dataclass

from aiohttp import web
from vastai import BenchmarkConfig, HandlerConfig, LogActionConfig, Worker, WorkerConfig
from vastai.serverless.server.lib.data_types import ApiPayload, JsonDataException


@dataclass
class Clip(ApiPayload):
    name: str
    sound: bytes
    seconds: float

    @classmethod
    def for_test(cls) -> "Clip":
        return cls("test.wav", b"test", 4)

    @classmethod
    def from_json_msg(cls, json_msg: dict) -> "Clip":
        if "sound" not in json_msg:
            raise JsonDataException({"sound": "missing parameter"})
        return cls(json_msg["name"], base64.b64decode(json_msg["sound"]), json_msg["seconds"])

    def generate_payload_json(self) -> dict:
        raise AssertionError("it is a form")

    def generate_payload_multipart(self) -> dict:
        tags = {"seconds": self.seconds, "tags": ["a", "b"], "options": {"fast": True}}
        return {"file": (self.name, self.sound, "audio/wav"), **tags}

    def count_workload(self) -> float:
        return self.seconds


async def tell(request, answer):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    async for line in answer.content:
        await response.write(line)
    await response.write_eof()
    return response


async def add(a, b):
    return a + b


config = WorkerConfig(
    model_server_url="http://127.0.0.1",
    model_server_port=18000,
    model_log_file="/nowhere.log",
    handlers=[
        HandlerConfig(
            route="/hear",
            payload_class=Clip,
            allow_parallel_requests=True,
            benchmark_config=BenchmarkConfig(runs=1, concurrency=2),
        ),
        HandlerConfig(
            route="/tell",
            response_generator=tell,
            workload_calculator=lambda payload: payload["words"],
        ),
        HandlerConfig(route="/add", remote_function=add, workload_calculator=lambda _: 1),
    ],
    log_action_config=LogActionConfig(on_load=["the model is up"]),
)

if __name__ == "__main__":
    Worker(config).run()
