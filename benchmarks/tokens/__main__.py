"""`python -m benchmarks.tokens`: count the same texts with everything there is. See README.md."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmarks.proxy.table import machine
from benchmarks.tokens import measure, table
from benchmarks.tokens.contenders import OURS, REFERENCE
from benchmarks.tokens.goals import FAMILIES
from benchmarks.tokens.measure import ChildError, Contenders, Figures
from benchmarks.tokens.summary import speeds
from benchmarks.tokens.texts import cut, read_texts

CASES = ("throughput", "short", "json", "memory", "threads", "worst")
# What the reference and every peer is measured in, too.
LARGEST_FILE = "qwen2.5"
CHAT_TOKENS = 32_000
SHORT_TOKENS = 100


def arguments() -> argparse.Namespace:
    """The command line."""
    shared = Path(os.environ.get("PYWORKER_SHARED", measure.ROOT.parent / "shared")) / "data"
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tokens", description=__doc__)
    parser.add_argument("--tokenizers", type=Path, default=shared / "tokenizers", metavar="DIR")
    parser.add_argument("--texts", type=Path, default=shared / "text", metavar="DIR")
    parser.add_argument("--peers", type=Path, action="append", default=[], metavar="PYTHON")
    parser.add_argument("--only-peers", metavar="NAME,...", help="of those that are there")
    parser.add_argument("--models", default=",".join(FAMILIES), metavar="NAME,...")
    parser.add_argument("--cases", default=",".join(CASES), metavar="CASE,...")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args()


def note(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


class Run:
    """One run: the contenders, the texts, and what was found so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        # Not resolved: the link inside an environment is what makes it one.
        self.who: Contenders = measure.find([Path.cwd() / peer for peer in options.peers])
        if options.only_peers is not None:
            self.who.keep(options.only_peers.split(","))
        folder: Path | None = options.texts if options.texts.is_dir() else None
        if folder is None:
            note(f"SKIPPED: no texts in {options.texts}; program text only")
        self.texts = read_texts(folder)
        self.cases = set(options.cases.split(","))
        self.speeds: dict[str, Any] = {}
        self.worst: dict[str, dict[str, Figures]] = {}
        self.small: dict[str, Figures] = {}

    def model(self, name: str, file: Path) -> None:
        """Every case with one tokenizer.json."""
        reference = Tokenizer.from_file(str(file))

        def count(text: str) -> int:
            return len(reference.encode(text, add_special_tokens=False).ids)

        prompts = cut(self.texts, count)
        if "throughput" in self.cases:
            self._throughput(name, file, prompts, count)
        large = [text for texts in prompts.prompts[str(CHAT_TOKENS)].values() for text in texts]
        medium = [text for texts in prompts.prompts["2000"].values() for text in texts]
        warm_up = prompts.warm_up["2000"]
        figures = self.small.setdefault(name, {})
        everyone = self.who.names if name == LARGEST_FILE else [OURS.name]
        if "short" in self.cases:
            near = prompts.prompts["100"]["python"]
            prompt = min(near, key=lambda text: abs(count(text) - SHORT_TOKENS))
            job = {"kind": "short", "prompt": prompt, "rounds": 7, "calls": 2000}
            figures["short"] = self._each(everyone, file, job)
        if "memory" in self.cases and name == LARGEST_FILE:
            small = str(self.options.tokenizers / "bert-base-uncased" / "tokenizer.json")
            job = {"kind": "memory", "texts": large, "rounds": 4, "small": small}
            figures["memory"] = self._each([OURS.name, REFERENCE.name], file, job)
        if "json" in self.cases:
            job = {"kind": "json", "texts": large, "warm_up": warm_up, "rounds": 5}
            figures["json"] = self._each([OURS.name], file, job).get(OURS.name)
        if "threads" in self.cases:
            job = {"kind": "threads", "prompts": medium, "warm_up": warm_up, "threads": [1, 2, 4]}
            figures["threads"] = self._each([OURS.name], file, job).get(OURS.name, {})
        if "worst" in self.cases:
            note(f"{name}: worst cases")
            self.worst[name] = measure.worst(self.who, file, warm_up, self.options.rounds)

    def _each(self, names: list[str], file: Path, job: Figures) -> dict[str, Figures]:
        note(f"{file.parent.name}: {job['kind']}")
        found: dict[str, Figures] = {}
        for name in names:
            one = {**job, "contender": name, "file": str(file)}
            try:
                found[name] = measure.run(self.who.pythons[name], one)
            except ChildError as error:
                note(f"{name}, {job['kind']}: {error}")
        return found

    def _throughput(self, name: str, file: Path, prompts: Any, count: Any) -> None:
        rounds: list[dict[str, Figures]] = []
        for turn in range(self.options.rounds):
            note(f"{name}: round {turn + 1} of {self.options.rounds}")
            rounds.append(measure.throughput(self.who, file, prompts, turn=turn, passes=3))
        right = {
            size: {text: [count(one) for one in ones] for text, ones in by_text.items()}
            for size, by_text in prompts.prompts.items()
        }
        found = speeds(rounds, prompts, right)
        refused = {who: why for (who, of), why in self.who.refused.items() if of == file}
        self.speeds[name] = {
            "speeds": {who: asdict(speed) for who, speed in found.items()},
            "refused": refused,
        }
        print("\n".join(table.speed_table(name, found, self.who.versions, refused)), flush=True)


def main() -> int:
    """0 = everything of ours is exact, 1 = something is not, 2 = it could not be measured."""
    options = arguments()
    run = Run(options)
    if OURS.name not in run.who.pythons or REFERENCE.name not in run.who.pythons:
        note("benchmark: this interpreter needs pyworker and tokenizers")
        return 2
    for name in options.models.split(","):
        file = options.tokenizers / name / "tokenizer.json"
        if file.is_file():
            run.model(name, file)
        else:
            note(f"SKIPPED: no {file}")
    print("\n".join([*table.small_table(run.small), *table.worst_table(run.worst)]))
    if options.json:
        result = {
            "machine": machine(),
            "versions": run.who.versions,
            "throughput": run.speeds,
            "small": run.small,
            "worst_ms": run.worst,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    ours = [one["speeds"].get(OURS.name) for one in run.speeds.values()]
    return 1 if any(one is None or one["wrong"] for one in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
