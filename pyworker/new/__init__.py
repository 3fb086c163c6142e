"""`python -m pyworker new NAME`: a worker to begin with, that runs against `sim llm` at once."""

import argparse
import re
import string
import sys
from collections.abc import Sequence
from pathlib import Path

from pyworker.finding import worker_names
from pyworker.reasons import reason_of

# What is written, from the file of the same name with `.txt` beside this one.
FILES = ("__init__.py", "worker.py", "test_worker.py", "README.md", "sample.log")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 when it was written, 2 with a sentence when not."""
    parser = argparse.ArgumentParser(prog="pyworker new", description=__doc__)
    parser.add_argument("name", help="such as my_model")
    parser.add_argument(
        "--into", type=Path, default=Path("workers"), help="the folder of workers (./workers)"
    )
    asked = parser.parse_args(argv)
    name = asked.name.replace("-", "_")
    if not _NAME.fullmatch(name):
        return _refuse(f"{asked.name!r} is no name for a worker: small letters, digits and _")
    if name in worker_names():
        return _refuse(f"there is a worker {name} already")
    target: Path = asked.into / name
    try:
        target.mkdir(parents=True)
        for file in FILES:
            (target / file).write_text(written(file, name))
    except FileExistsError:
        return _refuse(f"{target} is there already")
    except OSError as error:
        return _refuse(f"{error.filename or target} cannot be made: {reason_of(error)}")
    sys.stdout.write(_NEXT_STEPS.format(target=target, name=name))
    return 0


def written(file: str, name: str) -> str:
    """The text of one of FILES for a worker of this name."""
    template = (Path(__file__).parent / "files" / f"{file}.txt").read_text()
    return string.Template(template).safe_substitute(name=name)


_NEXT_STEPS = """{target} is written. To see it run on this machine:

  python -m pyworker autoscaler --no-table &
  python -m pyworker sim llm --log infer.log &
  MODEL_LOG=infer.log python -m pyworker {name}

and, in another terminal, a request, which waits until it is ready:

  python -m pyworker call local /generate '{{"inputs": "Hello"}}'

What its log markers find, and its tests:

  python -m pyworker check {name} --log {target}/sample.log
  pytest {target}
"""


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"pyworker: {sentence}\n")
    return 2
