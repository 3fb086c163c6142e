"""Reading forms: what Python's own writer of this package and httpx send, and what is no form."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyworker.multipart import FilePart, form
from pyworker.sim.form import FormError, Upload, read_form

_NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
_TEXTS = st.text('aü€\r\n"-: x😀', max_size=20)
KIND = b"multipart/form-data; boundary=x"


@settings(max_examples=30)
@given(
    st.dictionaries(_NAMES, st.binary()),
    st.dictionaries(_NAMES, _TEXTS),
)
def test_what_was_sent_is_what_is_read(files: dict[str, bytes], fields: dict[str, str]) -> None:
    parts = {name: FilePart("a.bin", data, "application/x-y") for name, data in files.items()}
    sent = form({**fields, **parts})
    if not parts and not fields:
        return
    found = read_form(sent.body, sent.content_type.encode())
    assert found.files == {
        name: [Upload(name, "a.bin", "application/x-y", data)] for name, data in files.items()
    }
    assert found.fields == {n: [text] for n, text in fields.items() if n not in files}


def test_the_form_of_another_writer_is_read() -> None:
    request = httpx.Request(
        "POST",
        "http://x",
        data={"url[]": ["a", "b"], "prompt": "ü"},
        files=[("image", ("ä.png", b"\x89PNG\r\n--")), ("image", ("b.png", b""))],
    )
    found = read_form(request.read(), request.headers["content-type"].encode())
    assert found.fields == {"url[]": ["a", "b"], "prompt": ["ü"]}
    assert (found.text("url[]"), found.text("none")) == ("b", None)
    assert [(file.filename, file.data) for file in found.uploads("image", "mask")] == [
        ("ä.png", b"\x89PNG\r\n--"),
        ("b.png", b""),
    ]


def part(head: bytes, data: bytes = b"1") -> bytes:
    return b"--x\r\n" + head + b"\r\n\r\n" + data + b"\r\n--x--\r\n"


NAMED = b'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"", None, "boundary"),
        (b"{}", b"application/json", "boundary"),
        (part(NAMED), b"multipart/form-data", "boundary"),
        (part(NAMED), b"multipart/form-data; boundary=" + b"x" * 71, "length"),
        (b"", KIND, "no end"),
        (part(NAMED)[:-4], KIND, "no end"),
        (part(NAMED).replace(b"--x\r\n", b"--xy\r\n"), KIND, "CR and LF"),
        (part(b"Content-Disposition: form-data"), KIND, "name"),
        (part(b"no colon"), KIND, "colon"),
        (b"--x\r\n" + NAMED + b"\r\n--x--", KIND, "end of its headers"),
        (part(NAMED + b"; b=" + b"y" * 9000), KIND, "end of its headers"),
        (part(NAMED, b"y" * (1024 * 1024 + 1)), KIND, "1024KB"),
        (part(NAMED).replace(b"--x\r\n", b"--x\r\n" + NAMED + b"\r\n\r\n\r\n--x\r\n"), KIND, ""),
        (b"--x\r\n" + (NAMED + b"\r\n\r\n1\r\n--x\r\n") * 1001 + part(NAMED)[5:], KIND, "1000"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: bytes | None, why: str) -> None:
    if not why:
        assert read_form(body, kind).fields == {"a": ["", "1"]}
        return
    with pytest.raises(FormError, match=why):
        read_form(body, kind)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for whole in (body, b"--x\r\n" + body + b"\r\n--x--"):
        try:
            read_form(whole, KIND)
        except FormError:
            continue
