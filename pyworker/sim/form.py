"""Reading `multipart/form-data` (RFC 7578), as much of it as model servers see; bounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

# What Starlette's reader of forms takes, which is what stands before vLLM: as many fields, as many
# files, and a field of this size.
_MOST_PARTS = 1000
_MOST_FIELD_BYTES = 1024 * 1024
_MOST_HEAD_BYTES = 8192  # of one part; names of files are in it
_MOST_BOUNDARY = 70  # characters, by RFC 2046 5.1.1


class FormError(ValueError):
    """A body that is no such form; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    field: str
    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a form by their names, in their order."""

    fields: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    files: dict[str, list[Upload]] = field(default_factory=dict[str, list[Upload]])

    def text(self, name: str) -> str | None:
        """The last value of a field, or None."""
        return self.fields[name][-1] if name in self.fields else None

    def uploads(self, *names: str) -> list[Upload]:
        """The files of all these fields."""
        return [upload for name in names for upload in self.files.get(name, ())]


def read_form(body: bytes, content_type: bytes | None) -> Form:
    """The form that a body is.

    Raises:
        FormError: It is none, or is cut short, or has more or larger parts than forms have.
    """
    boundary = _boundary(content_type or b"")
    form = Form()
    for number, part in enumerate(_parts(body, boundary)):
        if number == _MOST_PARTS:
            raise FormError(f"Too many parts. Maximum number of parts is {_MOST_PARTS}.")
        _take(form, part)
    return form


def _boundary(content_type: bytes) -> bytes:
    head = Message()
    head["content-type"] = content_type.decode("latin-1")
    boundary = head.get_param("boundary")
    if head.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise FormError("Missing boundary in multipart.")
    if not 0 < len(boundary) <= _MOST_BOUNDARY:
        raise FormError("The boundary has no length that one may have.")
    return boundary.encode("latin-1")


def _parts(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Each part, its head included."""
    # Before the first boundary there may be no line end.
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise FormError("The form has no end.")
    for piece in pieces[1:-1]:
        if not piece.startswith(b"\r\n"):
            raise FormError("Expected CR and LF behind a boundary.")
        yield piece[2:]


def _take(form: Form, part: bytes) -> None:
    end = part.find(b"\r\n\r\n", 0, _MOST_HEAD_BYTES)
    if end < 0:
        raise FormError("A part has no end of its headers.")
    head = Message()
    for line in part[:end].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon:
            raise FormError("A part has a header without a colon.")
        head[name.decode("latin-1")] = value.strip().decode("utf-8", "replace")
    name = head.get_param("name", header="content-disposition")
    filename = head.get_param("filename", header="content-disposition")
    if not isinstance(name, str):
        raise FormError('The Content-Disposition header field "name" must be provided.')
    data = part[end + 4 :]
    if isinstance(filename, str):
        upload = Upload(name, filename, head.get_content_type(), data)
        form.files.setdefault(name, []).append(upload)
        return
    if len(data) > _MOST_FIELD_BYTES:
        raise FormError(f"Part exceeded maximum size of {_MOST_FIELD_BYTES // 1024}KB.")
    form.fields.setdefault(name, []).append(data.decode("utf-8", "replace"))
