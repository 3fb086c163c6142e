"""A model server that costs next to nothing: `python -m benchmarks.proxy.standin PORT LOG RATE`.

One epoll loop, one timer for all streams, sends that never block. POST /generate gives a fixed
JSON answer; POST /generate_stream gives `max_new_tokens` events, the first one at once and the
others RATE times a second, all streams at the same tick, as a model that decodes its requests in
one batch does. It ends when its standard input does, so it cannot outlive the benchmark.
"""

import json
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.proxy.answers import JSON_ANSWER, event_chunks, wanted_events

# The line by which a worker knows that TGI is loaded.
LOADED = (
    '{"timestamp":"2025-01-01T00:00:00.000000Z","level":"INFO","message":"Connected",'
    '"target":"text_generation_router::server"}\n'
)

BACKLOG = 4096  # all streams of the largest case may connect at once
READ_BYTES = 1 << 20
HEAD_LIMIT = 64 * 1024  # bytes; no client of ours sends more

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


def closing(answer: bytes) -> bytes:
    """The answer to a client that asked for the connection to be closed, as hyper writes it."""
    return answer.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)


def plain_answer(body: bytes, status: str = "200 OK") -> bytes:
    """A whole answer with a JSON body."""
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


GENERATE = plain_answer(JSON_ANSWER)
HEALTH = plain_answer(b"")
INFO = plain_answer(b'{"model_id":"stand-in","max_total_tokens":4096,"version":"3.0.0"}')
NOT_FOUND = plain_answer(b'{"error":"no such route"}', "404 Not Found")


@dataclass
class Counts:
    """What happened since the last look; GET /stats takes it and starts it anew."""

    requests: int = 0
    streams: int = 0
    events: int = 0
    delayed_sends: int = 0  # the worker's side was full, so the bytes went out at a later tick
    left_early: int = 0  # connections that broke while a stream was running
    latest_tick_ms: float = 0.0  # how late the timer was at worst


class Connection:
    """One client connection: the request being read, then perhaps the stream being sent."""

    __slots__ = ("body", "chunks", "close", "head", "missing", "position", "route", "sock", "stuck")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.head = b""
        self.route = ""  # empty while a head is being read
        self.body = b""  # kept for streams only; other bodies are counted and dropped
        self.missing = 0  # body bytes still to come
        self.close = False
        self.chunks: list[bytes] = []
        self.position = 0  # index of the next chunk
        self.stuck = b""  # bytes that the socket did not take


class StandIn:
    """The loop and its state."""

    def __init__(self, port: int, events_per_second: float) -> None:
        self.period = 1.0 / events_per_second
        self.next_tick = 0.0
        self.counts = Counts()
        self.streaming: list[Connection] = []
        self.connections: dict[int, Connection] = {}
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self.listener.setblocking(False)
        self.epoll = select.epoll()
        self.epoll.register(self.listener, select.EPOLLIN)
        self.epoll.register(sys.stdin, select.EPOLLIN)

    def serve(self) -> None:
        """Run until standard input ends."""
        stdin, listener = sys.stdin.fileno(), self.listener.fileno()
        while True:
            wait = max(self.next_tick - time.monotonic(), 0.0) if self.streaming else -1
            for fd, _ in self.epoll.poll(wait):
                if fd == listener:
                    self._accept()
                elif fd == stdin:
                    return
                elif (connection := self.connections.get(fd)) is not None:
                    self._readable(connection)
            if self.streaming and time.monotonic() >= self.next_tick:
                self._tick()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections[sock.fileno()] = Connection(sock)
            self.epoll.register(sock, select.EPOLLIN)

    def _drop(self, connection: Connection) -> None:
        if connection.chunks:
            self.counts.left_early += 1
            self.streaming.remove(connection)
            connection.chunks = []
        self.connections.pop(connection.sock.fileno(), None)
        connection.sock.close()

    def _readable(self, connection: Connection) -> None:
        try:
            size = connection.sock.recv_into(self.buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size == 0:
            self._drop(connection)
        elif connection.route:
            self._body(connection, self.buffer[:size])
        else:
            self._head(connection, bytes(self.buffer[:size]))

    def _head(self, connection: Connection, data: bytes) -> None:
        connection.head += data
        end = connection.head.find(b"\r\n\r\n")
        if end < 0:
            if len(connection.head) > HEAD_LIMIT:
                self._drop(connection)
            return
        head, rest = connection.head[:end].lower(), connection.head[end + 4 :]
        connection.head = b""
        connection.route = head.split(b" ", 2)[1].partition(b"?")[0].decode()
        connection.close = b"\r\nconnection: close" in head
        _, named, length = head.partition(b"\r\ncontent-length:")
        connection.missing = int(length.split(b"\r\n", 1)[0]) if named else 0
        self._body(connection, memoryview(rest))

    def _body(self, connection: Connection, data: memoryview) -> None:
        connection.missing -= len(data)
        if connection.route == "/generate_stream":
            connection.body += data
        if connection.missing <= 0:
            self._answer(connection)

    def _answer(self, connection: Connection) -> None:
        route, connection.route = connection.route, ""
        body, connection.body = connection.body, b""
        self.counts.requests += 1
        if route == "/generate_stream":
            self._start_stream(connection, wanted_events(body))
        elif route == "/generate":
            self._finish(connection, GENERATE)
        elif route == "/health":
            self._finish(connection, HEALTH)
        elif route == "/info":
            self._finish(connection, INFO)
        elif route == "/stats":
            counts, self.counts = self.counts, Counts()
            self._finish(connection, plain_answer(json.dumps(asdict(counts)).encode()))
        else:
            self._finish(connection, NOT_FOUND)

    def _finish(self, connection: Connection, answer: bytes) -> None:
        if connection.close:
            answer = closing(answer)
        try:
            # A few hundred bytes always fit into an idle connection's buffer.
            sent = connection.sock.send(answer)
        except OSError:
            sent = 0
        if sent < len(answer) or connection.close:
            self._drop(connection)

    def _start_stream(self, connection: Connection, count: int) -> None:
        if not self.streaming:
            self.next_tick = time.monotonic() + self.period
        self.counts.streams += 1
        connection.chunks = event_chunks(count)
        connection.position = 0
        connection.stuck = closing(STREAM_HEAD) if connection.close else STREAM_HEAD
        self.streaming.append(connection)
        if self._send_next(connection):
            self._end_stream(connection)

    def _tick(self) -> None:
        late = time.monotonic() - self.next_tick
        self.counts.latest_tick_ms = max(self.counts.latest_tick_ms, late * 1000)
        self.next_tick += self.period
        ended = [stream for stream in self.streaming if self._send_next(stream)]
        for stream in ended:
            self._end_stream(stream)

    def _send_next(self, stream: Connection) -> bool:
        """Send what is stuck and the next event; true when the stream is over or broken."""
        data = stream.stuck
        if stream.position < len(stream.chunks):
            data += stream.chunks[stream.position]
            stream.position += 1
            self.counts.events += 1
        try:
            sent = stream.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The peer reset the connection; reading it gives the end and drops it.
            return False
        if sent < len(data):
            self.counts.delayed_sends += 1
        stream.stuck = data[sent:]
        return not stream.stuck and stream.position == len(stream.chunks)

    def _end_stream(self, stream: Connection) -> None:
        self.streaming.remove(stream)
        stream.chunks = []
        if stream.close:
            self._drop(stream)


def main() -> None:
    """Listen, write the log of a loaded model, serve."""
    port, log, rate = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    model = StandIn(port, rate)
    with log.open("a") as file:
        file.write(LOADED)
    model.serve()


if __name__ == "__main__":
    main()
