"""The workload of a request by an expression over its tokens, as handlers count it."""

from collections.abc import Callable, Sequence
from functools import partial

from pyworker._native import JsonError
from pyworker.workload.declared import Estimate, Field, Span, Values, Workload, bad_payload
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.selector import Selector
from pyworker.workload.served import ServedTokens


def token_workload(
    expression: WorkloadExpression,
    *,
    prompt: Selector | Field,
    output: Field,
    tokens: ServedTokens | None,
    required: Sequence[Field] = (),
) -> Workload:
    """Count requests by `expression`.

    Args:
        expression: What a request costs.
        prompt: Where its prompt stands; looked for only when its tokens have a weight. A selector
            is counted from the payload's bytes; a field must be one string, and is made one.
        output: How many tokens may be made; likewise.
        tokens: What counts the prompt; None when its tokens have no weight.
        required: Fields that a request must have whatever is counted.
    """
    fields = dict.fromkeys(required)
    if expression.output:
        fields[output] = None

    def made(values: Values) -> int:
        return int(values[output.path]) if expression.output else 0

    if not expression.needs_prompt:
        return Workload(
            fields=tuple(fields), count=lambda values: expression.of(output=made(values))
        )
    if tokens is None:
        raise ValueError(f"the workload {expression} needs something to count prompts with")
    if isinstance(prompt, Selector):
        count = _selected(prompt, tokens)
    else:
        count = _field(prompt, tokens)
        fields[prompt] = None

    def by_prompt(values: Values, body: bytes, span: Span) -> float:
        prompt_tokens, exact = count(values, body, span)
        workload = expression.of(prompt=prompt_tokens, output=made(values))
        return workload if exact else Estimate(workload)

    chats = isinstance(prompt, Selector) and bool(prompt.chats)
    heavy = partial(tokens.heavy, chats=chats)
    return Workload(fields=tuple(fields), count_payload=by_prompt, heavy=heavy)


_Count = Callable[[Values, bytes, Span], tuple[int, bool]]


def _field(prompt: Field, tokens: ServedTokens) -> _Count:
    def count(values: Values, _: bytes, __: Span) -> tuple[int, bool]:
        counter = tokens.counter
        return counter.count(str(values[prompt.path])), counter.exact

    return count


def _selected(selector: Selector, tokens: ServedTokens) -> _Count:
    path = " or ".join(entry.path for entry in selector.entries)

    def count(_: Values, body: bytes, span: Span) -> tuple[int, bool]:
        try:
            found = tokens.count_json(body, selector, span)
        except JsonError as error:
            raise bad_payload(error.path or path, error.message) from error
        if not (found.strings or found.ids or found.messages):
            raise bad_payload(path, "missing parameter")
        return found.tokens, found.exact

    return count
