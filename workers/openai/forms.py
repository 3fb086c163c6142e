"""The routes that take uploads: from a JSON request to the form that the model server reads."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import orjson

from pyworker.hooks import ModelRequest
from pyworker.multipart import FilePart, form
from pyworker.worker import Payload, bad_payload
from workers.openai import workloads
from workers.openai.media import audio_seconds
from workers.openai.references import check_reference, check_url
from workers.openai.uploads import (
    AUDIO,
    IMAGES,
    MASKS,
    VIDEOS,
    Allowance,
    FileField,
    take_files,
)

_SOUND = FileField(
    name="file", types=AUDIO, default="audio.wav", named_by="filename", required=True
)
_IMAGE = FileField(name="image", types=IMAGES, default="image.png", named_by="filename", many=True)
_MASK = FileField(name="mask", types=IMAGES, default="mask.png", named_by="mask_filename")


def _video_file(name: str, types: dict[str, str], default: str, *, many: bool = False) -> FileField:
    return FileField(
        name=name, types=types, default=default, named_by=f"{name}_filename", many=many
    )


_VIDEO_FILES = (
    _video_file("input_reference", {**IMAGES, **VIDEOS}, "image.png"),
    _video_file("input_references", {**AUDIO, **IMAGES, **VIDEOS}, "image.png", many=True),
    _video_file("control_reference", {**IMAGES, **VIDEOS}, "video.mp4"),
    _video_file("source_video", VIDEOS, "video.mp4"),
    _video_file("source_audio", AUDIO, "audio.wav"),
    _video_file("video_noise_mask", MASKS, "mask.json"),
    _video_file("audio_noise_mask", MASKS, "mask.json"),
)
_VIDEO_REFERENCES = ("image_reference", "video_reference", "audio_reference")


def transcription(payload: Payload) -> ModelRequest:
    """`file` is the sound; it costs its seconds."""
    files = take_files(payload, (_SOUND,), Allowance())
    (sound,) = files["file"]
    return _form(payload, (_SOUND,), files, workloads.audio(audio_seconds(sound)))


def image_edit(payload: Payload) -> ModelRequest:
    """`image` is one or several, with a `mask`; or `url` says where they are."""
    allowance = Allowance()
    urls = {name: _urls(name, payload[name], allowance) for name in _URLS if name in payload}
    if payload.get("image") is None and not any(urls.values()):
        raise bad_payload("image", "missing parameter")
    kept = {name: value for name, value in payload.items() if urls.get(name, True)}
    files = take_files(payload, (_IMAGE, _MASK), allowance)
    return _form(kept, (_IMAGE, _MASK), files, workloads.images(payload))


_URLS = ("url", "url[]")


def video(payload: Payload) -> ModelRequest:
    """References may be files, or objects that say where they are."""
    allowance = Allowance()
    fields = dict(payload)
    for name in _VIDEO_REFERENCES:
        value = fields.get(name)
        if value is None:
            continue
        check_reference(name, value, allowance)
        if isinstance(value, list):
            # One field with all of them, where a list of a form would be a field for each.
            fields[name] = orjson.dumps(cast("list[Any]", value)).decode()
    files = take_files(payload, _VIDEO_FILES, allowance)
    return _form(fields, _VIDEO_FILES, files, workloads.video(payload))


UploadParser = Callable[[Payload], ModelRequest]


def _urls(field: str, value: Any, allowance: Allowance) -> bool:
    """Whether there is a URL."""
    if value is None or value == "":
        return False
    urls = cast("list[Any]", value) if isinstance(value, list) else [value]
    for url in urls:
        check_url(field, url, allowance)
    return bool(urls)


def _form(
    payload: Payload,
    taken: Sequence[FileField],
    files: dict[str, list[FilePart]],
    workload: float,
) -> ModelRequest:
    """The other fields of a payload as they are, and its files."""
    ours = {name for field in taken for name in (field.name, field.named_by)}
    others = {name: value for name, value in payload.items() if name not in ours}
    return form({**others, **files}, workload=workload)
