"""Large request bodies, one after the other on one connection: wall time and CPU of each."""

import base64
import random
import socket
import statistics
import time

from benchmarks.proxy.answers import JSON_ANSWER
from benchmarks.proxy.grants import request_template
from benchmarks.proxy.responses import Answer, parse_answer
from benchmarks.proxy.spec import Reading, Result, Spec

READ_BYTES = 65536
SETTLE = 0.02  # seconds; many times what accounting for one request takes


def large_text(size: int) -> str:
    """About `size` characters of base64, as an image in a payload is."""
    return base64.b64encode(random.Random(1).randbytes(size * 3 // 4)).decode()


class Client:
    """One connection, opened anew when the server has closed it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.sock: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        """Send a request and read its answer.

        Raises:
            OSError: the connection broke or the time is over.
            ValueError: the answer is not HTTP.
        """
        if self.sock is None:
            self.sock = socket.create_connection(("127.0.0.1", self.spec.port), self.spec.timeout)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(request)
        data = b""
        while (answer := parse_answer(data)) is None:
            part = self.sock.recv(READ_BYTES)
            if not part:
                raise ConnectionError(f"closed with {len(data)} bytes of an answer")
            data += part
        if answer.close:
            self.sock.close()
            self.sock = None
        return answer


def drive(spec: Spec) -> Result:
    """One request to warm up, then the measured ones."""
    result = Result()
    payload: dict[str, object] = {
        "inputs": large_text(spec.body_bytes),
        "parameters": {"max_new_tokens": 64},
    }
    template = request_template("/generate", spec.url, spec.signature, payload, 64.0)
    client = Client(spec)
    wall: list[float] = []
    server: list[float] = []
    for number in range(spec.requests + 1):
        request = template.numbered(number)
        before = Reading.take(spec)
        try:
            answer = client.ask(request)
        except (OSError, ValueError) as error:
            result.wrong(str(error))
            return result
        wall.append((time.perf_counter() - before.wall) * 1000)
        if answer.status != 200 or answer.body != JSON_ANSWER:
            result.wrong(f"status {answer.status}, body {answer.body[:200]!r}")
            return result
        # What the server still does after its answer belongs to the request's CPU, not to its time.
        time.sleep(SETTLE)
        server.append((Reading.take(spec).server - before.server) * 1000)
    result.figures = {
        "wall_ms": statistics.median(wall[1:]),
        "cpu_ms": statistics.median(server[1:]),
    }
    return result
