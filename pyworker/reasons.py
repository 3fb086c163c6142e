"""Why something failed, in words for the end of a sentence."""

import os
from typing import Any, cast

import orjson

# Characters of a body within a sentence.
_MOST = 500
# Bytes of an answer that is shown because it is not what was asked for.
_BEGINNING = 200
# Where bodies say why: pyworker's, TGI's and OpenAI's kind; the wrapper's; FastAPI's.
_SAYING = ("error", "message", "detail")


def reason_of(error: BaseException) -> str:
    """What an exception says.

    Of a call that the system refused in the system's words, `No such file or directory`, without
    its number and path, which the sentence names, and without what Trio and httpx wrap around it.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            if cause.errno and cause.strerror.startswith("Error connecting to "):
                return os.strerror(cause.errno)  # Trio has put the address into it, as a tuple
            return cause.strerror
        if isinstance(cause, ExceptionGroup):  # one error for each address of the host
            cause = cast("ExceptionGroup[Exception]", cause).exceptions[0]
        else:
            # httpcore raises some of its errors `from None`.
            cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def said_by(body: bytes) -> str:
    """What the body of a refusal says: its sentence when it is JSON with one, else its beginning.

    A request's id is told, too, since the worker's log has more by it.
    """
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    sentence = _sentence(members)
    if sentence is None:
        return body[:_MOST].decode(errors="replace").strip()
    asked = members.get("request_id")
    return f"{sentence} (request {asked})" if isinstance(asked, str) else sentence


def beginning_of(body: bytes) -> str:
    """The beginning of a body within quotes, as text; what cannot be printed is escaped."""
    return repr(body[:_BEGINNING].decode(errors="replace"))


def _sentence(members: dict[str, Any]) -> str | None:
    for name in _SAYING:
        said = members.get(name)
        if isinstance(said, dict):
            said = _sentence(cast("dict[str, Any]", said))
        if isinstance(said, str) and said:
            return said[:_MOST]
    return None
