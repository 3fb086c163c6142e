"""Many event streams started at once: time to the first event, and CPU per event.

While it runs it only stores what came and counts event marks; the answers are decoded and
compared with what the model sent after the last one has ended.
"""

import errno
import select
import socket
import time

from benchmarks.proxy.answers import EVENT_MARK, LAST_CHUNK, event_stream
from benchmarks.proxy.grants import RequestTemplate, request_template
from benchmarks.proxy.responses import dechunk
from benchmarks.proxy.spec import Reading, Result, Spec, quantile

READ_BYTES = 262144
HEAD_START = b"HTTP/1.1 200 "


class Stream:
    """One request and what came of it. Times are of time.perf_counter, 0.0 = not yet."""

    __slots__ = ("ended", "first_event", "parts", "sock", "started")

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parts: list[bytes] = []
        self.started = time.perf_counter()
        self.first_event = 0.0
        self.ended = 0.0


class StreamLoad:
    """All streams of one case."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.result = Result()
        payload: dict[str, object] = {
            "inputs": "Tell me a long story about a worker who could not stop working.",
            "parameters": {"max_new_tokens": spec.events, "temperature": 0.7},
        }
        self.template: RequestTemplate = request_template(
            "/generate_stream", spec.url, spec.signature, payload, float(spec.events)
        )
        self.epoll = select.epoll()
        self.running: dict[int, Stream] = {}
        self.streams: list[Stream] = []
        self.events = 0  # event marks seen so far, in all streams

    def start(self) -> None:
        """Begin to connect all streams, without waiting for any."""
        for _ in range(self.spec.connections):
            stream = Stream()
            code = stream.sock.connect_ex(("127.0.0.1", self.spec.port))
            if code not in (0, errno.EINPROGRESS):
                self.result.wrong(f"connect: {errno.errorcode[code]}")
                continue
            self.streams.append(stream)
            self.running[stream.sock.fileno()] = stream
            self.epoll.register(stream.sock, select.EPOLLOUT)

    def run_until(self, end: float) -> None:
        """Read until the clock says `end` or all streams are over."""
        while self.running and (now := time.perf_counter()) < end:
            for fd, mask in self.epoll.poll(end - now):
                stream = self.running[fd]
                if mask & select.EPOLLOUT:
                    self._connected(stream)
                else:
                    self._readable(stream)

    def _connected(self, stream: Stream) -> None:
        code = stream.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.result.wrong(f"connect: {errno.errorcode[code]}")
            self._end(stream)
            return
        # Some hundred bytes always fit into a new connection's buffer.
        stream.sock.send(self.template.numbered(len(self.streams) - len(self.running)))
        self.epoll.modify(stream.sock, select.EPOLLIN)

    def _readable(self, stream: Stream) -> None:
        try:
            data = stream.sock.recv(READ_BYTES)
        except OSError:
            data = b""  # a reset; what came before it is judged like a short answer
        if not data:
            self._end(stream)
            return
        stream.parts.append(data)
        if count := data.count(EVENT_MARK):
            self.events += count
            if not stream.first_event:
                stream.first_event = time.perf_counter()
        if data.endswith(LAST_CHUNK) or not stream.parts[0].startswith(HEAD_START):
            self._end(stream)

    def _end(self, stream: Stream) -> None:
        stream.ended = time.perf_counter()
        del self.running[stream.sock.fileno()]
        stream.sock.close()

    def check(self) -> None:
        """Compare every answer with what the model sent; call it when nothing is timed."""
        expected = event_stream(self.spec.events)
        for stream in self.running.values():
            stream.sock.close()
        for stream in self.streams:
            data = b"".join(stream.parts)
            head, _, coded = data.partition(b"\r\n\r\n")
            try:
                whole = head.startswith(HEAD_START) and dechunk(coded) == expected
            except ValueError:
                whole = False
            if not whole:
                got, state = data.count(EVENT_MARK), "ended" if stream.ended else "unfinished"
                self.result.wrong(f"{got} of {self.spec.events} events, {state}: {head[:80]!r}")


def drive(spec: Spec) -> Result:
    """Start all streams; measure a window in the middle ("events") or all of it ("ttft")."""
    load = StreamLoad(spec)
    deadline = time.perf_counter() + spec.timeout
    before = Reading.take(spec)
    load.start()
    if spec.kind == "events":
        load.run_until(time.perf_counter() + spec.warm_up)
        before, seen = Reading.take(spec), load.events
        load.run_until(time.perf_counter() + spec.window)
        after, counted = Reading.take(spec), load.events - seen
        load.run_until(deadline)
    else:
        load.run_until(deadline)
        after, counted = Reading.take(spec), load.events
    load.check()
    result = load.result
    firsts = [(s.first_event - s.started) * 1000 for s in load.streams if s.first_event]
    if not firsts or counted == 0:
        result.wrong("no event at all")
        return result
    result.figures = {
        "cpu_us": (after.server - before.server) / counted * 1e6,
        "per_s": counted / (after.wall - before.wall),
        "p50_ms": quantile(firsts, 0.5),
        "p99_ms": quantile(firsts, 0.99),
        "all_done_s": max(s.ended for s in load.streams) - min(s.started for s in load.streams),
        **before.busy_until(after),
    }
    return result
