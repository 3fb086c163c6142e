"""The figures as a table for people."""

from collections.abc import Iterable, Sequence

from benchmarks.tokens.contenders import OURS, REFERENCE
from benchmarks.tokens.goals import (
    EQUAL,
    FAMILIES,
    JSON_RATIO,
    LOAD_MS,
    MEMORY_MIB,
    SHORT_MICROSECONDS,
    WORST_MS,
    WORST_RATIO,
    Goal,
)
from benchmarks.tokens.summary import Figures, Speed
from benchmarks.tokens.worst import LARGE, SMALL


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns: the first to the left, the others to the right; a line under the first row."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    return lines


def speed_table(
    model: str, speeds: dict[str, Speed], versions: dict[str, str], refused: dict[str, str]
) -> list[str]:
    """One tokenizer.json: every contender's throughput, and ours by size and by text."""
    family = FAMILIES[model]
    rows = [["", "cold MB/s", "x ref", "goal", "warm MB/s", "x ref", "goal", "exact"]]
    for name, speed in speeds.items():
        mine = name == OURS.name
        warm = family.warm.verdict(speed.warm_ratio) if mine and family.warm else ""
        rows.append(
            [
                f"{name} {versions[name]}",
                f"{speed.cold:.1f}",
                f"{speed.cold_ratio:.1f}",
                family.cold.verdict(speed.cold_ratio) if mine else "",
                f"{speed.warm:.1f}",
                f"{speed.warm_ratio:.1f}",
                warm,
                "yes" if speed.exact else f"NO, in {len(speed.wrong)}",
            ]
        )
    lines = ["", f"{model} ({family.title})", *aligned(rows)]
    lines += [f"{name}: {why}" for name, why in refused.items()]
    ours = speeds.get(OURS.name)
    if ours is None:
        return lines
    lines += [f"{name} is wrong in: {', '.join(s.wrong[:4])}" for name, s in _inexact(speeds)]
    lines += _beside_peers(ours, speeds) if family.beats_peers else []
    lines.append("x ref by tokens of a prompt: " + _both(ours.by_size))
    lines.append("x ref by text: " + _both(ours.by_text))
    return lines


def _both(ratios: dict[str, tuple[float, float]]) -> str:
    return ", ".join(f"{key} {cold:.0f}/{warm:.0f}" for key, (cold, warm) in ratios.items())


def _inexact(speeds: dict[str, Speed]) -> Iterable[tuple[str, Speed]]:
    return ((name, speed) for name, speed in speeds.items() if not speed.exact)


def _beside_peers(ours: Speed, speeds: dict[str, Speed]) -> list[str]:
    lines: list[str] = []
    for way in ("cold", "warm"):
        peers = {
            name: float(getattr(speed, way))
            for name, speed in speeds.items()
            if speed.exact and name not in {OURS.name, REFERENCE.name}
        }
        if peers:
            best = max(peers, key=lambda name: peers[name])
            ratio = float(getattr(ours, way)) / peers[best]
            lines.append(f"{way}: {ratio:.2f} of {best}, {EQUAL.verdict(ratio)}")
    return lines


def worst_table(worst: dict[str, dict[str, Figures]]) -> list[str]:
    """By tokenizer and kind: milliseconds of both sizes, and the ratio."""
    rows = [["worst cases, cold", SMALL + ", ms", "goal", LARGE + ", ms", "ratio", "goal"]]
    for model, kinds in worst.items():
        for kind, by_size in kinds.items():
            small, large = by_size[SMALL], by_size[LARGE]
            rows.append(
                [
                    f"{model}: {kind}",
                    f"{small:.2f}",
                    WORST_MS.verdict(small),
                    f"{large:.1f}",
                    f"{large / small:.1f}",
                    WORST_RATIO.verdict(large / small),
                ]
            )
    return ["", *aligned(rows)] if len(rows) > 1 else []


def small_table(results: dict[str, Figures]) -> list[str]:
    """By tokenizer: the short prompt, count_json, load, memory, threads; those that were run."""
    rows = [["", "figure", "goal"]]
    for model, figures in results.items():
        for title, figure, goal in _small_figures(figures):
            rows.append(
                [f"{model}: {title}", f"{figure:.2f}", goal.verdict(figure) if goal else ""]
            )
    return ["", *aligned(rows)] if len(rows) > 1 else []


def _small_figures(figures: Figures) -> Iterable[tuple[str, float, Goal | None]]:
    for name, short in figures.get("short", {}).items():
        goal = SHORT_MICROSECONDS if name == OURS.name else None
        yield f"{name}, {short['tokens']} tokens again and again, us", short["microseconds"], goal
    body = figures.get("json")
    if body:
        for way in ("cold_ms", "warm_ms"):
            ratio = body["json"][way] / body["text"][way]
            name = f"count_json / count, 32k tokens, {way.removesuffix('_ms')}"
            yield name, ratio, JSON_RATIO
    for name, memory in figures.get("memory", {}).items():
        mine = name == OURS.name
        yield f"{name}, load, CPU ms", memory["load_ms"], LOAD_MS if mine else None
        yield f"{name}, RSS after load, MiB", memory["loaded_mib"], MEMORY_MIB if mine else None
        yield f"{name}, RSS after use, MiB", memory["used_mib"], MEMORY_MIB if mine else None
        yield f"{name}, peak of RSS, MiB", memory["peak_mib"], None
    threads = figures.get("threads", {})
    for number, one in threads.items():
        cpu, wall = one["cpu_s"] / threads["1"]["cpu_s"], one["wall_s"] / threads["1"]["wall_s"]
        yield f"{number} threads, CPU of all to that of one", cpu, None
        yield f"{number} threads, wall time to that of one", wall, None
        yield f"{number} threads, counts that differ", one["wrong"], Goal(0)
