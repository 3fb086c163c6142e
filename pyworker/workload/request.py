"""The workload of a request by an expression over its tokens, as handlers count it."""

from collections.abc import Sequence

from pyworker.worker import Estimate, Field, Values, Workload
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.served import ServedTokens


def token_workload(
    expression: WorkloadExpression,
    *,
    prompt: Field,
    output: Field,
    tokens: ServedTokens | None,
    required: Sequence[Field] = (),
) -> Workload:
    """Count requests by `expression`.

    Args:
        expression: What a request costs.
        prompt: The text of the prompt; read only when its tokens have a weight.
        output: How many tokens may be made; likewise.
        tokens: What counts the prompt; None when its tokens have no weight.
        required: Fields that a request must have whatever is counted.
    """
    fields = list(required)
    if expression.needs_prompt and prompt not in fields:
        fields.append(prompt)
    if expression.output and output not in fields:
        fields.append(output)

    def made(values: Values) -> int:
        return int(values[output.path]) if expression.output else 0

    if not expression.needs_prompt:
        return Workload(
            fields=tuple(fields), count=lambda values: expression.of(output=made(values))
        )
    if tokens is None:
        raise ValueError(f"the workload {expression} needs something to count prompts with")

    def by_prompt(values: Values) -> float:
        counter = tokens.counter
        prompt_tokens = counter.count(str(values[prompt.path]))
        workload = expression.of(prompt=prompt_tokens, output=made(values))
        return workload if counter.exact else Estimate(workload)

    return Workload(fields=tuple(fields), count=by_prompt, heavy=tokens.heavy)
