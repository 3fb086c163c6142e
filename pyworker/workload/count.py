"""`python -m pyworker count`: tokens of texts and of requests, and what images cost.

Exit codes: 0 all was counted; 1 an input could not be, the others were; 2 a wrong command line or
no such tokenizer; 130 and 141 for Ctrl-C and a reader that left, as shells have them.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from pyworker.workload.find import MAIN, TokenizerNotFound
from pyworker.workload.image import CALIBRATIONS, image_cost
from pyworker.workload.progress import Progress
from pyworker.workload.selector import USUAL, Selector, any_of, messages, prompt
from pyworker.workload.texts import MAX_TEXT_BYTES, STDIN, Text, read_texts
from pyworker.workload.tokens import BadTokenizer, TokenCounter

OK, SOME_FAILED, USAGE, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141


def main(argv: Sequence[str]) -> int:
    """Count what `argv` names.

    Args:
        argv: The words after `pyworker count`.

    Returns:
        The exit code.

    Raises:
        SystemExit: `--help` (code 0) or a wrong command line (code 2), from argparse.
    """
    arguments = _parser().parse_args(argv)
    try:
        code = _images(arguments) if arguments.image else _texts(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered must not fail again when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return NOBODY_READS
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pyworker count",
        description="Count the tokens of texts in UTF-8 as the model's own tokenizer does, or what"
        " images cost. A file is one text, counted whole, of"
        f" {MAX_TEXT_BYTES // 2**20} MiB at most; with --lines each of its lines is one.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="to count; - or none for stdin")
    texts = parser.add_argument_group("texts")
    texts.add_argument(
        "--tokenizer",
        metavar="FILE|MODEL",
        help="a tokenizer.json, a folder with one, or a model id in the local Hugging Face cache",
    )
    texts.add_argument(
        "--revision", default=MAIN, help="branch, tag or commit of the model (default %(default)s)"
    )
    texts.add_argument(
        "--download", action="store_true", help="fetch the tokenizer.json if it is not there"
    )
    texts.add_argument("--lines", action="store_true", help="each line is a text of its own")
    texts.add_argument("--no-special", action="store_true", help="without special tokens around")
    texts.add_argument(
        "--whole", action="store_true", help="ignore truncation and padding of the tokenizer.json"
    )
    texts.add_argument(
        "--selector",
        type=_selector,
        metavar="PATHS",
        help="texts are JSON payloads: count what is at these dotted paths, comma separated; one"
        " that ends in `messages` is a chat; `usual` is prompt,inputs,messages",
    )
    images = parser.add_argument_group("images")
    images.add_argument(
        "--image", type=_size, action="append", metavar="WxH", help="pixels; may be repeated"
    )
    images.add_argument("--steps", type=int, default=28, help="of the sampler (default 28)")
    images.add_argument(
        "--model", choices=list(CALIBRATIONS), default="flux", help="(default flux)"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object for each text or image"
    )
    return parser


def _selector(text: str) -> Selector:
    if text == "usual":
        return USUAL
    paths = [path.strip() for path in text.split(",")]
    try:
        return any_of([messages(p) if p.split(".")[-1] == "messages" else prompt(p) for p in paths])
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT, such as 1024x768, not {text!r}")
    return int(width), int(height)


def _images(arguments: argparse.Namespace) -> int:
    if arguments.files or arguments.tokenizer:
        return _complain("--image goes without files and without --tokenizer")
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
    if not arguments.tokenizer:
        return _complain("--tokenizer is needed to count texts, or --image to count images")
    try:
        counter = TokenCounter.for_model(
            arguments.tokenizer,
            revision=arguments.revision,
            download=arguments.download,
            whole=arguments.whole,
        )
    except (TokenizerNotFound, BadTokenizer, OSError) as error:
        return _complain(str(error))
    names: list[str] = arguments.files or [STDIN]
    # Lines of results and a bar would tear each other on one terminal.
    shown = sys.stderr.isatty() and not (arguments.lines and sys.stdout.isatty())
    counted: list[int] = []
    with Progress(sys.stderr, _bytes_of(names), shown=shown) as progress:
        for name in names:
            try:
                counted.append(_file(counter, name, arguments, progress))
            except BrokenPipeError:  # ours, not an input's
                raise
            except (OSError, ValueError) as error:
                progress.clear()
                _complain(f"{name}: {_why(error)}")
    if len(names) > 1 and not (arguments.json or arguments.lines):
        _say(f"{sum(counted)} total")
    return OK if len(counted) == len(names) else SOME_FAILED


def _file(
    counter: TokenCounter, name: str, arguments: argparse.Namespace, progress: Progress
) -> int:
    total = 0
    for text in read_texts(name, lines=arguments.lines, seen=progress.add):
        try:
            found = _count(counter, text, arguments.selector, special=not arguments.no_special)
        except ValueError as error:
            if text.line is None:
                raise
            raise ValueError(f"line {text.line}: {_why(error)}") from error
        total += found["tokens"]
        if arguments.json:
            progress.clear()
            where = {} if text.line is None else {"line": text.line}
            _say({"file": name, **where, **found})
        elif arguments.lines:
            _say(str(found["tokens"]))
    if not (arguments.json or arguments.lines):
        progress.clear()
        _say(str(total) if name == STDIN else f"{total} {name}")
    return total


def _count(
    counter: TokenCounter, text: Text, selector: Selector | None, *, special: bool
) -> dict[str, Any]:
    if selector is not None:
        return counter.count_json(text.data, selector)._asdict()
    return {"tokens": counter.count_bytes(text.data, special), "exact": counter.exact}


def _bytes_of(names: Sequence[str]) -> int:
    """Of all inputs together; 0 when one of them does not say."""
    sizes = [Path(name).stat().st_size if Path(name).is_file() else 0 for name in names]
    return sum(sizes) if all(sizes) else 0


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"no UTF-8 at byte {error.start}"
    return str(error)


def _say(what: str | dict[str, Any]) -> None:
    sys.stdout.write((what if isinstance(what, str) else orjson.dumps(what).decode()) + "\n")


def _complain(sentence: str) -> int:
    sys.stderr.write(f"pyworker count: {sentence}\n")
    return USAGE
