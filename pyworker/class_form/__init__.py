"""Workers as classes: payloads, endpoint handlers, a backend, routes, `start_server`.

The form of the first PyWorkers, typed. A definition in it is a script:

    backend = Backend(model_server_url=..., model_log_file=..., benchmark_handler=Generate(), ...)
    routes = [web.post("/generate", backend.create_handler(Generate()))]
    if __name__ == "__main__":
        start_server(backend, routes)
"""

from pyworker.class_form import web
from pyworker.class_form.backend import Backend, LogAction
from pyworker.class_form.handler import EndpointHandler
from pyworker.class_form.model_response import ModelResponse
from pyworker.class_form.payload import ApiPayload, FilePart, JsonDataException
from pyworker.class_form.serve import start_server

__all__ = [
    "ApiPayload",
    "Backend",
    "EndpointHandler",
    "FilePart",
    "JsonDataException",
    "LogAction",
    "ModelResponse",
    "start_server",
    "web",
]
