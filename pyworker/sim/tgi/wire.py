"""TGI's answers as bytes: events of a stream, bodies, errors, headers.

A pure room. Facts: router/src/lib.rs and server.rs of TGI 3.3 on axum 0.7.9, whose events have no
space after `data:`. Events are made by formatting, not by a JSON library: one a token, and
every text that goes in unescaped is plain ASCII letters (words.py).
"""

from collections.abc import Sequence as Items
from dataclasses import dataclass
from decimal import Decimal

import orjson

from pyworker.sim.tgi.log import Span, rust_duration
from pyworker.sim.tgi.settings import TgiSettings
from pyworker.sim.words import FinishReason, Sequence, Token, alternatives

KEEP_ALIVE_SECONDS = 15.0  # of silence in a stream; axum's KeepAlive::default()
KEEP_ALIVE_COMMENT = b":\n\n"

Headers = list[tuple[bytes, bytes]]

# What tower-http's CORS layer adds to every answer of the router.
_CORS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"vary", b"origin, access-control-request-method, access-control-request-headers"),
]
_COMPUTE_TYPE = b"gpu+optimized"  # the router's text when COMPUTE_TYPE is not set
JSON: Headers = [(b"content-type", b"application/json"), *_CORS]
PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8"), *_CORS]
EMPTY: Headers = list(_CORS)


class TgiError(Exception):
    """An error of TGI's own: JSON with `error` and `error_type`, or an event of that.

    Args:
        status: The status outside of streams, which are always 200.
        kind: `error_type`.
        text: `error`.
    """

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind
        self.text = text

    def body(self) -> bytes:
        """The JSON body."""
        return orjson.dumps({"error": self.text, "error_type": self.kind})

    def event(self) -> bytes:
        """The same as an event of a stream."""
        return b"data:" + self.body() + b"\n\n"


def overloaded() -> TgiError:
    """Slots and queue are full."""
    return TgiError(429, "overloaded", "Model is overloaded")


def invalid(text: str) -> TgiError:
    """A parameter is wrong; `text` says which."""
    return TgiError(422, "validation", f"Input validation error: {text}")


def generation_failed(text: str) -> TgiError:
    """The shard failed under the request."""
    return TgiError(424, "generation", f"Request failed during generation: {text}")


def incomplete(*, stream: bool) -> TgiError:
    """The answer ended before its last token."""
    if stream:
        return TgiError(500, "incomplete_generation_stream", "Incomplete generation stream")
    return TgiError(500, "incomplete_generation", "Incomplete generation")


def unhealthy() -> TgiError:
    """GET /health when the model is not well."""
    return TgiError(503, "healthcheck", "unhealthy")


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of one request went, in seconds."""

    total: float
    validation: float
    queue: float
    inference: float
    generated_tokens: int

    @property
    def per_token(self) -> float:
        """Mean time of a token."""
        return self.inference / self.generated_tokens

    def span(self, name: str, parameters: str, seed: int | None) -> Span:
        """The fields of the request's tracing span, in the order in which TGI logs them."""
        return {
            "inference_time": rust_duration(self.inference),
            "parameters": parameters,
            "queue_time": rust_duration(self.queue),
            "seed": "None" if seed is None else f"Some({seed})",
            "time_per_token": rust_duration(self.per_token),
            "total_time": rust_duration(self.total),
            "validation_time": rust_duration(self.validation),
            "name": name,
        }


def answer_headers(timings: Timings, *, characters: int, prompt_tokens: int) -> Headers:
    """The headers of a whole answer."""

    def milliseconds(seconds: float) -> bytes:
        return b"%d" % int(seconds * 1000)

    # Rust prints an f64 without an exponent, Python's repr does not.
    total = format(Decimal(repr(timings.total)), "f").encode()
    return [
        *JSON,
        (b"x-compute-type", _COMPUTE_TYPE),
        (b"x-compute-time", total),
        (b"x-compute-characters", b"%d" % characters),
        (b"x-total-time", milliseconds(timings.total)),
        (b"x-validation-time", milliseconds(timings.validation)),
        (b"x-queue-time", milliseconds(timings.queue)),
        (b"x-inference-time", milliseconds(timings.inference)),
        (b"x-time-per-token", milliseconds(timings.per_token)),
        (b"x-prompt-tokens", b"%d" % prompt_tokens),
        (b"x-generated-tokens", b"%d" % timings.generated_tokens),
    ]


