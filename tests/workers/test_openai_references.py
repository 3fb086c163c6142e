"""References of openai requests: URLs, and never a file of this machine."""

from collections.abc import Callable
from typing import Any

import pytest

from pyworker.errors import InvalidRequest
from tests.workers.openai_forms import b64, refused
from workers.openai import forms
from workers.openai.references import check_speech, check_speech_batch

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


@pytest.mark.usefixtures("small_limits")
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
