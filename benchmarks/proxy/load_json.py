"""Small JSON requests, a fixed number at a time, each connection as soon as it has its answer."""

import select
import socket
import time

from benchmarks.proxy.answers import JSON_ANSWER
from benchmarks.proxy.grants import RequestTemplate, request_template
from benchmarks.proxy.responses import parse_answer
from benchmarks.proxy.spec import Reading, Result, Spec, quantile

PAYLOAD: dict[str, object] = {
    "inputs": "What is deep learning, and how is it different from the statistics we had before?",
    "parameters": {"max_new_tokens": 64, "temperature": 0.7, "return_full_text": False},
}

CONNECT_TIMEOUT = 5.0  # seconds; loopback, so only a dead server takes that long
READ_BYTES = 65536
GIVE_UP_AFTER = 100  # errors; a server that refuses everything need not be asked for long


class Client:
    """One keep-alive connection, replaced when the server closes it."""

    __slots__ = ("data", "sock", "started")

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        self.data = b""
        self.started = 0.0


class JsonLoad:
    """A closed loop: as many requests in flight as there are clients."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.result = Result()
        self.template: RequestTemplate = request_template(
            "/generate", spec.url, spec.signature, PAYLOAD, 64.0
        )
        self.epoll = select.epoll()
        self.clients: dict[int, Client] = {}
        self.sent = 0
        self.connects = 0
        self.latencies: list[float] = []

    def ask(self, client: Client) -> None:
        """Send the next request, on a new connection if there is none."""
        client.started = time.perf_counter()
        client.data = b""
        if client.sock is None:
            self._connect(client)
        assert client.sock is not None
        client.sock.send(self.template.numbered(self.sent))
        self.sent += 1

    def _connect(self, client: Client) -> None:
        client.sock = socket.create_connection(("127.0.0.1", self.spec.port), CONNECT_TIMEOUT)
        client.sock.setblocking(False)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients[client.sock.fileno()] = client
        self.epoll.register(client.sock, select.EPOLLIN)
        self.connects += 1

    def hang_up(self, client: Client) -> None:
        """Close the client's connection; the next request opens another."""
        if client.sock is not None:
            del self.clients[client.sock.fileno()]
            client.sock.close()
            client.sock = None

    def run_until(self, end: float) -> None:
        """Answer and ask until the clock says `end`, or too much went wrong."""
        while (now := time.perf_counter()) < end and self.result.errors < GIVE_UP_AFTER:
            for fd, _ in self.epoll.poll(end - now):
                self._readable(self.clients[fd])

    def _readable(self, client: Client) -> None:
        assert client.sock is not None
        try:
            data = client.sock.recv(READ_BYTES)
        except OSError as error:
            data = b""
            self.result.wrong(f"connection broke: {error}")
        client.data += data
        answer = parse_answer(client.data)
        if answer is not None:
            self.latencies.append(time.perf_counter() - client.started)
            if answer.status != 200 or answer.body != JSON_ANSWER:
                self.result.wrong(f"status {answer.status}, body {answer.body[:200]!r}")
        elif data:
            return  # the rest is still to come
        else:
            self.result.wrong(f"closed with {len(client.data)} bytes of an answer")
        if answer is None or answer.close:
            self.hang_up(client)
        self.ask(client)


def drive(spec: Spec) -> Result:
    """Warm up, measure for one window."""
    load = JsonLoad(spec)
    for _ in range(spec.connections):
        load.ask(Client())
    load.run_until(time.perf_counter() + spec.warm_up)
    load.latencies.clear()
    connects = load.connects
    before = Reading.take(spec)
    load.run_until(time.perf_counter() + spec.window)
    after = Reading.take(spec)
    answered = len(load.latencies)
    if answered == 0:
        load.result.wrong("no answer in the whole window")
        return load.result
    load.result.figures = {
        "cpu_us": (after.server - before.server) / answered * 1e6,
        "per_s": answered / (after.wall - before.wall),
        "p50_ms": quantile(load.latencies, 0.5) * 1000,
        "p99_ms": quantile(load.latencies, 0.99) * 1000,
        "connects_per_request": (load.connects - connects) / answered,
        **before.busy_until(after),
    }
    return load.result
