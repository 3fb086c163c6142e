"""Requests, responses and the model's answer under aiohttp's names."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from pyworker.class_form import web
from pyworker.class_form.fields import Fields
from pyworker.class_form.model_response import ModelResponse
from pyworker.class_form.request import Request
from pyworker.streaming import ClientRequest


class Paper:
    """A pen that keeps what is written."""

    def __init__(self) -> None:
        self.status = 0
        self.headers = Fields()
        self.pieces: list[bytes] = []

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        assert not self.status
        self.status, self.headers = status, Fields(headers)

    async def send(self, data: bytes) -> None:
        assert self.status
        self.pieces.append(data)


def request(paper: Paper, body: bytes = b'{"a": 1}') -> Request:
    asked = ClientRequest(
        method="POST",
        path="/x/1",
        query="a=1&b=&a=2",
        headers=(("content-type", "application/json; charset=utf-8"), ("x-one", "1")),
        body=body,
        names={"id": "1"},
        client="10.0.0.1:77",
    )
    return Request(asked, paper)


def answered(response: web.StreamResponse) -> Paper:
    paper = Paper()

    async def main() -> None:
        await response.prepare(request(paper))
        await response.write_eof()

    asyncio.run(main())
    return paper


def test_a_request_has_what_definitions_read_of_it():
    asked = request(Paper())
    assert (asked.method, asked.path, asked.path_qs) == ("POST", "/x/1", "/x/1?a=1&b=&a=2")
    assert (asked.query["a"], asked.query.getall("a")) == ("1", ["1", "2"])
    assert (asked.headers["X-One"], asked.headers.get("x-two")) == ("1", None)
    assert (asked.content_type, asked.remote) == ("application/json", "10.0.0.1")
    assert asked.match_info["id"] == "1"
    assert asyncio.run(asked.json()) == {"a": 1}
    asked["key"] = 7
    assert asked["key"] == 7
    with pytest.raises(AttributeError, match="aiohttp must be installed"):
        asked.multipart  # noqa: B018


def test_json_is_sent_with_its_length():
    paper = answered(web.json_response({"a": "ä"}, status=201, headers={"X-Y": "z"}))
    assert (paper.status, paper.pieces) == (201, [b'{"a": "\\u00e4"}'])
    assert paper.headers["content-length"] == "15"
    assert paper.headers["content-type"] == "application/json; charset=utf-8"
    assert paper.headers["x-y"] == "z"


@pytest.mark.parametrize(
    ("response", "status", "content_type", "body"),
    [
        (web.Response(body="pong"), 200, "text/plain; charset=utf-8", [b"pong"]),
        (web.Response(body=b"pong"), 200, "application/octet-stream", [b"pong"]),
        (web.Response(text="ä", content_type="text/html"), 200, "text/html; charset=utf-8", None),
        (web.Response(status=404), 404, None, []),
        (web.Response(status=204), 204, None, []),
    ],
)
def test_whole_responses(
    response: web.Response, status: int, content_type: str | None, body: list[bytes] | None
):
    paper = answered(response)
    assert (paper.status, paper.headers.get("content-type")) == (status, content_type)
    assert body is None or paper.pieces == body


def test_a_stream_is_written_piece_by_piece():
    paper = Paper()

    async def main() -> None:
        response = web.StreamResponse(headers={"Cache-Control": "no-cache"})
        response.content_type = "text/event-stream"
        response.headers["X-Accel-Buffering"] = "no"
        with pytest.raises(RuntimeError, match="before prepare"):
            await response.write(b"early")
        await response.prepare(request(paper))
        await response.prepare(request(paper))
        await response.write(b"one")
        await response.write(memoryview(b"two"))
        await response.write_eof(b"three")
        await response.write_eof()
        with pytest.raises(RuntimeError, match="after write_eof"):
            await response.write(b"late")

    asyncio.run(main())
    assert paper.pieces == [b"one", b"two", b"three"]
    assert paper.headers["content-type"] == "text/event-stream"
    assert "content-length" not in paper.headers
    assert paper.headers["x-accel-buffering"] == "no"


def test_a_body_that_comes_is_passed_on():
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"a"
        yield b"b"

    paper = answered(web.Response(body=pieces(), status=202))
    assert (paper.status, paper.pieces) == (202, [b"a", b"b"])


def test_errors_that_are_responses():
    error = web.ERRORS["HTTPBadRequest"](text="no such voice")
    assert isinstance(error, Exception)
    paper = answered(error)
    assert (paper.status, paper.pieces) == (400, [b"no such voice"])
    assert answered(web.ERRORS["HTTPNotFound"]()).pieces == [b"404: Not Found"]
    assert web.HTTPForbidden is web.ERRORS["HTTPForbidden"]


def test_both_a_body_and_a_text_is_a_mistake():
    with pytest.raises(ValueError, match="not both"):
        web.Response(body=b"x", text="y")


# --- the model's answer


def model_response(*chunks: bytes, content_type: str = "text/plain") -> ModelResponse:
    async def body() -> AsyncGenerator[bytes]:
        for chunk in chunks:
            yield chunk

    return ModelResponse(200, Fields([("content-type", content_type)]), "http://m/x", body())


def test_the_models_answer_is_read_whole():
    async def main() -> None:
        answer = model_response(b'{"a"', b": 1}", content_type='application/json; charset="utf-8"')
        assert (answer.content_type, answer.charset, answer.ok) == (
            "application/json",
            "utf-8",
            True,
        )
        assert await answer.json() == {"a": 1}
        assert await answer.text() == '{"a": 1}'
        answer.raise_for_status()
        answer.release()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("how", "pieces"),
    [
        ("lines", [b"data: 1\n", b"\n", b"data: 2\n", b"rest"]),
        ("any", [b"data: 1\n\nda", b"ta: 2\nrest"]),
        ("chunked", [b"data: ", b"1\n\nda", b"ta: 2\n", b"rest"]),
    ],
)
def test_the_models_answer_is_read_as_it_comes(how: str, pieces: list[bytes]):
    async def main() -> list[bytes]:
        answer = model_response(b"data: 1\n\nda", b"ta: 2\nrest")
        ways = {
            "lines": answer.content,
            "any": answer.content.iter_any(),
            "chunked": answer.content.iter_chunked(6),
        }
        read = [piece async for piece in ways[how]]
        assert answer.content.at_eof()
        assert await answer.content.readline() == b""
        return read

    assert asyncio.run(main()) == pieces


def test_a_failure_of_the_model_can_be_raised():
    answer = model_response()
    answer.status = 500
    with pytest.raises(RuntimeError, match="answered 500 to http://m/x"):
        answer.raise_for_status()
