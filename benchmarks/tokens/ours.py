"""What only pyworker is measured in: counting in JSON, and several threads at once."""

import json
import statistics
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Figures = dict[str, Any]


def counter(path: str) -> Any:
    """Ours; looked up at run time, because the measuring child may be a peer's interpreter."""
    return import_module("pyworker.workload.tokens").TokenCounter.from_file(path)


def count_json(job: dict[str, Any]) -> Figures:
    """CPU milliseconds for chat bodies, and for the same texts as str, each seen once and again.

    Both get objects of their own each time. Cold by a counter that has not seen the texts, warm by
    the same one after that; medians of `rounds` counters.
    """
    texts: list[str] = job["texts"]
    chat = import_module("pyworker.workload.selector").messages("messages")
    bodies = [_body(text) for text in texts]

    def in_json(one: Any) -> Callable[[], int]:
        # Copies: nothing may be remembered by the object.
        fresh = [bytes(bytearray(body)) for body in bodies]
        return lambda: sum(one.count_json(body, chat).tokens for body in fresh)

    def in_text(one: Any) -> Callable[[], int]:
        fresh = [text.encode().decode() for text in texts]
        return lambda: sum(one.count(text, special=False) for text in fresh)

    ways = {"json": in_json, "text": in_text}
    cold: dict[str, list[float]] = {name: [] for name in ways}
    warm: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(job["rounds"]):
        for name, way in ways.items():
            one = counter(job["file"])
            for text in job["warm_up"]:
                one.count(text)
            cold[name].append(_timed(way(one)))
            warm[name].append(_timed(way(one)))
    return {
        name: {
            "cold_ms": statistics.median(cold[name]) * 1e3,
            "warm_ms": statistics.median(warm[name]) * 1e3,
        }
        for name in ways
    }


def _body(text: str) -> bytes:
    message = {"role": "user", "content": text}
    return json.dumps({"messages": [message], "max_tokens": 100}, ensure_ascii=False).encode()


def _timed(work: Callable[[], int]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def threads(job: dict[str, Any]) -> Figures:
    """CPU seconds of all threads and wall seconds, by the number of threads that share the work.

    Each thread counts its share of the prompts with the same counter, which has not seen them;
    `wrong` is how many counts differ from those of one thread.
    """
    prompts: list[str] = job["prompts"]
    alone = counter(job["file"])
    right = [alone.count(text) for text in prompts]
    figures: Figures = {}
    for number in job["threads"]:
        one = counter(job["file"])
        for text in job["warm_up"]:
            one.count(text)
        counts = [0] * len(prompts)

        def work(first: int, step: int = number, one: Any = one, to: list[int] = counts) -> None:
            for place in range(first, len(prompts), step):
                to[place] = one.count(prompts[place])

        workers = [threading.Thread(target=work, args=(first,)) for first in range(number)]
        cpu, wall = time.process_time(), time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        figures[str(number)] = {
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.perf_counter() - wall,
            "wrong": sum(a != b for a, b in zip(counts, right, strict=True)),
        }
    return figures
