"""What an engine gives its template for a request: the body's messages and tools, made uniform.

Read in vLLM (`entrypoints/chat_utils.py`, `chat_completion/protocol.py`) and TGI 3
(`router/src/lib.rs`, `chat_template.rs`).

|                  | vLLM                                       | TGI                            |
|------------------|--------------------------------------------|--------------------------------|
| parts of content | joined by newlines, or left as parts if    | joined by nothing; an image is |
|                  | the template loops over them               | written `![](url)`             |
| arguments        | the JSON in the string, parsed             | the call as JSON is the text   |
| last message     | continued if the request asks for it       | cut after, if the assistant's  |
| template's view  | `chat_template_kwargs` of the request      | nothing of the request         |
| special tokens   | none added, unless the request asks for it | none added                     |
| blanks           | as transformers: blocks trimmed            | blocks not trimmed             |

SGLang (`entrypoints/openai/serving_chat.py`) joins parts by blanks, gives tools other keys and
makes a last message of the assistant one of the user: what it reads as vLLM does are chats of plain
texts. llama-server has a template and a tokenizer of its own in its model file, and an unknown
server may be anything: there a rendered chat is an estimate, a close one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

Json = Mapping[str, object]
Engine = Literal["vllm", "sglang", "llama", "tgi", "unknown"]

_TEXT_KEYS = {
    "text": "text",
    "input_text": "text",
    "output_text": "text",
    "refusal": "refusal",
    "thinking": "thinking",
}


@dataclass(frozen=True, slots=True)
class TemplateInput:
    """What a request says to its template.

    Attributes:
        messages, tools: As the engine passes them.
        add_generation_prompt: End with the head of the answer.
        continue_final_message: End within the last message instead.
        cut_after: End after the last place of this text in what the template wrote.
        variables: More of them, by name.
        special: The engine puts special tokens around what the template writes.
        exact: Whether the engine's template sees the same to the last byte.
    """

    messages: list[Json]
    tools: list[Json] | None = None
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    cut_after: str | None = None
    variables: Json = field(default_factory=dict[str, object])
    special: bool = False
    exact: bool = True


# Keys of a request that change what SGLang makes of its chat, otherwise than vLLM.
_NOT_PLAIN = (
    "tools",
    "documents",
    "chat_template",
    "reasoning_effort",
    "add_generation_prompt",
    "continue_final_message",
    "add_special_tokens",
    "input_ids",
)


def read_request(
    engine: Engine, request: Json, messages: Iterable[Json], *, parts: bool
) -> TemplateInput:
    """As `engine` does; see `for_vllm` for the arguments."""
    if engine == "tgi":
        return for_tgi(request, messages)
    if engine == "vllm":
        return for_vllm(request, messages, parts=parts)
    messages = list(messages)
    given = for_vllm(request, messages, parts=False)
    return replace(given, exact=engine == "sglang" and _plain(request, messages))


def _plain(request: Json, messages: Sequence[Json]) -> bool:
    """Whether there is but one way to read a chat."""
    return (
        all(request.get(key) is None for key in _NOT_PLAIN)
        and all(isinstance(message.get("content"), str) for message in messages)
        and all(message.keys() <= {"role", "content"} for message in messages)
        and bool(messages)
        and messages[-1].get("role") != "assistant"
    )


def for_vllm(request: Json, messages: Iterable[Json], *, parts: bool) -> TemplateInput:
    """As vLLM's `/v1/chat/completions` does.

    Args:
        request: The body, or the object in it that holds the messages.
        messages: Its messages.
        parts: The template loops over the parts of a message's content.
    """
    tools = _objects(request.get("tools"))
    variables = request.get("chat_template_kwargs")
    asked = {key: request.get(key) for key in ("documents", "reasoning_effort")}
    return TemplateInput(
        messages=[_vllm_message(message, parts=parts) for message in messages],
        tools=None if request.get("tools") is None else [_vllm_tool(tool) for tool in tools],
        add_generation_prompt=request.get("add_generation_prompt") is not False,
        continue_final_message=request.get("continue_final_message") is True,
        variables={
            **(cast("Json", variables) if isinstance(variables, dict) else {}),
            **{key: value for key, value in asked.items() if value is not None},
        },
        special=request.get("add_special_tokens") is True,
        # A template of the client's own is taken from the trusted only; which those are, is not
        # known here. An effort sets further variables, by version.
        exact=request.get("chat_template") is None and asked["reasoning_effort"] is None,
    )


def for_tgi(request: Json, messages: Iterable[Json]) -> TemplateInput:
    """As TGI's `/v1/chat/completions` does."""
    messages = list(messages)
    tools = _objects(request.get("tools"))
    calls = any(message.get("content") is None for message in messages)
    uniform = [_tgi_message(message) for message in messages]
    continued = bool(uniform) and uniform[-1]["role"] == "assistant"
    return TemplateInput(
        messages=uniform,
        tools=tools or None,
        cut_after=str(uniform[-1]["content"]) if continued else None,
        # With tools TGI adds one of its own, and a prompt that differs from version to version.
        exact=not tools and not calls,
    )


