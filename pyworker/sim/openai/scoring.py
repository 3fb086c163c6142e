"""/v1/score: vLLM compares texts, SGLang asks how likely tokens are behind them."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from pyworker.http.exchange import Exchange
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.pooling import relevance, texts_of
from pyworker.sim.openai.settings import StyleName
from pyworker.sim.openai.styles.vllm import pooled
from pyworker.sim.steering import Routes
from pyworker.sim.words import count_prompt_tokens

# Fields of vLLM, the first pair that is there counts.
_PAIRS = (
    ("queries", "documents"),
    ("queries", "items"),
    ("data_1", "data_2"),
    ("text_1", "text_2"),
)
_MOST_LABELS = 1024

Pair = tuple[str, str]
# From a request to the pairs that are read, and what is answered with.
Scorer = Callable[[Mapping[str, Any], Desk], tuple[list[Pair], object]]


class Scoring:
    """Answers it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {"/v1/score": {"POST": self._score}}

    async def _score(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        pairs, answer = _SCORERS[self._desk.settings.style](request, self._desk)
        machine = self._desk.machine
        with machine.working(machine.fault(), prompt=_tokens(pairs)) as work:
            await work.whole()
            await self._desk.answer(exchange, answer)
            work.job.finish()


def _vllm(request: Mapping[str, Any], desk: Desk) -> tuple[list[Pair], object]:
    """One text with each, or each with its own."""
    names = next((pair for pair in _PAIRS if all(name in request for name in pair)), None)
    if names is None:
        raise desk.style.missing("text_1")
    first, second = (texts_of(request[name]) for name in names)
    if not first or not second:
        raise ApiError(400, "At least one text element must be given")
    if len(first) == 1:
        first = first * len(second)
    if len(first) != len(second):
        raise ApiError(400, "Input lengths must be either 1:1, 1:N or N:N")
    pairs = list(zip(first, second, strict=True))
    data = [
        {"index": index, "object": "score", "score": relevance(*pair)}
        for index, pair in enumerate(pairs)
    ]
    return pairs, pooled("score-", desk.settings.model_id, data, _tokens(pairs))


def _sglang(request: Mapping[str, Any], desk: Desk) -> tuple[list[Pair], object]:
    """The labels' shares behind each item."""
    query = request.get("query")
    if not isinstance(query, str):
        raise desk.style.missing("query")
    items = texts_of(request.get("items"))
    if not items:
        raise desk.style.missing("items")
    given = request.get("label_token_ids")
    labels = cast("list[Any]", given) if isinstance(given, list) else []
    if not 0 < len(labels) <= _MOST_LABELS or not all(isinstance(one, int) for one in labels):
        raise ApiError(400, "label_token_ids must be provided")
    pairs = [(query, item) for item in items]
    scores = [[relevance(f"{label} {query}", item) for label in labels] for item in items]
    if request.get("apply_softmax") is True:
        scores = [_normalized(row) for row in scores]
    answer = {"scores": scores, "model": desk.settings.model_id, "usage": None, "object": "scoring"}
    return pairs, answer


def _normalized(row: list[float]) -> list[float]:
    total = sum(row)
    return [share / total for share in row] if total else [1 / len(row)] * len(row)


def _tokens(pairs: list[Pair]) -> int:
    return sum(count_prompt_tokens(f"{first} {second}") for first, second in pairs)


_SCORERS: Mapping[StyleName, Scorer] = {"vllm": _vllm, "sglang": _sglang}
