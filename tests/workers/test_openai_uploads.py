"""Uploads of openai requests: their limits, their names, and base64 in its several forms."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.openai_forms import PNG, WAV, b64, parts, refused
from workers.openai import forms, uploads


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "file"),
        ({"file": None}, "file"),
        ({"file": 7}, "file"),
        ({"file": ""}, "file"),
        ({"file": "!!!!"}, "file"),
        ({"file": "QUJ"}, "file"),
        ({"file": "QUI=QUI="}, "file"),
        ({"file": "ä" * 4}, "file"),
        ({"file": [b64(WAV)]}, "file"),
        ({"file": "data:audio/wav;base64,"}, "file"),
        ({"file": "data:audio/wav,abc"}, "file"),
        ({"file": b64(WAV), "filename": "clip"}, "filename"),
        ({"file": b64(WAV), "filename": "clip.html"}, "filename"),
        ({"file": b64(WAV), "filename": ".wav"}, "filename"),
        ({"file": b64(WAV), "filename": 7}, "filename"),
    ],
)
def test_a_bad_file_is_refused_by_its_field(payload: dict[str, Any], field: str) -> None:
    assert list(refused(forms.transcription, payload)) == [field]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/cron.d/x.wav", "x.wav"),
        ("C:\\Users\\me\\x.WAV", "x.WAV"),
        ('a"\r\nX: 1.wav', "a___X__1.wav"),
        (".hidden.wav", "hidden.wav"),
        ("a.b.wav", "a.b.wav"),
        ("ü ñ.wav", "___.wav"),
        ("a" * 128 + ".wav", "a" * 128 + ".wav"),
        ("a" * 129 + ".wav", "a" * 128 + ".wav"),
        (None, "audio.wav"),
        ("", "audio.wav"),
    ],
)
def test_a_file_name_is_reduced(given: str | None, name: str) -> None:
    request = forms.transcription({"file": b64(WAV), "filename": given})
    assert parts(request)[0][1] == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b64(WAV), "audio.wav"),
        (base64.encodebytes(WAV * 20).decode(), "audio.wav"),
        (b64(WAV).replace("A", "A\r\n"), "audio.wav"),
        (f"data:audio/wav;base64,{b64(WAV)}", "audio.wav"),
        (f"DATA:audio/mpeg;BASE64,{b64(WAV)}", "audio.mp3"),
        (f"data:;base64,{b64(WAV)}", "audio.wav"),
    ],
)
def test_base64_comes_in_several_forms(text: str, name: str) -> None:
    part = parts(forms.transcription({"file": text}))[0]
    assert part[1] == name
    assert part[3] in {WAV, WAV * 20}


def test_the_front_of_a_data_uri_is_bounded() -> None:
    def uri(length: int) -> str:
        return "data:" + "x" * (length - 12) + ";base64," + b64(WAV)

    assert uri(128).index(",") == 128
    forms.transcription({"file": uri(128)})
    assert list(refused(forms.transcription, {"file": uri(129)})) == ["file"]
    endless = "data:" + "A" * 1000
    assert list(refused(forms.transcription, {"file": endless})) == ["file"]


def test_the_limits_are_those_that_are_told() -> None:
    assert (uploads.FILE_BYTES, uploads.REQUEST_BYTES) == (25 * 1024**2, 64 * 1024**2)
    assert (uploads.MOST_FILES, uploads.PREFIX_CHARS, uploads.STEM_CHARS) == (16, 128, 128)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("excess", [0, 1, 2])
def test_a_file_may_be_as_large_as_the_limit(excess: int) -> None:
    for text in (
        b64(b"x" * (3000 + excess)),
        "data:audio/wav;base64," + b64(b"x" * (3000 + excess)),
        base64.encodebytes(b"x" * (3000 + excess)).decode().rstrip("\n"),
    ):
        if excess:
            assert "larger" in refused(forms.transcription, {"file": text})["file"]
        else:
            assert len(parts(forms.transcription({"file": text}))[0][3]) == 3000


@pytest.mark.usefixtures("small_limits")
def test_files_together_may_be_as_large_as_their_limit() -> None:
    each = b64(b"x" * 3000)
    forms.image_edit({"image": [each, each]})
    assert "in total" in refused(forms.image_edit, {"image": [each, each, b64(b"x")]})["image"]
    assert "in total" in refused(forms.image_edit, {"image": [each] * 2, "mask": b64(b"x")})["mask"]
    reference = {"video_url": f"data:video/mp4;base64,{each}"}
    payload = {"input_references": [each, each], "video_reference": reference}
    assert "in total" in refused(forms.video, payload)["input_references"]


@pytest.mark.usefixtures("small_limits")
def test_nothing_is_decoded_when_a_limit_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("decoded")

    monkeypatch.setattr(uploads, "_decoded", never)
    good, large = b64(b"x" * 10), b64(b"x" * 3001)
    assert list(refused(forms.image_edit, {"image": [good, large]})) == ["image"]
    assert list(refused(forms.image_edit, {"image": good, "mask": large})) == ["mask"]


def test_images_are_sixteen_at_most() -> None:
    assert len(parts(forms.image_edit({"image": [b64(PNG)] * 16}))) == 16
    assert "16" in refused(forms.image_edit, {"image": [b64(PNG)] * 17})["image"]
    assert "16" in refused(forms.image_edit, {"image": [b64(PNG)] * 16, "mask": b64(PNG)})["mask"]


@given(st.text(max_size=40), st.integers(0, 8))
def test_the_size_is_told_before_decoding(text: str, ends: int) -> None:
    data = text.encode()
    encoded = b64(data)[:ends] + "\r\n" * ends + b64(data)[ends:]
    assert uploads.decoded_size(encoded, 0) == len(data)
