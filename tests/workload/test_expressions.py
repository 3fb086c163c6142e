"""Workload expressions: what they say, and one sentence for what they do not."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.workload.expressions import MAX_WEIGHT, WorkloadExpression

OUTPUT = WorkloadExpression(output=1)
PROMPT = WorkloadExpression(prompt=1)
PROMPT_AND_OUTPUT = WorkloadExpression(prompt=1, output=1)
WEIGHTS = st.just(0.0) | st.floats(1e-300, MAX_WEIGHT)


@pytest.mark.parametrize(
    ("text", "workload"),
    [
        ("max_new_tokens", OUTPUT),
        ("output", OUTPUT),
        ("prompt", PROMPT),
        ("prompt+output", PROMPT_AND_OUTPUT),
        ("  output +\tprompt ", PROMPT_AND_OUTPUT),
        ("0.1*prompt+output", WorkloadExpression(prompt=0.1, output=1)),
        ("0.1 * prompt + 2 * max_new_tokens", WorkloadExpression(prompt=0.1, output=2)),
        ("1e+2*prompt+1E-2*output+.5", WorkloadExpression(prompt=100, output=0.01, constant=0.5)),
        ("100", WorkloadExpression(constant=100)),
        ("0*prompt+output", OUTPUT),
        ("1.*output", OUTPUT),
    ],
)
def test_an_expression_says_what_it_says(text: str, workload: WorkloadExpression) -> None:
    assert WorkloadExpression.parse(text) == workload


@given(prompt=WEIGHTS, output=WEIGHTS, constant=WEIGHTS)
def test_it_is_written_as_it_is_read(prompt: float, output: float, constant: float) -> None:
    if not (prompt or output or constant):
        return
    workload = WorkloadExpression(prompt=prompt, output=output, constant=constant)
    assert WorkloadExpression.parse(str(workload)) == workload


@pytest.mark.parametrize(
    ("workload", "text"),
    [
        (OUTPUT, "output"),
        (PROMPT_AND_OUTPUT, "prompt+output"),
        (WorkloadExpression(prompt=0.1, output=1, constant=5), "0.1*prompt+output+5"),
    ],
)
def test_it_is_written_shortly(workload: WorkloadExpression, text: str) -> None:
    assert str(workload) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a term is missing"),
        ("prompt+", "a term is missing"),
        ("+", "a term is missing"),
        ("tokens", "there is no 'tokens', only prompt, output, max_new_tokens"),
        ("Prompt", "there is no 'Prompt', only prompt, output, max_new_tokens"),
        ("prompt.x", "there is no 'prompt.x', only prompt, output, max_new_tokens"),
        ("2prompt", "'2prompt' is no term"),
        ("prompt*2", "'prompt*2' is no term"),
        ("2*", "'2*' is no term"),
        ("2*3", "'2*3' is no term"),
        ("-1*prompt", "'-1*prompt' is no term"),
        ("prompt output", "'prompt output' is no term"),
        ("nan*prompt", "'nan*prompt' is no term"),
        ("__import__('os')", "\"__import__('os')\" is no term"),
        ("\u0663*prompt", "'\u0663*prompt' is no term"),
        ("prompt+prompt", "prompt stands twice"),
        ("output+max_new_tokens", "output stands twice"),
        ("1+2", "a number stands twice"),
        ("1e7*prompt", "the weight of prompt must be from 0 to 1e+06, not 1e+07"),
        ("1e999", "the weight of constant must be from 0 to 1e+06, not inf"),
        ("0*prompt+0", "it must not be 0 for every request"),
        ("prompt" + " " * 200, "it has 206 characters, more than 200"),
    ],
)
def test_what_is_none_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="a sum such as") as bad:
        WorkloadExpression.parse(text)
    assert str(bad.value) == f'a sum such as "0.1*prompt+output" ({why})'


@given(text=st.text(alphabet="promtu_ax+*.0189eE- \t\n\u0663", max_size=30) | st.text(max_size=30))
def test_whatever_is_read_is_an_expression_or_a_sentence(text: str) -> None:
    problem = ""
    try:
        assert WorkloadExpression.parse(text).of(prompt=1, output=1) > 0
    except ValueError as error:
        problem = str(error)
    assert "\n" not in problem


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, MAX_WEIGHT * 2])
@pytest.mark.parametrize("name", ["prompt", "output", "constant"])
def test_weights_are_sane_numbers(name: str, bad: float) -> None:
    weights: dict[str, Any] = {"output": 1.0, name: bad}
    with pytest.raises(ValueError, match=f"the weight of {name} must be from 0 to"):
        WorkloadExpression(**weights)


@given(prompt=st.integers(0, 10**9), output=st.integers(0, 10**6))
def test_a_workload_is_the_weighted_sum(prompt: int, output: int) -> None:
    assert OUTPUT.of(prompt=prompt, output=output) == output
    assert PROMPT.of(prompt=prompt, output=output) == prompt
    assert PROMPT_AND_OUTPUT.of(prompt=prompt, output=output) == prompt + output
    weighted = WorkloadExpression(prompt=0.5, output=2, constant=7)
    assert weighted.of(prompt=prompt, output=output) == 0.5 * prompt + 2 * output + 7


def test_only_a_weight_of_the_prompt_needs_its_tokens() -> None:
    assert PROMPT.needs_prompt
    assert WorkloadExpression(prompt=1e-9, output=1).needs_prompt
    assert not OUTPUT.needs_prompt
    assert not WorkloadExpression(constant=1).needs_prompt
