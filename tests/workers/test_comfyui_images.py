"""The comfyui worker's answers: which files are read, and what else a client gets."""

import base64
import os
from pathlib import Path
from typing import Any

import orjson
import pytest

import workers.comfyui.images
from pyworker.errors import InvalidRequest, UpstreamUnavailable
from pyworker.worker import Answer
from workers.comfyui.images import Images

PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """ComfyUI's output folder with one image."""
    folder = tmp_path / "output"
    (folder / "job").mkdir(parents=True)
    (folder / "job" / "a.png").write_bytes(PNG)
    return folder


def answered(output: Path, *paths: object, listed: bool = False) -> Answer:
    images = [{"local_path": str(path), "type": "output"} for path in paths]
    body: Any = {"output": images if listed else {"images": images}}
    return Images(str(output)).answer(Answer(body=orjson.dumps(body)))


@pytest.mark.parametrize("listed", [False, True])
def test_the_images_are_in_the_answer_of_old_and_new_wrappers(output: Path, listed: bool) -> None:
    (output / "b.JPG").write_bytes(b"jpeg")
    answer = answered(output, output / "job" / "a.png", output / "b.JPG", listed=listed)
    assert answer.status == 200
    first, second = answer.json()["images"]
    assert first == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert second == "data:image/jpeg;base64,anBlZw=="


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"status": "failed"}, "there was an error in the workflow"),
        ([], "there was an error in the workflow"),
        ({"output": None}, "there was an error in the workflow"),
        ({"output": {"images": []}}, "workflow did not produce any images"),
        ({"output": []}, "workflow did not produce any images"),
        ({"output": {"text": "x"}}, "workflow did not produce any images"),
        ({"output": [{"local_path": "/t/a.png", "type": "temp"}]}, "workflow did not produce"),
    ],
)
def test_a_workflow_without_images_is_422(output: Path, body: Any, problem: str) -> None:
    answer = Images(str(output)).answer(Answer(body=orjson.dumps(body)))
    assert answer.status == 422
    assert answer.json()["error"].startswith(problem)


def test_nothing_outside_of_the_folder_is_read(output: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    (tmp_path / "output-2").mkdir()
    (tmp_path / "output-2" / "a.png").write_bytes(PNG)
    (output / "link.png").symlink_to(secret)
    (output / "away").symlink_to(tmp_path)
    for path in (
        secret,
        output / ".." / "secret.png",
        output / "link.png",
        output / "away" / "secret.png",
        tmp_path / "output-2" / "a.png",
        "/etc/passwd",
        "secret.png",
    ):
        with pytest.raises(InvalidRequest, match="outside of the output folder"):
            answered(output, path)


def test_the_folder_itself_and_its_own_links_may_be_links(output: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(output)
    (output / "latest.png").symlink_to(output / "job" / "a.png")
    assert answered(linked, output / "job" / "a.png").status == 200
    assert answered(output, linked / "latest.png").status == 200


def test_what_is_no_file_is_not_waited_for(output: Path) -> None:
    os.mkfifo(output / "pipe.png")
    with pytest.raises(InvalidRequest, match="no file"):
        answered(output, output / "pipe.png")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(InvalidRequest, match="no file"):
        answered(output, output / "job")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_cannot_be_read_is_the_servers_fault(output: Path) -> None:
    (output / "loop.png").symlink_to(output / "loop.png")
    for path in (output / "missing.png", output / "loop.png", f"{output}/a\0.png"):
        with pytest.raises(UpstreamUnavailable, match="cannot be read"):
            answered(output, path)
    with pytest.raises(UpstreamUnavailable, match="no JSON"):
        Images(str(output)).answer(Answer(body=b"<html>"))


def test_an_answer_is_bounded(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = output / "job" / "a.png"
    assert answered(output, *[image] * 64).status == 200
    with pytest.raises(InvalidRequest, match="65 images"):
        answered(output, *[image] * 65)
    monkeypatch.setattr(workers.comfyui.images, "MAX_BYTES", 2 * len(PNG))
    assert answered(output, image, image).status == 200
    with pytest.raises(InvalidRequest, match="larger than"):
        answered(output, image, image, image)
