"""`python -m benchmarks.tokens.exact`: hundreds of thousands of texts, ours against the reference.

A difference is shrunk to a small text and shown with both counts. See README.md.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from benchmarks.tokens.compare import Difference, Result, compare
from benchmarks.tokens.files import everything
from benchmarks.tokens.measure import ROOT
from benchmarks.tokens.texts import read_texts
from tests.workload.corpus import corpus
from tests.workload.texts import CHARS, EMOJI, WORDS, Drawn
from tests.workload.trained import Trained

TEXTS = 210_000
# Longer slices are cut for one text in so many: what is counted in windows has seams to show.
LONG_SHARE, LONG_CHARS, SHORT_CHARS = 100, 12_000, 120

# Of one text of a sweep.
SWEEP_CHARS = 16


@dataclass(frozen=True)
class Share:
    """What one process does."""

    part: int
    parts: int
    texts: int  # of all processes together
    seed: int
    tokenizers: Path | None
    folder: Path | None
    only: str
    keep: Path | None
    sweep: bool


@cache
def long_texts(folder: Path | None) -> tuple[str, ...]:
    """Long texts to cut: real ones, program text, and the corpus."""
    return (*read_texts(folder).values(), "\n".join(corpus(5)))


def work(share: Share) -> list[Result]:
    """Compares every `parts`th tokenizer, from number `part` on."""
    os.nice(10)
    files = everything(share.tokenizers, share.seed)
    files = [one for one in files if share.only in f"{one.family}/{one.name}"]
    # In no order, so that the processes get equal loads.
    random.Random(share.seed).shuffle(files)
    each = -(-share.texts // max(1, len(files)))
    results: list[Result] = []
    for one in files[share.part :: share.parts]:
        texts = drawn(one, each, share)
        # Limits and added tokens change nothing in how a character is classed.
        if share.sweep and one.name.endswith("-plain"):
            texts += every_character()
        try:
            results.append(compare(one, texts))
        except Exception as error:  # noqa: BLE001 -- a file that one of them cannot read is one, too
            found = Difference(one.name, "from_bytes", False, "", repr(error), "read")
            results.append(Result(one.name, one.family, "none", "", True, differences=[found]))
        _progress(results)
        if share.keep and results[-1].differences:
            (share.keep / f"{one.name}.json").write_bytes(one.data)
    return results


def drawn(one: Trained, number: int, share: Share) -> list[str]:
    """Its texts: the fixed troublesome ones, then drawn ones."""
    rng = random.Random(f"{share.seed} {one.name}")
    short = Drawn(rng, long_texts(share.folder), longest=SHORT_CHARS)
    long = Drawn(rng, long_texts(share.folder), longest=LONG_CHARS)
    fixed = ["", *WORDS, *EMOJI, *CHARS, *one.words]
    rest = max(0, number - len(fixed))
    makers = [long if turn % LONG_SHARE == 0 else short for turn in range(rest)]
    return [*fixed, *(maker.text(one.words) for maker in makers)][:number]


@cache
def every_character() -> list[str]:
    """All of planes 0 to 3 and 14, and a sample of the empty ones, beside each other and others."""
    starts = [
        start
        for start in range(0, 0x110000, SWEEP_CHARS)
        if not 0xD800 <= start < 0xE000 and (start >> 16 in {0, 1, 2, 3, 14} or not start % 0x800)
    ]
    texts: list[str] = []
    for start in starts:
        chars = "".join(map(chr, range(start, start + SWEEP_CHARS)))
        texts += (
            chars,
            " ".join(chars),
            "a".join(chars),
            "".join(f"1{c}'s{c} !{c}\n" for c in chars),
        )
    return texts


def _progress(results: list[Result]) -> None:
    last = results[-1]
    for one in last.differences[:1]:
        print(f"DIFFERENCE {one}", file=sys.stderr, flush=True)
    if len(results) % 20 == 0:
        texts = sum(result.texts for result in results)
        print(f"{texts} texts, {len(results)} files", file=sys.stderr, flush=True)


def summary(results: Sequence[Result], seconds: float) -> str:
    """By family, then what is not native, then every difference."""
    lines: list[str] = []
    for family in dict.fromkeys(result.family for result in results):
        of = [result for result in results if result.family == family]
        native = Counter(result.backend for result in of)["native"]
        texts, counts = (sum(getattr(one, key) for one in of) for key in ("texts", "counts"))
        wrong = sum(bool(result.differences) for result in of)
        unread = sum(result.unread for result in of)
        lines.append(
            f"{family}: {len(of)} files, {native} native, {texts} texts, {counts} counts,"
            f" {unread} that the reference fails on, {wrong} files with differences"
        )
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.wanted and result.backend != "native":
            reasons.setdefault(result.reason, []).append(result.file)
    lines += [f"NOT NATIVE: {', '.join(sorted(f))}: {reason}" for reason, f in reasons.items()]
    for result in results:
        lines += [f"DIFFERENCE: {asdict(one)}" for one in result.differences]
    texts = sum(result.texts for result in results)
    wrong = sum(len(result.differences) for result in results)
    lines.append(f"{texts} texts, {len(results)} files, {wrong} differences, {seconds:.0f} s")
    return "\n".join(lines)


def main() -> int:
    """0 = no difference, 1 = some."""
    shared = Path(os.environ.get("PYWORKER_SHARED", ROOT.parent / "shared")) / "data"
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tokens.exact")
    parser.add_argument("--texts", type=int, default=TEXTS, help=f"default {TEXTS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="PART", help="of FAMILY/FILE-VARIANT")
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("--tokenizers", type=Path, default=shared / "tokenizers", metavar="DIR")
    parser.add_argument("--sources", type=Path, default=shared / "text", metavar="DIR")
    parser.add_argument("--sweep", action="store_true", help="and every character, slowly")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="for files with differences")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    tokenizers, sources = options.tokenizers, options.sources
    if not tokenizers.is_dir() or not sources.is_dir():
        print(f"SKIPPED: no published files in {shared}", file=sys.stderr)
        tokenizers = sources = None
    os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")
    whole = Share(
        part=0,
        parts=options.processes,
        texts=options.texts,
        seed=options.seed,
        tokenizers=tokenizers,
        folder=sources,
        only=options.only,
        keep=options.keep,
        sweep=options.sweep,
    )
    shares = [replace(whole, part=part) for part in range(options.processes)]
    start = time.monotonic()
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        results = [result for found in pool.map(work, shares) for result in found]
    print(summary(results, time.monotonic() - start))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in results], indent=1) + "\n")
    return 1 if any(result.differences for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
