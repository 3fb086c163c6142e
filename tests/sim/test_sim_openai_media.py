"""`sim openai`: pictures made and changed, and films."""

import base64
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio.testing
from fakes.sim_openai import running

from pyworker.sim.media.pictures import picture_size
from pyworker.sim.media.png import png

MAKE, CHANGE, FILM = "/v1/images/generations", "/v1/images/edits", "/v1/videos/sync"
PICTURE = png(1, 2, 3, 64, 32)


def pictures(answer: httpx.Response) -> list[bytes]:
    assert answer.status_code == 200, answer.text
    return [base64.b64decode(one["b64_json"]) for one in answer.json()["data"]]


async def test_pictures_have_their_size_and_cost_their_pixels(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"prompt": "a cat", "size": "512x256", "n": 2}
    async with running(tmp_path) as sim:
        first, second = pictures(await sim.post(MAKE, **asked))
        assert picture_size(first) == picture_size(second) == (512, 256)
        assert first != second
        assert pictures(await sim.post(MAKE, **asked)) == [first, second]
        assert first not in pictures(await sim.post(MAKE, **asked, seed=5))
        # 3 tokens for each of 28 steps of 1024x1024: a quarter of that here.
        assert (await sim.state())["tokens_generated"] == 3 * 21
        file = await sim.post(MAKE, prompt="a cat", size="512x256", response_format="file")
        assert (file.headers["content-type"], file.content) == ("image/png", first)
        several = await sim.post(MAKE, **asked, response_format="file")
        with zipfile.ZipFile(io.BytesIO(several.content)) as archive:
            assert archive.read("image_1.png") == second
        plain = (await sim.post(MAKE, prompt="a cat")).json()
        assert (plain["size"], plain["output_format"]) == (None, "png")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"prompt": "a", "size": "large"},
        {"prompt": "a", "size": "99999x1"},
        {"prompt": "a", "size": "8192x64"},
        {"prompt": "a", "n": 0},
        {"prompt": "a", "n": True},
        {"prompt": "a", "num_inference_steps": 201},
        {"prompt": "a", "response_format": "url"},
        {"prompt": "a", "model": "other"},
    ],
)
async def test_pictures_that_cannot_be_made_are_refused(
    fast_clock: trio.testing.MockClock, tmp_path: Path, asked: dict[str, Any]
) -> None:
    async with running(tmp_path) as sim:
        assert (await sim.post(MAKE, **asked)).status_code == 400


async def test_pictures_are_changed(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    inline = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    async with running(tmp_path) as sim:
        files = [("image", ("a.png", PICTURE)), ("image", ("b.png", PICTURE))]
        answer = await sim.send(CHANGE, [*files, ("mask", ("m.png", PICTURE))], prompt="older")
        [changed] = pictures(answer)
        assert (picture_size(changed), answer.json()["size"]) == ((64, 32), "64x32")
        uploads = (await sim.state())["uploads"]
        assert [(one["field"], one["filename"]) for one in uploads] == [
            ("image", "a.png"),
            ("image", "b.png"),
            ("mask", "m.png"),
        ]
        digest = hashlib.sha256(PICTURE).hexdigest()
        assert {(one["bytes"], one["sha256"]) for one in uploads} == {(len(PICTURE), digest)}
        [named] = pictures(await sim.send(CHANGE, [files[0]], prompt="a", size="128x128", n="1"))
        assert picture_size(named) == (128, 128)
        assert len(pictures(await sim.send(CHANGE, [files[0]], prompt="a", n="3"))) == 3
        empty = ("none", ("", b""))
        [there] = pictures(await sim.send(CHANGE, [empty], prompt="a", url=inline))
        assert picture_size(there) == (64, 32)
        [away] = pictures(await sim.send(CHANGE, [empty], prompt="a", url="https://x/a.png"))
        assert picture_size(away) == (1024, 1024), "nothing is fetched"


@pytest.mark.parametrize(
    ("name", "data", "fields", "status"),
    [
        ("image", PICTURE, {}, 400),
        ("image", b"no picture", {"prompt": "a"}, 400),
        ("image", b"", {"prompt": "a"}, 400),
        ("other", PICTURE, {"prompt": "a"}, 422),
        ("other", PICTURE, {"prompt": "a", "url": "data:image/png;base64,QUJD"}, 400),
        ("other", PICTURE, {"prompt": "a", "url": "data:image/png;base64,!"}, 400),
        ("image", PICTURE, {"prompt": "a", "response_format": "url"}, 400),
        ("image", PICTURE, {"prompt": "a", "n": "many"}, 400),
    ],
)
async def test_changes_that_cannot_be_made_are_refused(
    fast_clock: trio.testing.MockClock,
    tmp_path: Path,
    name: str,
    data: bytes,
    fields: dict[str, str],
    status: int,
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.send(CHANGE, [(name, ("a.png", data))], **fields)
        assert (answer.status_code, "error" in answer.json()) == (status, True)


async def test_a_film_is_made(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path, decode=1000.0) as sim:
        film = await sim.send(
            FILM, [("none", ("", b""))], prompt="a cat", seconds="2", size="64x32"
        )
        assert film.status_code == 200, film.text
        assert (film.headers["content-type"], film.content[4:8]) == ("video/mp4", b"ftyp")
        assert film.headers["x-model"] == "simulated/word-salad-7b"
        assert film.content.count(b"IHDR") == 48
        # 3 tokens for each of 30 steps of 48 frames of 64x32.
        assert (await sim.state())["tokens_generated"] == 9
        begun = await sim.send(FILM, [("input_reference", ("a.png", PICTURE))], prompt="a")
        assert (begun.status_code, begun.content.count(b"IHDR")) == (200, 33)
        assert (await sim.state())["uploads"][-1]["field"] == "input_reference"
        there = '[{"image_url": "https://x/a.png"}]'
        away = await sim.send(FILM, [("none", ("", b""))], prompt="a", image_reference=there)
        assert away.status_code == 200


@pytest.mark.parametrize(
    ("name", "data", "fields"),
    [
        ("none", b"", {}),
        ("input_reference", b"no picture", {"prompt": "a"}),
        ("input_reference", PICTURE, {"prompt": "a", "image_reference": "{}"}),
        ("none", b"", {"prompt": "a", "image_reference": "{"}),
        ("none", b"", {"prompt": "a", "image_reference": '["a"]'}),
        ("none", b"", {"prompt": "a", "image_reference": '{"image_url": "data:,QUJD"}'}),
        ("none", b"", {"prompt": "a", "num_frames": "0"}),
        ("none", b"", {"prompt": "a", "width": "wide"}),
        ("none", b"", {"prompt": "a", "model": "other"}),
    ],
)
async def test_films_that_cannot_be_made_are_refused(
    fast_clock: trio.testing.MockClock,
    tmp_path: Path,
    name: str,
    data: bytes,
    fields: dict[str, str],
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.send(FILM, [(name, ("a.png", data))], **fields)
        assert (answer.status_code, "error" in answer.json()) == (400, True)


async def test_faults_strike_pictures(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        for kind, status in (("refuse", 503), ("error500", 500)):
            await sim.fault(kind=kind)
            assert (await sim.post(MAKE, prompt="a")).status_code == status
        await sim.fault(kind="cut", after_tokens=4)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await sim.post(MAKE, prompt="a")
        assert (await sim.state())["tokens_generated"] == 4