def stream_headers(characters: int) -> Headers:
    """The headers of a stream, which are sent before anything is known of the answer."""
    return [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-cache"),
        (b"x-compute-type", _COMPUTE_TYPE),
        (b"x-compute-characters", b"%d" % characters),
        (b"x-accel-buffering", b"no"),
        *_CORS,
    ]


def _token(token: Token) -> bytes:
    return b'{"id":%d,"text":"%s","logprob":%s,"special":false}' % (
        token.id,
        token.text.encode(),
        repr(token.logprob).encode(),
    )


def token_event(index: int, token: Token, top: int, tail: bytes | None = None) -> bytes:
    """The event of one token.

    Args:
        index: Its place in the answer, from 1.
        token: It.
        top: How many alternatives are listed (`top_n_tokens`).
        tail: The last two members of the last event; None in all others.
    """
    listed = b""
    if top:
        listed = b'"top_tokens":[%s],' % b",".join(map(_token, alternatives(token, top)))
    return b'data:{"index":%d,"token":%s,%s%s}\n\n' % (
        index,
        _token(token),
        listed,
        tail or b'"generated_text":null,"details":null',
    )


def last_members(text: str, details: dict[str, object] | None) -> bytes:
    """The last two members of a stream's last event, for `token_event`."""
    return b'"generated_text":%s,"details":%s' % (orjson.dumps(text), orjson.dumps(details))


def stream_details(sequence: Sequence, seed: int | None, input_length: int) -> dict[str, object]:
    """`details` of a stream's last event."""
    return {
        "finish_reason": sequence.finish_reason,
        "generated_tokens": sequence.length,
        "seed": seed,
        "input_length": input_length,
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished sequence of a request that does not stream."""

    text: str
    finish_reason: FinishReason
    tokens: Items[Token]
    seed: int | None

    def details(self, top: int) -> dict[str, object]:
        """`details` of the answer; `top` is `top_n_tokens`."""
        members: dict[str, object] = {
            "finish_reason": self.finish_reason,
            "generated_tokens": len(self.tokens),
            "seed": self.seed,
            # Prompt tokens are there only with --enable-prefill-logprobs, which is not set.
            "prefill": [],
            "tokens": [_token_object(token) for token in self.tokens],
        }
        if top:
            members["top_tokens"] = [
                [_token_object(other) for other in alternatives(token, top)]
                for token in self.tokens
            ]
        return members


def _token_object(token: Token) -> dict[str, object]:
    return {"id": token.id, "text": token.text, "logprob": token.logprob, "special": False}


def answer_body(
    prompt: str, answers: Items[Answer], *, details: bool, top: int
) -> dict[str, object]:
    """The body of a whole answer.

    Args:
        prompt: What each text begins with (`return_full_text`); empty otherwise.
        answers: The best one first; more than one with `best_of`.
        details: Whether `details` are asked for.
        top: `top_n_tokens`.
    """
    best = answers[0]
    body: dict[str, object] = {"generated_text": prompt + best.text}
    if details:
        members = best.details(top)
        if len(answers) > 1:
            members["best_of_sequences"] = [
                {"generated_text": prompt + other.text, **other.details(top)}
                for other in answers[1:]
            ]
        body["details"] = members
    return body


def info_body(settings: TgiSettings) -> dict[str, object]:
    """The body of GET /info."""
    return {
        "model_id": settings.model_id,
        "model_sha": None,
        "model_pipeline_tag": "text-generation",
        "max_concurrent_requests": settings.max_concurrent + settings.max_queue,
        "max_best_of": 2,
        "max_stop_sequences": 4,
        "max_input_tokens": settings.max_input_tokens,
        "max_total_tokens": settings.max_total_tokens,
        "validation_workers": 2,
        "max_client_batch_size": 4,
        "router": "text-generation-router",
        "version": "3.3.6",
        "sha": None,
        "docker_label": None,
    }
