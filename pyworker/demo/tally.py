"""Does it add up? What was sent against what the autoscaler heard. Pure."""

from collections.abc import Sequence
from typing import Any

from pyworker.demo.client import Sample


def differences(samples: Sequence[Sample], worker: dict[str, Any]) -> list[str]:
    """What the autoscaler's account of `worker` has other than what was sent; empty when equal.

    Args:
        samples: Every request that was sent to the worker.
        worker: The worker's entry in the autoscaler's /state.
    """
    sent = float(sum(sample.workload for sample in samples))
    generated = sum(sample.tokens for sample in samples)
    last = worker["last"]
    expected: list[tuple[str, float, float]] = [
        ("workload received (sum of new_load)", sent, worker["sums"]["new_load"]),
        ("workload served (sum of cur_perf)", sent, worker["sums"]["cur_perf"]),
        ("workload refused (sum of rej_load)", 0.0, worker["sums"]["rej_load"]),
        ("requests ended with Success", len(samples), worker["ended"].get("Success", 0)),
        ("requests received", len(samples), last["num_requests_recieved"]),
        ("requests still working", 0, last["num_requests_working"]),
        ("load at the end", 0.0, last["cur_load"]),
        ("reports refused as malformed", 0, worker["refused"]),
    ]
    wrong = [f"{what}: {got:g}, not {want:g}" for what, want, got in expected if got != want]
    if generated > sent:
        wrong.append(f"tokens generated: {generated}, more than the {sent:g} asked for")
    return wrong


def table(samples: Sequence[Sample]) -> str:
    """The requests, one a line, and each route's medians."""
    head = f"{'route':<18}{'status':>7}{'workload':>10}{'tokens':>8}{'TTFT ms':>10}{'total ms':>10}"
    lines = [head + f"{'tokens/s':>10}"]
    for sample in samples:
        first = f"{sample.first * 1000:.0f}" if sample.route.endswith("stream") else "-"
        rate = sample.tokens / sample.total if sample.total > 0 else 0.0
        lines.append(
            f"{sample.route:<18}{sample.status:>7}{sample.workload:>10}{sample.tokens:>8}"
            f"{first:>10}{sample.total * 1000:>10.0f}{rate:>10.1f}"
        )
    return "\n".join(lines)


def heard(worker: dict[str, Any]) -> str:
    """What the autoscaler saw of the worker."""
    return (
        f"the autoscaler saw: {worker['reports']} reports, max_perf {worker['max_perf']:.1f}"
        f" tokens/s, load time {worker['loadtime']:.1f} s, received {worker['sums']['new_load']:g},"
        f" served {worker['sums']['cur_perf']:g}, refused {worker['sums']['rej_load']:g},"
        f" ended {worker['ended']}"
    )