def _vllm_message(message: Json, *, parts: bool) -> Json:
    role = message.get("role")
    found = list(_parts(message.get("content")))
    texts = [part for part in found if isinstance(part, str)]
    content: object = "\n".join(texts)
    # A tool's answer in parts is joined all the same: few templates expect them there.
    if parts and not (role == "tool" and len(texts) == len(found)):
        content = [_vllm_part(part) for part in found]
    uniform: dict[str, object] = {"role": role, "content": content}
    if role == "assistant":
        calls = _objects(message.get("tool_calls"))
        if calls:
            uniform["tool_calls"] = [_vllm_call(call) for call in calls]
        reasoning = message.get("reasoning")
        if reasoning is not None:
            uniform["reasoning"] = uniform["reasoning_content"] = reasoning
    elif role == "tool" and "tool_call_id" in message:
        uniform["tool_call_id"] = message["tool_call_id"]
    if isinstance(message.get("name"), str):
        uniform["name"] = message["name"]
    return uniform


def _vllm_part(part: str | Json) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": str(part.get("type")).removeprefix("input_").partition("_")[0]}


def _vllm_call(call: Json) -> Json:
    function = _object(call.get("function"))
    arguments: object = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = cast("object", json.loads(arguments))
        except (ValueError, RecursionError):
            arguments = {}
    elif not isinstance(arguments, (dict, list)):
        arguments = {}
    return {**call, "function": {**function, "arguments": cast("object", arguments)}}


def _vllm_tool(tool: Json) -> Json:
    """With the order and the nulls of vLLM's own model of a tool."""
    function = _object(tool.get("function"))
    known = {key: function.get(key) for key in ("name", "description", "parameters")}
    return {"type": "function", **tool, "function": {**known, **function}}


def _tgi_message(message: Json) -> Json:
    content = message.get("content")
    if content is None:
        text = json.dumps(message.get("tool_calls"), ensure_ascii=False, separators=(",", ":"))
    else:
        text = "".join(
            part if isinstance(part, str) else f"![]({_object(part.get('image_url')).get('url')})"
            for part in _parts(content)
        )
    return {"role": message.get("role"), "content": text}


def _parts(content: object) -> Iterable[str | Json]:
    """Texts as strings, all else as it is."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in cast("list[object]", content):
            if isinstance(part, str):
                yield part
                continue
            fields = _object(part)
            kind = str(fields.get("type", "text"))
            text = fields.get(_TEXT_KEYS.get(kind, ""))
            if isinstance(text, str):
                yield text
            elif kind not in _TEXT_KEYS:
                yield fields


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _objects(value: object) -> list[Json]:
    if not isinstance(value, list):
        return []
    return [_object(item) for item in cast("list[object]", value)]
