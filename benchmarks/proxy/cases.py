"""What is measured: the cases, and the figures that the table shows of each."""

from dataclasses import dataclass

from benchmarks.proxy.spec import Kind, Spec

KIB = 1024
MIB = 1024 * KIB

EVENTS_PER_SECOND = 50.0  # of one stream; a fast model's tokens

# Cases that are no load: they start servers, or only look at them.
STARTUP = "startup"
IDLE = "idle"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of load. Times are seconds; the fields mean what they mean in Spec."""

    name: str
    kind: Kind
    connections: int = 1
    warm_up: float = 0.5
    window: float = 3.0
    events: int = 1
    requests: int = 1
    body_bytes: int = 0

    def timeout(self) -> float:
        """A server that serves 100 streams at a time, at half the speed, is still waited for."""
        return 30.0 + 2 * self.events / EVENTS_PER_SECOND * (self.connections / 100 + 1)

    def spec(self, url: str, signature: str, server_pids: list[int], model_pid: int) -> Spec:
        """The order for the load generator."""
        return Spec(
            kind=self.kind,
            url=url,
            signature=signature,
            server_pids=tuple(server_pids),
            model_pid=model_pid,
            connections=self.connections,
            warm_up=self.warm_up,
            window=self.window,
            events=self.events,
            requests=self.requests,
            body_bytes=self.body_bytes,
            timeout=self.timeout(),
        )


def load_cases(*, quick: bool, events: int) -> list[Case]:
    """All load cases; `events` is how long the streams of the TTFT cases are."""
    window = 1.0 if quick else 3.0
    steady = 2.0 if quick else 4.0
    # Beside the window: a second to get all streams going, half a second so that none ends early.
    steady_events = round((1.0 + steady + 0.5) * EVENTS_PER_SECOND)
    cases = [
        Case(name=f"json-{count}", kind="json", connections=count, window=window)
        for count in (1, 16, 64)
    ]
    cases.append(
        Case(
            name="events-64",
            kind="events",
            connections=64,
            warm_up=1.0,
            window=steady,
            events=steady_events,
        )
    )
    cases += [
        Case(name=f"ttft-{count}", kind="ttft", connections=count, events=events)
        for count in (64, 256, 1024)
    ]
    cases += [
        Case(name="body-1m", kind="body", body_bytes=MIB, requests=5 if quick else 20),
        Case(name="body-16m", kind="body", body_bytes=16 * MIB, requests=2 if quick else 5),
    ]
    return cases


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    case: str
    key: str
    label: str
    digits: int = 0
    higher_is_better: bool = False
    # The load generator or the model can be what limits it.
    limited: bool = False


def figures() -> list[Figure]:
    """All rows, in the order in which they are shown."""
    rows = [
        Figure(STARTUP, "listening_ms", "start: exec to listening, ms"),
        Figure(STARTUP, "first_report_ms", "start: exec to first report, ms"),
        Figure(IDLE, "ready_ms", "start: exec to ready report, ms"),
        Figure(IDLE, "rss_mib", "idle RSS, MiB", 1),
    ]
    for count in (1, 16, 64):
        case, label = f"json-{count}", f"small JSON, {count} at a time: "
        rows += [
            Figure(case, "cpu_us", label + "CPU us/request", 1),
            Figure(case, "per_s", label + "requests/s", higher_is_better=True, limited=True),
            Figure(case, "p50_ms", label + "p50 ms", 2, limited=True),
        ]
    rows.append(Figure("events-64", "cpu_us", "64 streams: CPU us/event", 1))
    for count in (64, 256, 1024):
        case, label = f"ttft-{count}", f"{count} streams at once: "
        rows += [
            Figure(case, "p50_ms", label + "TTFT p50 ms", limited=True),
            Figure(case, "p99_ms", label + "TTFT p99 ms", limited=True),
            Figure(case, "all_done_s", label + "all done, s", 2, limited=True),
        ]
    for case, label in (("body-1m", "1 MiB request: "), ("body-16m", "16 MiB request: ")):
        rows += [
            Figure(case, "wall_ms", label + "total ms", 1),
            Figure(case, "cpu_ms", label + "CPU ms", 1),
        ]
    return rows
