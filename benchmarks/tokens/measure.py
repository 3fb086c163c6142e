"""Runs the children: who is there, every case in every round, contenders in turn."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.tokens.contenders import ALL, ENVIRONMENT, OURS, PEERS, REFERENCE
from benchmarks.tokens.texts import Prompts
from benchmarks.tokens.worst import worst_texts

ROOT = Path(__file__).parent.parent.parent
Figures = dict[str, Any]
Texts = dict[str, float]

# A child that takes longer is ended: some packages need minutes for a single long word.
CHILD_SECONDS = 240.0


class ChildError(Exception):
    """A contender has no figure for this case; the text says why."""


@dataclass
class Contenders:
    """Who takes part, each with its interpreter, and who said no to what."""

    pythons: dict[str, Path]
    versions: dict[str, str]
    # Not asked again: (contender, file) to the reason.
    refused: dict[tuple[str, Path], str] = field(default_factory=dict[tuple[str, Path], str])

    @property
    def names(self) -> list[str]:
        """In the order of the table."""
        return [name for name in ALL if name in self.pythons]

    def keep(self, peers: list[str]) -> None:
        """These peers only, beside ours and the reference."""
        wanted = {OURS.name, REFERENCE.name, *peers}
        self.pythons = {name: at for name, at in self.pythons.items() if name in wanted}


def find(pythons: list[Path]) -> Contenders:
    """What these interpreters have; of a package in several the first one's."""
    found = Contenders({}, {})
    here = Path(sys.executable)
    for python in (here, *pythons):
        wanted = [OURS.name, REFERENCE.name] if python == here else []
        wanted += [one.name for one in PEERS]
        versions = run(python, {"kind": "probe", "names": wanted})
        for name, version in versions.items():
            if name not in found.pythons:
                found.pythons[name] = python
                found.versions[name] = version
    return found


def run(python: Path, job: Figures) -> Figures:
    """One child's figures.

    Raises:
        ChildError: it failed, refused the file, or took too long.
    """
    command = [str(python), "-m", "benchmarks.tokens.child"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(job).encode(),
            capture_output=True,
            cwd=ROOT,
            env=ENVIRONMENT,
            timeout=CHILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"took over {CHILD_SECONDS:g} s") from None
    if done.returncode:
        raise ChildError(f"ended with {done.returncode}: {done.stderr[-200:].decode()!r}")
    answer: Figures = json.loads(done.stdout)
    if "error" in answer:
        raise ChildError(answer["error"])
    return answer["figures"]


def one_case(who: Contenders, name: str, file: Path, job: Figures) -> Figures | None:
    """One contender's figures for one file, or None when it refuses it, now or before."""
    if (name, file) in who.refused:
        return None
    try:
        return run(who.pythons[name], {**job, "contender": name, "file": str(file)})
    except ChildError as error:
        who.refused[name, file] = str(error)
        return None


def throughput(
    who: Contenders, file: Path, prompts: Prompts, *, turn: int, passes: int
) -> dict[str, Figures]:
    """One round: every contender, another one first each time."""
    names = who.names[turn % len(who.names) :] + who.names[: turn % len(who.names)]
    job = {"kind": "throughput", "prompts": prompts.prompts, "warm_up": prompts.warm_up}
    results: dict[str, Figures] = {}
    for name in names:
        # The reference is slow, and its later passes are like its first.
        times = 1 if name == REFERENCE.name else passes
        figures = one_case(who, name, file, {**job, "passes": times})
        if figures is not None:
            results[name] = figures
    return results


def worst(who: Contenders, file: Path, warm_up: list[str], rounds: int) -> dict[str, Figures]:
    """Ours: milliseconds by kind and size, the median of the rounds."""
    texts = {f"{kind}|{size}": t for kind, ts in worst_texts().items() for size, t in ts.items()}
    job = {"kind": "worst", "texts": texts, "warm_up": warm_up}
    results = [one_case(who, OURS.name, file, job) for _ in range(rounds)]
    found = [result for result in results if result is not None]
    by_kind: dict[str, Figures] = {}
    for key in texts if found else ():
        kind, _, size = key.partition("|")
        seconds = statistics.median(result[key]["seconds"] for result in found)
        by_kind.setdefault(kind, {})[size] = seconds * 1e3
    return by_kind
