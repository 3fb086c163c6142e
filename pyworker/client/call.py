"""`python -m pyworker call ENDPOINT ROUTE PAYLOAD`: one request, its answer on the terminal."""

import argparse
import base64
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from pyworker.client.answer import Streamed, text_of
from pyworker.client.client import Client
from pyworker.client.errors import AnswerBroken
from pyworker.client.payload import payload_given
from pyworker.client.script import add_routing_arguments, count, run_script, workload
from pyworker.errors import SettingsError

_DATA_URI = "data:image/"
# Types whose answers are files, not text.
_MEDIA = {"image": "an image", "audio": "sound", "video": "a film"}


def main(argv: Sequence[str]) -> int:
    """Run the command: 0 for an answer, 1 for none, 2 for a wrong command line."""
    return run_script(_parser(), argv, _call, any_order=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pyworker call", description=__doc__)
    parser.add_argument(
        "endpoint",
        nargs="?",
        help="name of the endpoint (`local` for the local autoscaler); not needed with --direct",
    )
    parser.add_argument("route", help="of the worker, such as /generate")
    parser.add_argument("payload", help="JSON, @FILE, or - for stdin")
    parser.add_argument("--cost", type=workload, default=100.0, help="the request's workload (100)")
    parser.add_argument("--attempts", type=count, default=5, help="how often it is tried (5)")
    parser.add_argument(
        "--save", type=Path, metavar="DIR", help="write images, sound and films there"
    )
    parser.add_argument("--raw", action="store_true", help="the answer's bytes as they come")
    add_routing_arguments(parser)
    return parser


async def _call(client: Client, asked: argparse.Namespace) -> None:
    if asked.endpoint is None and not asked.direct:
        raise SettingsError(
            "call takes ENDPOINT ROUTE PAYLOAD, or with --direct URL a route and a payload"
        )
    payload = payload_given(asked.payload)
    if not asked.route.startswith("/"):
        raise SettingsError(f"the route must begin with /, not {asked.route!r}")
    async with client.stream(asked.route, payload, cost=asked.cost) as answer:
        content_type = answer.headers.get("content-type", "")
        if asked.raw:
            async for chunk in answer.chunks():
                _write(chunk)
        elif content_type.startswith("text/event-stream"):
            await _show_stream(answer)
        else:
            _show(await answer.body(), content_type, asked.save)


async def _show_stream(answer: Streamed) -> None:
    """Writes a stream's text as it comes, and ends its line whatever happens.

    Raises:
        AnswerBroken: It broke off, or an event of it says that it failed after its 200.
    """
    try:
        async for event in answer.events():
            if isinstance(event, dict) and "error" in event:
                told = orjson.dumps(cast("dict[str, Any]", event)["error"]).decode()
                raise AnswerBroken(f"the stream ended with an error: {told}")
            _write(text_of(event).encode())
    finally:
        _write(b"\n")


def _show(body: bytes, content_type: str, save: Path | None) -> None:
    media = content_type.partition("/")[0]
    if media not in _MEDIA:
        images = list(_written(body, content_type))
        if images and save is None:
            found = "1 image is" if len(images) == 1 else f"{len(images)} images are"
            sys.stderr.write(f"{found} in the answer; --save DIR writes them\n")
        elif save is not None:
            _save(images, "image", save)
    elif save is not None:
        _save([(_kind(content_type), body)], media, save)
    elif media == "image" or sys.stdout.isatty():
        sys.stderr.write(f"the answer is {_MEDIA[media]}; --save DIR writes it\n")
    else:
        _write(body)


def _save(files: Iterable[tuple[str, bytes]], media: str, folder: Path) -> None:
    for number, (kind, data) in enumerate(files, 1):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{media}-{number}.{kind}"
        path.write_bytes(data)
        sys.stderr.write(f"{path}\n")


def _written(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """Writes an answer without the images in it, and gives those."""
    try:
        value = orjson.loads(body) if "json" in content_type else None
    except orjson.JSONDecodeError:
        value = None
    if value is None:
        _write(body)
        return
    _write(orjson.dumps(_without_images(value), option=orjson.OPT_INDENT_2) + b"\n")
    yield from images_in(value)


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
        yield _kind(head.removeprefix("data:")), _decoded(data)


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


def _kind(content_type: str) -> str:
    """The end of a file's name: letters and digits of what comes behind `image/` and its like."""
    kind = content_type.partition("/")[2].partition(";")[0].removeprefix("x-")
    return "".join(c for c in kind if c.isalnum()) or "bin"


def _size(text: str) -> str:
    return f"<image, {len(text)} characters>"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:  # signs beyond ASCII, or too few of them
        return b""


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
