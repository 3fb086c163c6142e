"""`python -m pyworker run FILE`: a definition written for another PyWorker, as it is."""

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from pyworker.compat.script import find_script, run_script
from pyworker.errors import SettingsError

log = logging.getLogger(__name__)

# Where `os.environ[...]` raises; the module is frozen into the interpreter.
_OS = {"<frozen os>", os.__file__}
_NOTHING_SERVED = (
    "has ended without starting a worker: Worker(...).run(), start_server(...) or"
    " Deployment(...).ensure_ready()"
)


def main(argv: Sequence[str]) -> int:
    """Run a definition; returns the exit code of its worker."""
    arguments = _parser().parse_args(argv)
    try:
        script = find_script(arguments.file)
    except SettingsError as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return 2
    from pyworker.class_form.serve import ASKED  # noqa: PLC0415 - a wrong path needs no server

    ASKED.model_url, ASKED.describe = arguments.model_url, arguments.describe
    ASKED.log = str(Path(arguments.log).absolute()) if arguments.log else ""
    try:
        run_script(script, arguments.arguments)
    except SystemExit as end:
        return _code(end)
    except KeyboardInterrupt:
        return 130
    except BaseException as error:  # noqa: BLE001 - whatever a definition raises is told, and ends it
        return _failed(arguments.file, error)
    if not ASKED.served:
        sys.stderr.write(f"pyworker: {arguments.file} {_NOTHING_SERVED}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyworker run",
        description="Run a definition that was written for the vastai SDK (worker.py) or for an"
        " older PyWorker (workers/NAME/server.py), as it is.",
    )
    parser.add_argument("--model-url", default="", help="the model server, instead of its own")
    parser.add_argument("--log", default="", help="the model's log, instead of its own")
    parser.add_argument(
        "--describe", action="store_true", help="say as JSON what would be served, and end"
    )
    parser.add_argument("file", help="the definition's script")
    rest = parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="what the script is given"
    )
    rest.required = False  # as it is: argparse says otherwise when the file is missing
    return parser


def _failed(name: str, error: BaseException) -> int:
    """Tell the autoscaler and whoever reads the log; returns the exit code."""
    from pyworker.logs import set_up_logging  # noqa: PLC0415
    from pyworker.process import refuse  # noqa: PLC0415
    from pyworker.settings import BadSettings, read_settings  # noqa: PLC0415

    # Definitions like to have every library's debug lines; here they would hide the sentence.
    set_up_logging("INFO", "text")

    sentence, known = _sentence(name, error)
    if not known:
        traceback.print_exception(error)
    try:
        identity = read_settings(os.environ).identity(listening_port=0)
    except BadSettings as bad:
        identity = bad.identity
    return refuse(sentence, identity)


def _sentence(name: str, error: BaseException) -> tuple[str, bool]:
    """What is wrong, and whether that is all there is to know: no traceback would say more."""
    if isinstance(error, SettingsError):
        return f"{name}: {error}", True
    said = f"{name}: {type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError):
        return f"{said} (install what the definition needs, as its requirements.txt says)", True
    if isinstance(error, ImportError):  # those of the stand-ins among them
        return said, True
    where = traceback.extract_tb(error.__traceback__)[-1:]
    if isinstance(error, KeyError) and where and where[0].filename in _OS:
        return f"{name}: it needs the environment variable {error.args[0]}", True
    return said, False


def _code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1
