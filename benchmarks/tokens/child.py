"""Measures one contender with one tokenizer.json in a process of its own.

    PYTHON -m benchmarks.tokens.child < job.json > result.json

Imports nothing but the standard library and the contender, so any interpreter can run it. CPU
seconds are of the whole process, threads of the contender included.
"""

import ctypes
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Any

from benchmarks.tokens.contenders import ALL, Count
from benchmarks.tokens.ours import count_json, threads

Job = dict[str, Any]
Figures = dict[str, Any]

KIB = 1024


def probe(job: Job) -> Figures:
    """Which contenders this interpreter has, with their versions."""
    found = [ALL[name] for name in job["names"] if util.find_spec(ALL[name].module)]
    versions: dict[str, str] = {}
    for one in found:
        try:
            versions[one.name] = metadata.version(one.package)
        except metadata.PackageNotFoundError:  # the checkout that we run in
            versions[one.name] = "checkout"
    return versions


def decoded(texts: Sequence[str]) -> list[str]:
    """New objects: a str keeps its UTF-8 form once somebody asked for it, as requests' never do."""
    return [text.encode().decode() for text in texts]


def timed(count: Count, texts: Sequence[str]) -> tuple[float, list[int]]:
    """CPU seconds for all of them once, and each one's tokens."""
    fresh = decoded(texts)
    before = time.process_time()
    counts = [count(text) for text in fresh]
    return time.process_time() - before, counts


def throughput(job: Job, load: Callable[[], Count]) -> Figures:
    """Cold and warm, by the size of prompts and the text they are from.

    For each size a fresh counter counts the warm-up, then every prompt once (cold), then all
    prompts again, `passes` times (warm).
    """
    figures: Figures = {}
    for size, by_text in job["prompts"].items():
        count = load()
        fresh, _ = timed(count, job["warm_up"][size])
        cold = {name: timed(count, prompts) for name, prompts in by_text.items()}
        warm = [
            {name: timed(count, prompts)[0] for name, prompts in by_text.items()}
            for _ in range(job["passes"])
        ]
        figures[size] = {
            "fresh": fresh,
            "cold": {name: seconds for name, (seconds, _) in cold.items()},
            "warm": {name: statistics.median(one[name] for one in warm) for name in by_text},
            "counts": {name: counts for name, (_, counts) in cold.items()},
        }
    return figures


def short(job: Job, load: Callable[[], Count]) -> Figures:
    """Microseconds of one call with the same short prompt, over and over."""
    count = load()
    (prompt,) = decoded([job["prompt"]])
    rounds: list[float] = []
    for _ in range(job["rounds"]):
        before = time.process_time()
        for _ in range(job["calls"]):
            count(prompt)
        rounds.append((time.process_time() - before) / job["calls"])
    return {"microseconds": statistics.median(rounds) * 1e6, "tokens": count(prompt)}


def worst(job: Job, load: Callable[[], Count]) -> Figures:
    """CPU seconds of each text, counted first by a fresh counter that has only warmed up."""
    figures: Figures = {}
    for name, text in job["texts"].items():
        count = load()
        timed(count, job["warm_up"])
        seconds, counts = timed(count, [text])
        figures[name] = {"seconds": seconds, "tokens": counts[0]}
    return figures


def memory(job: Job, load: Callable[[], Count]) -> Figures:
    """Load time of a first and of later loads, and growth of resident memory in MiB.

    `loaded` is after one load, `used` after all texts were counted once with it: caches included.
    """
    # What the package itself takes is not the tokenizer's: load another, small one first.
    ALL[job["contender"]].load(job["small"])
    gc.collect()
    # What the job's own reading left free in the heap would take the tokenizer in, unseen.
    ctypes.CDLL(None).malloc_trim(0)
    before = _resident("VmRSS")
    start = time.process_time()
    count = load()
    first = time.process_time() - start
    loaded = _resident("VmRSS") - before
    for text in job["texts"]:
        count(text)
    used = _resident("VmRSS") - before
    peak = _resident("VmHWM") - before
    loads: list[float] = []
    for _ in range(job["rounds"]):
        start = time.process_time()
        load()
        loads.append(time.process_time() - start)
    median = statistics.median([first, *loads])
    return {"load_ms": median * 1e3, "loaded_mib": loaded, "used_mib": used, "peak_mib": peak}


def _resident(key: str) -> float:
    """MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / KIB
    return 0.0


KINDS = {"throughput": throughput, "short": short, "worst": worst, "memory": memory}
OURS = {"json": count_json, "threads": threads}


def main() -> None:
    """Reads the job, prints the result: figures, or the error of a contender that refuses."""
    job: Job = json.load(sys.stdin)
    gc.disable()
    if job["kind"] == "probe":
        print(json.dumps({"figures": probe(job)}))
        return
    contender = ALL[job["contender"]]
    try:
        if job["kind"] in OURS:
            answer: Figures = {"figures": OURS[job["kind"]](job)}
        else:
            load = partial(contender.load, job["file"])
            answer = {"figures": KINDS[job["kind"]](job, load)}
    except BaseException as error:  # noqa: BLE001 -- foreign packages; Rust's panics are no Exception
        answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
