"""`python -m pyworker count`: tokens of texts and of requests, and what images cost.

Exit codes: 0 all was counted; 1 an input could not be, the others were, or the results could not be
written; 2 a wrong command line or no such tokenizer; 130 and 141 for Ctrl-C and a reader that left,
as shells have them.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from pyworker.reasons import reason_of
from pyworker.workload.count_inputs import Counting
from pyworker.workload.count_options import USAGE, parser
from pyworker.workload.find import TokenizerNotFound, is_model_id
from pyworker.workload.image import image_cost
from pyworker.workload.progress import Progress
from pyworker.workload.texts import STDIN, read_texts
from pyworker.workload.tokens import BadTokenizer, TokenCounter

_PREFIX = "pyworker count: "
OK, SOME_FAILED, INTERRUPTED, NOBODY_READS = 0, 1, 130, 141


class CannotWrite(Exception):
    """Standard output does not take the results; `str()` says why."""


def main(argv: Sequence[str]) -> int:
    """Count what `argv` names.

    Args:
        argv: The words after `pyworker count`.

    Returns:
        The exit code.

    Raises:
        SystemExit: `--help` (code 0) or a wrong command line (code 2), from argparse.
    """
    arguments = parser().parse_args(argv)
    # Python has no such object where a process was started without it.
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        _complain("standard output is closed")
        return SOME_FAILED
    try:
        code = _images(arguments) if arguments.image else _texts(arguments)
        _written(sys.stdout.flush)
    except BrokenPipeError:
        _give_up_output()
        return NOBODY_READS
    except CannotWrite as error:
        _give_up_output()
        _complain(f"standard output: {error}")
        return SOME_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _give_up_output() -> None:
    """What is still buffered must not fail again when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _images(arguments: argparse.Namespace) -> int:
    if arguments.files or arguments.tokenizer or arguments.selector or arguments.lines:
        return _complain("--image goes without files and without options for texts")
    for width, height in arguments.image:
        try:
            workload = image_cost(width, height, arguments.steps, arguments.model)
        except ValueError as error:
            return _complain(str(error))
        told = {
            "width": width,
            "height": height,
            "steps": arguments.steps,
            "model": arguments.model,
            "workload": workload,
        }
        _say(told if arguments.json else repr(workload))
    return OK


def _texts(arguments: argparse.Namespace) -> int:
    # What the counter warns of, such as a file that is counted slowly, reads like our own words.
    logging.basicConfig(format=f"{_PREFIX}%(message)s")
    if not arguments.tokenizer:
        return _complain("--tokenizer is needed to count texts, or --image to count images")
    try:
        counter = TokenCounter.for_model(
            arguments.tokenizer,
            revision=arguments.revision,
            download=arguments.download,
            whole=arguments.whole,
        )
    except TokenizerNotFound as error:
        tried = arguments.download or Path(arguments.tokenizer).exists()
        could = not tried and is_model_id(arguments.tokenizer)
        return _complain(f"{error}; --download fetches one" if could else str(error))
    except BadTokenizer as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(
            f"{error.filename or arguments.tokenizer} cannot be read: {reason_of(error)}"
        )
    counting = Counting(
        counter,
        arguments.selector,
        special=not arguments.no_special,
        engine=arguments.engine,
    )
    names: list[str] = arguments.files or [STDIN]
    # Lines of results and a bar would tear each other on one terminal.
    shown = sys.stderr.isatty() and not (arguments.lines and sys.stdout.isatty())
    counted: list[int] = []
    with Progress(sys.stderr, _bytes_of(names), shown=shown) as progress:
        for name in names:
            try:
                counted.append(_file(counting, name, arguments, progress))
            except BrokenPipeError:  # ours, not an input's
                raise
            except (OSError, ValueError) as error:
                progress.clear()
                _complain(f"{name}: {_why(error)}")
    if counting.estimates:
        _complain(counting.estimated())
    if len(names) > 1 and not (arguments.json or arguments.lines):
        _say(f"{sum(counted)} total")
    return OK if len(counted) == len(names) else SOME_FAILED


def _file(counting: Counting, name: str, arguments: argparse.Namespace, progress: Progress) -> int:
    total, texts, before = 0, 0, counting.found
    for text in read_texts(name, lines=arguments.lines, seen=progress.add):
        try:
            if text.line is None:
                progress.counting(len(text.data))
            found = counting.count(text.data)
        except ValueError as error:
            if text.line is None:
                raise
            raise ValueError(f"line {text.line}: {_why(error)}") from error
        total += found["tokens"]
        texts += 1
        if arguments.json:
            progress.clear()
            where = {} if text.line is None else {"line": text.line}
            _say({"file": name, **where, **found})
        elif arguments.lines:
            _say(str(found["tokens"]))
    if texts and counting.found == before:
        raise ValueError(counting.nowhere())
    if not (arguments.json or arguments.lines):
        progress.clear()
        _say(str(total) if name == STDIN else f"{total} {name}")
    return total


def _bytes_of(names: Sequence[str]) -> int:
    """Of all inputs together; 0 when one of them does not say."""
    sizes = [Path(name).stat().st_size if Path(name).is_file() else 0 for name in names]
    return sum(sizes) if all(sizes) else 0


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"no UTF-8 at byte {error.start}"
    return reason_of(error)


def _say(what: str | dict[str, Any]) -> None:
    line = (what if isinstance(what, str) else orjson.dumps(what).decode()) + "\n"
    _written(lambda: sys.stdout.write(line))


def _written(write: Callable[[], object]) -> None:
    """Write; what is wrong then is not an input's."""
    try:
        write()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite(_why(error)) from error


def _complain(sentence: str) -> int:
    sys.stderr.write(f"{_PREFIX}{sentence}\n")
    return USAGE
