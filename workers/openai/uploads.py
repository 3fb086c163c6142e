"""Files that come as base64 in JSON, made parts of a form; all limits hold before any is decoded.

A file is base64, alone or in a data URI, with line ends or without. Its name is reduced to letters
that no server stumbles over, and its extension must be one of its field's.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from pyworker.multipart import FilePart
from pyworker.worker import Payload, bad_payload

MIB = 1024 * 1024
# What a model server reads into memory for one request, several times over.
FILE_BYTES = 25 * MIB
REQUEST_BYTES = 64 * MIB
MOST_FILES = 16
# `data:audio/webm;codecs=opus;base64,` is 36 characters; more is no prefix but a payload.
PREFIX_CHARS = 128
STEM_CHARS = 128

IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
}
AUDIO = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "webm": "audio/webm",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "mpeg": "audio/mpeg",
    "mpga": "audio/mpeg",
    "aac": "audio/aac",
}
VIDEOS = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "avi": "video/x-msvideo",
}
MASKS = {"json": "application/json", **IMAGES}

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField:
    """A field that holds a file, or files.

    Attributes:
        name: Of the field, and of the part of the form.
        types: Content types by the extensions that are known.
        default: The file's name when none is given.
        named_by: The field that names it.
        many: Whether it may be a list; each file is a part of its own then.
        required: Whether a request without it is refused.
    """

    name: str
    types: Mapping[str, str]
    default: str
    named_by: str
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A file that is still base64; `start` is where that begins in `text`."""

    field: str
    text: str
    start: int
    filename: str
    content_type: str


class Allowance:
    """What the uploads of one request may be together."""

    def __init__(self) -> None:
        self._bytes = 0
        self._files = 0

    def take(self, field: str, text: str, start: int) -> None:
        """Count the base64 of `text` from `start` on.

        Raises:
            InvalidRequest: It is too large, or all of them are, or they are too many.
        """
        size = decoded_size(text, start)
        self._bytes += size
        self._files += 1
        if size > FILE_BYTES:
            raise bad_payload(field, f"is larger than {FILE_BYTES // MIB} MiB")
        if self._bytes > REQUEST_BYTES:
            raise bad_payload(field, f"makes it more than {REQUEST_BYTES // MIB} MiB in total")
        if self._files > MOST_FILES:
            raise bad_payload(field, f"makes it more than {MOST_FILES} files")


def decoded_size(text: str, start: int) -> int:
    """Bytes that the base64 of `text` from `start` on stands for."""
    ends = text.count("\n", start) + text.count("\r", start)
    # Padding is the last two signs at most, whatever line ends stand between and behind them.
    last = text[max(start, len(text) - 64) :].replace("\n", "").replace("\r", "")[-2:]
    return (len(text) - start - ends) * 3 // 4 - last.count("=")


def data_start(field: str, text: str) -> int:
    """Where the base64 of a data URI begins; 0 when `text` is none.

    Raises:
        InvalidRequest: It is a data URI of another kind, or with more in front than any has.
    """
    if text[:5].lower() != "data:":
        return 0
    comma = text.find(",", 0, PREFIX_CHARS + 1)
    if comma < 0:
        raise bad_payload(
            field, f"has a data URI with more than {PREFIX_CHARS} characters in front"
        )
    if not text[:comma].lower().endswith(";base64"):
        raise bad_payload(field, "has a data URI that is not base64")
    return comma + 1


def take_files(
    payload: Payload, fields: Sequence[FileField], allowance: Allowance
) -> dict[str, list[FilePart]]:
    """The files of a payload by field, decoded; a field without one is left out.

    Raises:
        InvalidRequest: The first that is wrong, missing, or over a limit.
    """
    found = [encoded for field in fields for encoded in _of_field(payload, field)]
    for encoded in found:
        allowance.take(encoded.field, encoded.text, encoded.start)
    files: dict[str, list[FilePart]] = {}
    for encoded in found:
        part = FilePart(encoded.filename, _decoded(encoded), encoded.content_type)
        files.setdefault(encoded.field, []).append(part)
    return files


def _of_field(payload: Payload, field: FileField) -> list[_Encoded]:
    value = payload.get(field.name)
    if value is None:
        if field.required:
            raise bad_payload(field.name, "missing parameter")
        return []
    if isinstance(value, list):
        if not field.many:
            raise bad_payload(field.name, "must be one file")
        texts = cast("list[Any]", value)
        # Before a look at any of them.
        if len(texts) > MOST_FILES:
            raise bad_payload(field.name, f"must be at most {MOST_FILES} files")
    else:
        texts = [value]
    names = _names(payload.get(field.named_by), field)
    return [
        _encoded(field, text, names[number] if number < len(names) else None)
        for number, text in enumerate(texts)
    ]


def _names(given: Any, field: FileField) -> Sequence[str | None]:
    names = cast("list[Any]", given) if isinstance(given, list) else [given]
    if any(not (name is None or isinstance(name, str)) for name in names):
        raise bad_payload(field.named_by, "must be text")
    return names


def _encoded(field: FileField, text: Any, name: str | None) -> _Encoded:
    if not isinstance(text, str) or not text:
        raise bad_payload(field.name, "must be a file in base64")
    start = data_start(field.name, text)
    filename = safe_name(name, field) if name else _default_name(field, text[:start])
    extension = filename.rpartition(".")[2].lower()
    return _Encoded(field.name, text, start, filename, field.types[extension])


def safe_name(given: str, field: FileField) -> str:
    """A file name without folders and without signs that mean something to anybody.

    Raises:
        InvalidRequest: Its extension is not known for its field.
    """
    base = PurePosixPath(given.replace("\\", "/")).name
    stem, dot, extension = _UNSAFE.sub("_", base).lstrip(".").rpartition(".")
    if not dot or extension.lower() not in field.types:
        known = ", ".join(field.types)
        raise bad_payload(field.named_by, f"must end with one of {known}")
    return f"{stem[:STEM_CHARS]}.{extension}"


def _default_name(field: FileField, prefix: str) -> str:
    media_type = prefix[len("data:") :].partition(";")[0].lower()
    for extension, content_type in field.types.items():
        if content_type == media_type:
            return f"{field.default.partition('.')[0]}.{extension}"
    return field.default


def _decoded(encoded: _Encoded) -> bytes:
    text = encoded.text[encoded.start :]
    if "\n" in text or "\r" in text:
        text = text.replace("\n", "").replace("\r", "")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:  # binascii.Error, or signs beyond ASCII
        raise bad_payload(encoded.field, "is not base64") from error
    if not data:
        raise bad_payload(encoded.field, "is empty")
    return data
