"""The command line of all simulators, read once into a frozen object."""

import argparse
from collections.abc import Sequence
from typing import Any

from pyworker.sim import options
from pyworker.sim.hello.settings import HelloSettings, add_hello_options
from pyworker.sim.image.settings import ImageSettings, add_image_options
from pyworker.sim.openai.settings import OpenAiSettings, add_openai_options
from pyworker.sim.tgi.settings import TgiSettings, add_tgi_options

SimSettings = TgiSettings | OpenAiSettings | ImageSettings | HelloSettings


def parse_arguments(argv: Sequence[str]) -> SimSettings:
    """The settings that `argv` asks for.

    Raises:
        SystemExit: From argparse; code 2 and one sentence on standard error when `argv` is wrong.
    """
    parser = argparse.ArgumentParser(prog="pyworker sim", description=__doc__)
    servers = parser.add_subparsers(dest="server", required=True)
    kinds: dict[str, type[SimSettings]] = {
        "llm": TgiSettings,
        "openai": OpenAiSettings,
        "image": ImageSettings,
        "hello": HelloSettings,
    }
    add_tgi_options(_server(servers, "llm", "a language model behind TGI"))
    add_openai_options(_server(servers, "openai", "a language model behind the API of OpenAI"))
    add_image_options(_server(servers, "image", "ComfyUI behind its API wrapper"))
    add_hello_options(_server(servers, "hello", "the model server of the hello_world worker"))
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
