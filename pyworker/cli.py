"""The command line: a worker by its name, or one of the tools. Imports only what is run."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence

import pyworker
from pyworker.errors import SettingsError
from pyworker.finding import find_worker, worker_names

Tool = Callable[[list[str]], int]

# name: (module whose `main(argv)` runs it, what it is)
TOOLS = {
    "demo": ("pyworker.demo", "the whole loop on this machine: autoscaler, model, worker, client"),
    "autoscaler": ("pyworker.autoscaler.local", "a local autoscaler that speaks the real protocol"),
    "count": ("pyworker.workload.count", "tokens of texts, and what images cost"),
    "sim": ("pyworker.sim", "simulated model servers: llm, openai, image, hello"),
    "call": ("pyworker.client.call", "send one request through an autoscaler, or to a worker"),
    "load": ("pyworker.load", "a load test: requests at a set rate, figures, a report"),
    "run": (
        "pyworker.compat.command",
        "a definition for another PyWorker, as it is: `run worker.py`",
    ),
    "new": ("pyworker.new", "write a worker to begin with: `new my_model`"),
    "check": ("pyworker.check", "look at a worker's definition, settings and log markers"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code (2 for a command that cannot be run)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(usage())
        return 0 if arguments else 2
    name = arguments[0]
    if name in {"-V", "--version"}:
        sys.stdout.write(f"pyworker {pyworker.__version__}\n")
        return 0
    if name in TOOLS:
        module, _ = TOOLS[name]
        tool: Tool = importlib.import_module(module).main
        return tool(arguments[1:])
    return _run_worker(name, arguments[1:])


def _run_worker(name: str, arguments: list[str]) -> int:
    try:
        define = find_worker(name)
    except SettingsError as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return 2
    if define is None:
        sentence = f"there is no worker or command {name!r}"
        sys.stderr.write(f"pyworker: {sentence}\n\n{usage()}")
        if os.environ.get("CONTAINER_ID"):
            # Nothing else would ever tell the autoscaler why this instance does not come up.
            from pyworker.process import report_failure  # noqa: PLC0415

            report_failure(sentence, os.environ)
        return 2
    if arguments:
        sys.stderr.write(
            f"pyworker: {name} takes no arguments; its settings are environment variables\n"
        )
        return 2
    # Here, so that tools and --help do not pay for the imports of a worker.
    from pyworker.process import main as run_worker  # noqa: PLC0415

    return run_worker(define, os.environ)


def usage() -> str:
    """What can be run."""
    lines = ["usage: python -m pyworker WORKER | COMMAND [options]", "", "workers:"]
    lines += [f"  {name}" for name in worker_names()]
    lines += ["", "commands:"]
    lines += [f"  {name:<12}{what}" for name, (_, what) in TOOLS.items()]
    lines += ["", "A worker is set up by environment variables; README.md has the table."]
    return "\n".join(lines) + "\n"
