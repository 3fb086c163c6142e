"""What a request asks for, and the errors that are answered instead. No I/O."""

from dataclasses import dataclass
from typing import Any, cast

import orjson

from pyworker.sim.words import count_prompt_tokens

# Of a request that leaves it open, by null or by not naming it.
DEFAULT_RESPONSE_TOKENS = 100


class Refusal(Exception):
    """A request that is refused, or that failed; `str()` is the `error` of the answer.

    Args:
        status: Of the answer.
        text: What the client is told.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is taken.

    Attributes:
        prompt: From which the words of the answer follow.
        prompt_tokens: Its length.
        max_tokens: Where the answer ends.
    """

    prompt: str
    prompt_tokens: int
    max_tokens: int


def parse(body: bytes, max_total_tokens: int) -> Asked:
    """The request in `body`; members that are not known are passed over.

    Raises:
        Refusal: 400 for what is no JSON, 422 for what is no request.
    """
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the body is no JSON: {error}") from error
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    prompt = members.get("prompt")
    if not isinstance(prompt, str):
        raise Refusal(422, "prompt must be a text")
    asked = members.get("max_response_tokens")
    if asked is None:
        asked = DEFAULT_RESPONSE_TOKENS
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise Refusal(422, f"max_response_tokens must be null or a whole number from 1: {asked}")
    length = count_prompt_tokens(prompt)
    if length + asked > max_total_tokens:
        raise Refusal(
            422, f"{length} tokens of prompt and {asked} of answer are over {max_total_tokens}"
        )
    return Asked(prompt, length, asked)
