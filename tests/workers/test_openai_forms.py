"""Recordings, pictures and films: what becomes a form, and what is refused."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.multipart import FilePart, form
from pyworker.worker import Payload
from tests.workers.openai_forms import PNG, WAV, b64, parts, refused
from workers.openai import forms


def test_a_form_says_what_it_is_given() -> None:
    request = form(
        {
            "model": "m",
            "n": 2,
            "f": 1.5,
            "stream": True,
            "none": None,
            "tags": ["a", "b", None],
            "object": {"x": [1]},
            "nested": [[1]],
            "file": FilePart('a"b.wav', WAV, "audio/wav"),
        },
        workload=3.0,
    )
    assert request.workload == 3.0
    assert parts(request) == [
        ("model", None, None, b"m"),
        ("n", None, None, b"2"),
        ("f", None, None, b"1.5"),
        ("stream", None, None, b"true"),
        ("tags", None, None, b"a"),
        ("tags", None, None, b"b"),
        ("object", None, None, b'{"x":[1]}'),
        ("nested", None, None, b"[1]"),
        ("file", "a%22b.wav", "audio/wav", WAV),
    ]
    assert form({"a": "1"}) == form({"a": "1"})
    assert form({"a": "1"}).content_type != form({"a": "2"}).content_type


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(), min_size=1))
def test_files_arrive_as_they_are(files: dict[str, bytes]) -> None:
    request = form(
        {name: FilePart("x.bin", data, "application/octet-stream") for name, data in files.items()}
    )
    boundary = request.content_type.partition("boundary=")[2].encode()
    pieces = request.body.split(b"--" + boundary)
    assert pieces.pop(0) == b""
    assert pieces.pop() == b"--\r\n"
    assert [piece.partition(b"\r\n\r\n")[2][:-2] for piece in pieces] == list(files.values())


def test_a_recording_becomes_a_part_and_the_rest_fields() -> None:
    request = forms.transcription({"file": b64(WAV), "filename": "clip.mp3", "language": "en"})
    assert parts(request) == [
        ("language", None, None, b"en"),
        ("file", "clip.mp3", "audio/mpeg", WAV),
    ]
    assert request.workload == 50


def test_images_have_their_own_names_and_a_mask() -> None:
    request = forms.image_edit(
        {
            "prompt": "p",
            "image": [b64(PNG), b64(PNG)],
            "filename": ["a.png", "b.jpg"],
            "mask": b64(PNG),
            "mask_filename": "m.webp",
            "size": "512x512",
            "n": 4,
        }
    )
    assert parts(request) == [
        ("prompt", None, None, b"p"),
        ("size", None, None, b"512x512"),
        ("n", None, None, b"4"),
        ("image", "a.png", "image/png", PNG),
        ("image", "b.jpg", "image/jpeg", PNG),
        ("mask", "m.webp", "image/webp", PNG),
    ]
    assert request.workload == 500
    one_name = forms.image_edit({"image": [b64(PNG)] * 2, "filename": "a.png"})
    assert [part[1] for part in parts(one_name)] == ["a.png", "image.png"]


def test_a_url_may_stand_for_an_image() -> None:
    request = forms.image_edit({"url": "https://x/a.png", "url[]": ["http://x/b.png"], "n": 1})
    assert [part[::3] for part in parts(request)] == [
        ("url", b"https://x/a.png"),
        ("url[]", b"http://x/b.png"),
        ("n", b"1"),
    ]
    kept = parts(forms.image_edit({"url": "", "image": b64(PNG)}))
    assert [part[0] for part in kept] == ["image"]
    empty: list[Payload] = [{}, {"url": ""}, {"url[]": []}, {"image": None}]
    for payload in empty:
        assert list(refused(forms.image_edit, payload)) == ["image"]


def test_a_film_takes_many_kinds_of_files() -> None:
    request = forms.video(
        {
            "prompt": "a cat",
            "num_frames": 66,
            "input_reference": b64(PNG),
            "input_reference_filename": "cat.png",
            "input_references": [b64(PNG), b64(WAV)],
            "input_references_filename": ["clip.mp4", "voice.wav"],
            "source_audio": b64(WAV),
            "video_noise_mask": b64(b"{}"),
            "audio_noise_mask": b64(b"{}"),
            "audio_noise_mask_filename": "m.json",
            "image_reference": [{"image_url": "https://x/a.png"}, {"file_id": "f"}],
            "video_reference": {"file_id": "g"},
        }
    )
    assert [part[:3] for part in parts(request)] == [
        ("prompt", None, None),
        ("num_frames", None, None),
        ("image_reference", None, None),
        ("video_reference", None, None),
        ("input_reference", "cat.png", "image/png"),
        ("input_references", "clip.mp4", "video/mp4"),
        ("input_references", "voice.wav", "audio/wav"),
        ("source_audio", "audio.wav", "audio/wav"),
        ("video_noise_mask", "mask.json", "application/json"),
        ("audio_noise_mask", "m.json", "application/json"),
    ]
    fields = {part[0]: part[3] for part in parts(request)}
    assert orjson.loads(fields["image_reference"])[1] == {"file_id": "f"}
    assert fields["video_reference"] == b'{"file_id":"g"}'
    assert request.workload == 1000


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"source_video": [b64(PNG)] * 2}, "source_video"),
        ({"source_audio": b64(PNG), "source_audio_filename": "x.png"}, "source_audio_filename"),
        (
            {"control_reference": b64(PNG), "control_reference_filename": "x.wav"},
            "control_reference_filename",
        ),
        ({"image_reference": "https://x/a.png"}, "image_reference"),
        ({"image_reference": ["x"]}, "image_reference"),
        ({"image_reference": {"image_url": 7}}, "image_reference"),
        ({"image_reference": {"image_url": {"url": "/etc/passwd"}}}, "image_reference"),
    ],
)
def test_a_film_refuses_other_kinds(payload: dict[str, Any], field: str) -> None:
    assert list(refused(forms.video, payload)) == [field]
