"""`python -m pyworker call ENDPOINT ROUTE PAYLOAD`: one request, its answer on the terminal."""

import argparse
import base64
import binascii
import os
import ssl
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import orjson
import trio

from pyworker.client.client import Client
from pyworker.client.errors import ClientError
from pyworker.client.routing import Autoscaler, Direct
from pyworker.errors import SettingsError

# A payload from a file or stdin: what a worker takes by default.
_LARGEST_PAYLOAD = 100 * 1024 * 1024
_DATA_URI = "data:image/"


def main(argv: Sequence[str]) -> int:
    """Run the command: 0 for an answer, 1 for none, 2 for a wrong command line."""
    asked = _parser().parse_args(argv)
    try:
        payload = _payload(asked.payload)
        route_by = route_by_arguments(asked)
        tls = ssl.create_default_context(cafile=asked.ca) if asked.ca else None
    except (SettingsError, OSError) as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return 2
    try:
        trio.run(_call, Client(route_by, attempts=asked.attempts, tls=tls), asked, payload)
    except ClientError as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def add_routing_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say who is asked, for every command that sends requests."""
    parser.add_argument(
        "--autoscaler",
        default=os.environ.get("AUTOSCALER_URL", "http://127.0.0.1:8080"),
        help="base URL (AUTOSCALER_URL, or the local one)",
    )
    parser.add_argument(
        "-k",
        "--api-key",
        default=os.environ.get("VAST_ENDPOINT_KEY", "local-key"),
        help="key of the endpoint; better in VAST_ENDPOINT_KEY than on a command line",
    )
    parser.add_argument("--direct", metavar="URL", help="an UNSECURED worker, no autoscaler")
    parser.add_argument("--wait", type=float, default=600.0, help="for a worker, seconds (600)")
    parser.add_argument("--ca", help="PEM file of the authority that signs workers' certificates")


def route_by_arguments(asked: argparse.Namespace) -> Autoscaler | Direct:
    """Who is asked for a worker.

    Raises:
        SettingsError: A URL is none.
    """
    url = asked.direct or asked.autoscaler
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{url!r} is no http:// or https:// URL")
    if asked.direct:
        return Direct(url)
    return Autoscaler(url=url, endpoint=asked.endpoint, api_key=asked.api_key, wait=asked.wait)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pyworker call", description=__doc__)
    parser.add_argument("endpoint", help="name of the endpoint (`local` for the local autoscaler)")
    parser.add_argument("route", help="of the worker, such as /generate")
    parser.add_argument("payload", help="JSON, @FILE, or - for stdin")
    parser.add_argument("--cost", type=float, default=100.0, help="workload of the request (100)")
    parser.add_argument("--attempts", type=int, default=5, help="how often it is tried (5)")
    parser.add_argument("--save", type=Path, metavar="DIR", help="write images of the answer there")
    parser.add_argument("--raw", action="store_true", help="the answer's bytes as they come")
    add_routing_arguments(parser)
    return parser


def _payload(given: str) -> dict[str, Any]:
    if given == "-":
        text: bytes | str = sys.stdin.buffer.read(_LARGEST_PAYLOAD + 1)
    elif given.startswith("@"):
        text = Path(given[1:]).read_bytes()
    else:
        text = given
    if len(text) > _LARGEST_PAYLOAD:
        raise SettingsError(f"the payload is larger than {_LARGEST_PAYLOAD} bytes")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SettingsError(f"the payload is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise SettingsError("the payload must be a JSON object")
    return cast("dict[str, Any]", value)


async def _call(client: Client, asked: argparse.Namespace, payload: dict[str, Any]) -> None:
    async with (
        client,
        client.stream(asked.route, payload, cost=asked.cost) as answer,
    ):
        content_type = answer.headers.get("content-type", "")
        if asked.raw:
            async for chunk in answer.chunks():
                _write(chunk)
        elif content_type.startswith("text/event-stream"):
            async for event in answer.events():
                _write(text_of(event).encode())
            _write(b"\n")
        else:
            _show(await answer.body(), content_type, asked.save)


def text_of(event: Any) -> str:
    """The text that a streamed event adds, by TGI and by OpenAI; of others, the event as JSON."""
    match event:
        case {"token": {"text": str(text), **token}}:
            return "" if token.get("special") else text
        case {"choices": [{"delta": {"content": str(text)}}, *_]}:
            return text
        case {"choices": [{"text": str(text)}, *_]}:
            return text
        case {"choices": _, **_rest}:
            return ""
        case {"content": str(text)}:
            return text
        case _:
            return orjson.dumps(event).decode() + "\n"


def _show(body: bytes, content_type: str, save: Path | None) -> None:
    if content_type.startswith("image/"):
        images = [(content_type.removeprefix("image/").partition(";")[0], body)]
    elif "json" in content_type and body:
        value = orjson.loads(body)
        images = list(images_in(value))
        _write(orjson.dumps(_without_images(value), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        images = []
        _write(body)
    if not images:
        return
    if save is None:
        sys.stderr.write(f"{len(images)} images are in the answer; --save DIR writes them\n")
        return
    save.mkdir(parents=True, exist_ok=True)
    for number, (kind, data) in enumerate(images, 1):
        path = save / f"image-{number}.{kind}"
        path.write_bytes(data)
        sys.stderr.write(f"{path}\n")


def images_in(value: Any) -> Iterator[tuple[str, bytes]]:
    """The images of a JSON answer: data URIs, and OpenAI's `b64_json`, each with its kind."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        for key, member in members.items():
            if key == "b64_json" and isinstance(member, str):
                yield "png", _decoded(member)
            else:
                yield from images_in(member)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from images_in(item)
    elif isinstance(value, str) and value.startswith(_DATA_URI):
        head, _, data = value.partition(",")
        kind = head.removeprefix(_DATA_URI).partition(";")[0]
        yield "".join(c for c in kind if c.isalnum()) or "bin", _decoded(data)


def _without_images(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {
            k: _size(v) if k == "b64_json" and isinstance(v, str) else _without_images(v)
            for k, v in members.items()
        }
    if isinstance(value, list):
        return [_without_images(item) for item in cast("list[Any]", value)]
    return _size(value) if isinstance(value, str) and value.startswith(_DATA_URI) else value


def _size(text: str) -> str:
    return f"<image, {len(text)} characters>"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
