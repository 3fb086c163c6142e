"""Uploads at their limits, file names, references: what becomes a form, and what is refused."""

import base64
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.errors import InvalidRequest
from pyworker.hooks import ModelRequest, Payload
from pyworker.multipart import FilePart, form
from workers.openai import forms, uploads
from workers.openai.references import check_speech, check_speech_batch

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def parts(request: ModelRequest) -> list[tuple[str, str | None, str | None, bytes]]:
    """Name, file name, content type and content of each part, as Python's own parser finds them."""
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found: list[tuple[str, str | None, str | None, bytes]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        kind = part.get_content_type() if "content-type" in part else None
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((str(name), part.get_filename(), kind, content))
    return found


def refused(parser: Callable[[Payload], object], payload: Payload) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as error:
        parser(payload)
    assert error.value.status == 422
    detail = error.value.detail["payload"]
    assert isinstance(detail, dict)
    return cast("dict[str, str]", detail)


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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are met by small files."""
    monkeypatch.setattr(uploads, "FILE_BYTES", 3000)
    monkeypatch.setattr(uploads, "REQUEST_BYTES", 6000)


def test_the_limits_are_those_that_are_told() -> None:
    assert (uploads.FILE_BYTES, uploads.REQUEST_BYTES) == (25 * 1024**2, 64 * 1024**2)
    assert (uploads.MOST_FILES, uploads.PREFIX_CHARS, uploads.STEM_CHARS) == (16, 128, 128)


@pytest.mark.usefixtures("small")
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


@pytest.mark.usefixtures("small")
def test_files_together_may_be_as_large_as_their_limit() -> None:
    each = b64(b"x" * 3000)
    forms.image_edit({"image": [each, each]})
    assert "in total" in refused(forms.image_edit, {"image": [each, each, b64(b"x")]})["image"]
    assert "in total" in refused(forms.image_edit, {"image": [each] * 2, "mask": b64(b"x")})["mask"]
    reference = {"video_url": f"data:video/mp4;base64,{each}"}
    payload = {"input_references": [each, each], "video_reference": reference}
    assert "in total" in refused(forms.video, payload)["input_references"]


@pytest.mark.usefixtures("small")
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


_INLINE = b64(b"RIFF" + b"\0" * 200)
_PLACES: dict[str, Callable[[str], object]] = {
    "url": lambda v: forms.image_edit({"url": v}),
    "url[]": lambda v: forms.image_edit({"url[]": [v]}),
    "ref_audio": lambda v: check_speech({"input": "hi", "ref_audio": v}),
    "ref_audio list": lambda v: check_speech({"input": "hi", "ref_audio": [v]}),
    "ref_audio_2": lambda v: check_speech({"input": "hi", "ref_audio_2": v}),
    "references": lambda v: check_speech({"input": "hi", "references": [{"audio_path": v}]}),
    "batch": lambda v: check_speech_batch({"items": [], "ref_audio": v}),
    "items": lambda v: check_speech_batch({"items": [{"input": "a", "ref_audio": v}]}),
    "image_reference": lambda v: forms.video({"image_reference": [{"image_url": v}]}),
}


@pytest.mark.parametrize("place", _PLACES)
def test_references_are_urls_and_never_name_a_file_here(place: str) -> None:
    for value in (
        "https://x/a.png",
        "HTTP://x/a.png",
        f"data:audio/wav;base64,{_INLINE}",
        f"DATA:audio/wav;base64,{_INLINE}",
    ):
        _PLACES[place](value)
    for value in (
        "file:///root/.ssh/id_rsa",
        "file:/etc/passwd",
        "ftp://x/a",
        "/etc/passwd",
        "../x.wav",
        "\\\\host\\share\\a.wav",
        "http://[::1",
        "http:///a",
        "http:a",
        _INLINE,
        "/" * 78 + "etc/passwd",
        " https://x",
    ):
        with pytest.raises(InvalidRequest) as error:
            _PLACES[place](value)
        assert error.value.status == 422, value


@pytest.mark.usefixtures("small")
def test_data_urls_are_uploads_too() -> None:
    large = "data:audio/wav;base64," + b64(b"x" * 3001)
    assert "larger" in refused(check_speech, {"input": "hi", "ref_audio": large})["ref_audio"]
    each = "data:audio/wav;base64," + b64(b"x" * 3000)
    payload = {"input": "hi", "ref_audio": [each, each], "ref_audio_2": each}
    assert "in total" in refused(check_speech, payload)["ref_audio_2"]


def test_empty_references_are_dropped_and_nothing_else_is_touched() -> None:
    assert check_speech({"input": "hi", "ref_audio": "", "ref_audio_2": None}) == {"input": "hi"}
    assert check_speech({"input": "hi", "ref_audio": "https://x/a"}) is None
    assert check_speech({"input": "hi"}) is None
    batch = {"items": [{"input": "a", "ref_audio": ""}, {"input": "b"}], "ref_audio": ""}
    assert check_speech_batch(batch) == {"items": [{"input": "a"}, {"input": "b"}]}
    assert check_speech_batch({"items": [{"input": "a"}]}) is None


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "items"),
        ({"items": {"input": "a"}}, "items"),
        ({"items": ["a"]}, "items"),
        ({"items": [{"input": "a", "ref_audio": ["https://x/a"]}]}, "items"),
        ({"items": [], "ref_audio": ["https://x/a"]}, "ref_audio"),
    ],
)
def test_a_batch_has_objects_with_one_reference_each(payload: dict[str, Any], field: str) -> None:
    assert list(refused(check_speech_batch, payload)) == [field]


def test_references_of_a_wrong_shape_are_refused() -> None:
    assert list(refused(check_speech, {"references": "x"})) == ["references"]
    assert list(refused(check_speech, {"references": ["x"]})) == ["references"]
    assert list(refused(check_speech, {"ref_audio": 7})) == ["ref_audio"]


@given(st.text(max_size=40), st.integers(0, 8))
def test_the_size_is_told_before_decoding(text: str, ends: int) -> None:
    data = text.encode()
    encoded = b64(data)[:ends] + "\r\n" * ends + b64(data)[ends:]
    assert uploads.decoded_size(encoded, 0) == len(data)
