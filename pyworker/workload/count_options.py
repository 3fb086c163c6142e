"""The options of `python -m pyworker count`."""

import argparse
from typing import NoReturn, get_args

from pyworker.workload.chat_request import Engine
from pyworker.workload.find import MAIN
from pyworker.workload.image import CALIBRATIONS
from pyworker.workload.selector import USUAL, Selector, any_of, messages, prompt
from pyworker.workload.texts import MAX_TEXT_BYTES

USAGE = 2  # exit code of a wrong command line

_USAGE = """\
%(prog)s --tokenizer FILE|MODEL [OPTION ...] [FILE ...]
       %(prog)s --image WxH [--steps N] [--model NAME] [--json]"""


def parser() -> argparse.ArgumentParser:
    """Of the command line; its errors are one sentence and exit code 2."""
    options = _Parser(
        prog="python -m pyworker count",
        usage=_USAGE,
        description="Count the tokens of texts in UTF-8 as the model's own tokenizer does, or what"
        " images cost. A file is one text, counted whole, of"
        f" {MAX_TEXT_BYTES // 2**20} MiB at most; with --lines each of its lines is one.",
    )
    options.add_argument("files", nargs="*", metavar="FILE", help="to count; - or none for stdin")
    texts = options.add_argument_group("texts")
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
    texts.add_argument(
        "--engine",
        choices=get_args(Engine),
        default="vllm",
        help="whose way to read chats is taken, with the chat template beside the tokenizer"
        " (default vllm)",
    )
    images = options.add_argument_group("images")
    images.add_argument(
        "--image", type=_size, action="append", metavar="WxH", help="pixels; may be repeated"
    )
    images.add_argument("--steps", type=int, default=28, help="of the sampler (default 28)")
    images.add_argument(
        "--model", choices=list(CALIBRATIONS), default="flux", help="(default flux)"
    )
    options.add_argument(
        "--json", action="store_true", help="one JSON object for each text or image"
    )
    return options


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, not the usage of all options in front of it."""
        self.exit(USAGE, f"pyworker count: {message}; --help tells the options\n")


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
