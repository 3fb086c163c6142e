"""What a model reads and does not continue: embeddings and rankings. They cost their prompts."""

import base64
import hashlib
import struct
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pyworker.http.exchange import Exchange
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.styles.style import Ranked
from pyworker.sim.steering import Routes
from pyworker.sim.words import count_prompt_tokens

_EMBEDDING_SIZE = 8
# Texts or documents in one request; real servers have no such limit, but memory.
_MOST_TEXTS = 4096


class Pooling:
    """Answers them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {
            "/v1/embeddings": {"POST": self._embeddings},
            "/v1/rerank": {"POST": self._rerank},
            "/v1/reranking": {"POST": self._rerank},
        }

    async def _embeddings(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        inputs = _inputs(request.get("input"))
        form = request.get("encoding_format") or "float"
        if not isinstance(form, str) or form not in {"float", "base64"}:
            raise ApiError(400, f"unknown encoding_format: {form}", param="encoding_format")
        packed = form == "base64" and self._desk.style.rules.base64_vectors
        tokens = sum(length for _, length in inputs)
        machine = self._desk.machine
        with machine.working(machine.fault(), prompt=tokens) as work:
            await work.whole()
            vectors = [_packed(text) if packed else _embedding(text) for text, _ in inputs]
            served = self._desk.settings.model_id
            await self._desk.answer(exchange, self._desk.style.embeddings(served, vectors, tokens))
            work.job.finish()

    async def _rerank(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        query = request.get("query")
        if not isinstance(query, str) or not query:
            raise self._desk.style.missing("query")
        documents = texts_of(request.get("documents"))
        if not documents:
            raise self._desk.style.missing("documents")
        top = request.get("top_n")
        tokens = sum(count_prompt_tokens(query + " " + document) for document in documents)
        machine = self._desk.machine
        with machine.working(machine.fault(), prompt=tokens) as work:
            await work.whole()
            ranked = _ranked(query, documents)
            if isinstance(top, int) and 0 < top < len(ranked):
                ranked = ranked[:top]
            served = self._desk.settings.model_id
            await self._desk.answer(exchange, self._desk.style.ranking(served, ranked, tokens))
            work.job.finish()


def texts_of(value: Any) -> list[str]:
    """One text or a list of them; empty when there is anything else in it.

    A document as an object has its text in `content`, in parts, or in `text`.
    """
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    if len(values) > _MOST_TEXTS:
        raise ApiError(400, f"this simulator takes {_MOST_TEXTS} texts at a time")
    texts = [_text_of(one) for one in values]
    return [text for text in texts if text] if all(texts) else []


def relevance(query: str, document: str) -> float:
    """A score from 0 to 1: mostly the share of the query's words that the document has."""
    words = set(query.lower().split())
    shared = len(words & set(document.lower().split())) / max(len(words), 1)
    return round(0.8 * shared + 0.2 * _digest(query + "\0" + document)[0] / 255, 6)


def _ranked(query: str, documents: Sequence[str]) -> list[Ranked]:
    """The best first."""
    scored = [
        Ranked(index, document, relevance(query, document))
        for index, document in enumerate(documents)
    ]
    return sorted(scored, key=lambda one: one.score, reverse=True)


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        return ""
    document = cast("Mapping[str, Any]", value)
    parts: Any = document.get("content")
    if isinstance(parts, list):
        return " ".join(_text_of(part) or "picture" for part in cast("list[Any]", parts))
    text = document.get("text")
    return text if isinstance(text, str) else ""


def _inputs(given: Any) -> list[tuple[str, int]]:
    """What is to be embedded, and how long each is: texts, token ids, or lists of those."""
    values = cast("list[Any]", given) if isinstance(given, list) else [given]
    if isinstance(given, list) and values and all(_is_id(value) for value in values):
        return [(str(values), len(values))]
    found: list[tuple[str, int]] = []
    for value in values[: _MOST_TEXTS + 1]:
        if isinstance(value, str) and value:
            found.append((value, count_prompt_tokens(value)))
        elif isinstance(value, list) and value and all(map(_is_id, cast("list[Any]", value))):
            found.append((str(cast("list[Any]", value)), len(cast("list[Any]", value))))
        else:
            raise ApiError(400, "input must be a text or a list of texts", param="input")
    if not 0 < len(found) <= _MOST_TEXTS:
        raise ApiError(400, f"input must be 1 to {_MOST_TEXTS} texts", param="input")
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _embedding(text: str) -> list[float]:
    """Numbers from -1 to 1 that follow from the text."""
    return [round(byte / 127.5 - 1.0, 6) for byte in _digest(text)]


def _packed(text: str) -> str:
    """The same as base64 of little-endian float32."""
    return base64.b64encode(struct.pack(f"<{_EMBEDDING_SIZE}f", *_embedding(text))).decode()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(
        text.encode("utf-8", "surrogatepass"), digest_size=_EMBEDDING_SIZE
    ).digest()
