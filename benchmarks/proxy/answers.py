"""The bytes that the model stand-in sends and the load generator expects to get back.

The shapes are Text Generation Inference's: a JSON answer of /generate, and server-sent events of
about 120 bytes each on /generate_stream, one chunk of the chunked coding per event.
"""

import functools
import json
import re

JSON_ANSWER = json.dumps(
    {"generated_text": " the quick brown fox jumps over the lazy dog and goes home"}
).encode()

# Counted in the raw stream; it occurs once in every event and nowhere else.
EVENT_MARK = b"data:"
LAST_CHUNK = b"0\r\n\r\n"

# A stream is refused above this, so that one wrong number cannot fill the memory.
MOST_EVENTS = 100_000

_WANTED = re.compile(rb'"max_new_tokens":\s*(\d{1,6})')


def wanted_events(body: bytes) -> int:
    """How many events a request asks for: its max_new_tokens, wherever in the body it stands."""
    found = _WANTED.search(body)
    return min(int(found[1]), MOST_EVENTS) if found else 1


def event(index: int, count: int) -> bytes:
    """Event number `index` of `count`, from 1."""
    last = index == count
    value = {
        "index": index,
        "token": {"id": 1000 + index, "text": " word", "logprob": -0.41796875, "special": False},
        "generated_text": " word" if last else None,
        "details": None,
    }
    return EVENT_MARK + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


@functools.lru_cache(maxsize=32)
def event_chunks(count: int) -> list[bytes]:
    """All events of a stream in the chunked coding, the last one with the end of the body."""
    events = [event(index, count) for index in range(1, count + 1)]
    chunks = [b"%x\r\n%s\r\n" % (len(data), data) for data in events]
    chunks[-1] += LAST_CHUNK
    return chunks


@functools.lru_cache(maxsize=32)
def event_stream(count: int) -> bytes:
    """The body of a whole stream, without the chunked coding."""
    return b"".join(event(index, count) for index in range(1, count + 1))
