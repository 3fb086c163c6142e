"""Form fields as multipart/form-data, read back by the standard library."""

from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from pyworker.class_form.multipart import multipart_request
from pyworker.errors import InvalidRequest


def parts(fields: dict[str, Any]) -> list[Message]:
    made = multipart_request(fields)
    head = f"Content-Type: {made.content_type}\r\n\r\n".encode()
    whole = message_from_bytes(head + made.body)
    return [part for part in whole.walk() if part is not whole]


def shown(part: Message) -> tuple[object, object, object]:
    return (
        part.get_param("name", header="Content-Disposition"),
        part.get_filename(),
        part.get_payload(decode=True),
    )


def test_each_kind_of_value():
    read = parts(
        {
            "file": ("a.wav", b"\x00\r\n\xff", "audio/wav"),
            "text": "ä",
            "number": 1.5,
            "yes": True,
            "left out": None,
            "object": {"a": [1]},
            "many": ["x", 2, None, [3]],
            "files": [("1.png", b"1", "image/png"), ("2.png", b"2", "image/png")],
        }
    )
    assert [shown(part) for part in read] == [
        ("file", "a.wav", b"\x00\r\n\xff"),
        ("text", None, "ä".encode()),
        ("number", None, b"1.5"),
        ("yes", None, b"true"),
        ("object", None, b'{"a": [1]}'),
        ("many", None, b"x"),
        ("many", None, b"2"),
        ("many", None, b"[3]"),
        ("files", "1.png", b"1"),
        ("files", "2.png", b"2"),
    ]
    assert read[0].get_content_type() == "audio/wav"


def test_a_name_cannot_end_its_header():
    [part] = parts({'a"\r\nX: y': ('b"\n.png', b"1", "image/png\r\nX: y")})
    assert shown(part) == ("a%22%0D%0AX: y", "b%22%0A.png", b"1")
    assert part["X"] is None


@pytest.mark.parametrize("value", [b"bytes", [b"bytes"], ("a", "text", "x/y"), ("a", b"x")])
def test_bytes_are_a_file_part_or_a_mistake(value: object):
    with pytest.raises(InvalidRequest, match="form field f: "):
        multipart_request({"f": value})
