"""The command line of all simulators, read once into a frozen object."""

import argparse
from collections.abc import Sequence
from typing import Any

from pyworker.sim import options
from pyworker.sim.image.settings import ImageSettings, add_image_options
from pyworker.sim.openai.settings import OpenAiSettings, add_openai_options
from pyworker.sim.tgi.settings import TgiSettings, add_tgi_options


def parse_arguments(argv: Sequence[str]) -> "TgiSettings | OpenAiSettings | ImageSettings":
    """The settings that `argv` asks for.

    Raises:
        SystemExit: From argparse; code 2 and one sentence on standard error when `argv` is wrong.
    """
    parser = argparse.ArgumentParser(prog="pyworker sim", description=__doc__)
    servers = parser.add_subparsers(dest="server", required=True)
    kinds: dict[str, type[TgiSettings | OpenAiSettings | ImageSettings]] = {
        "llm": TgiSettings,
        "openai": OpenAiSettings,
        "image": ImageSettings,
    }
    add_tgi_options(_server(servers, "llm", "a language model behind TGI"))
    add_openai_options(_server(servers, "openai", "a language model behind the API of OpenAI"))
    add_image_options(_server(servers, "image", "ComfyUI behind its API wrapper"))
    chosen: dict[str, Any] = vars(parser.parse_args(argv))
    kind = kinds[chosen.pop("server")]
    chosen["faults"] = tuple(chosen["faults"])
    return kind(**chosen)


def _server(servers: Any, name: str, what: str) -> argparse.ArgumentParser:
    return servers.add_parser(
        name,
        help=what,
        epilog=options.FAULTS_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
