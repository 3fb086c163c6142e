"""One chat template, rendered as transformers renders it (`utils/chat_template_utils.py`).

What a template may rely on: a sandbox in which nothing can be changed, `trim_blocks` and
`lstrip_blocks`, `break` and `continue`, the tag `generation`, a `tojson` that leaves characters
alone, `raise_exception` and `strftime_now`.

A template is code of the model's owner: the sandbox keeps it from the process, nothing bounds its
time. What the client can make of it is bounded here and in `pyworker.workload.chat`.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

if TYPE_CHECKING:
    from jinja2 import Environment, nodes
    from jinja2.parser import Parser


# Twice the longest payload that is rendered: what a template writes beside the texts is little, but
# indented JSON may be a thousand times its source.
MOST_CHARACTERS = 4 * 1024 * 1024
# Of indented JSON, which costs its depth for each value: of 18 KB in 900 levels 6 s. A schema of a
# tool has less than 20.
MOST_LEVELS = 64


class TemplateFailed(ValueError):
    """A template does not take this chat, or is none."""


class Renderer(Protocol):
    """A compiled template. Safe from many threads."""

    def __call__(self, variables: Mapping[str, object]) -> str:
        """The text.

        Raises:
            TemplateFailed: The template raised an error, on purpose or not.
        """
        ...


def compiled(source: str, *, trim: bool = True) -> Renderer:
    """Compile a template, some ms.

    Args:
        source: The template.
        trim: Take the newline after a block, and blanks before it.

    Raises:
        ImportError: Jinja2 is not installed; it comes with the extra `chat`.
        TemplateFailed: It is no template.
    """
    made = environment(trim=trim)
    try:
        template = made.from_string(source)
    except Exception as error:  # because deep nesting is a RecursionError, and there may be others
        raise TemplateFailed(f"not a chat template: {error}") from error

    def render(variables: Mapping[str, object]) -> str:
        try:
            return _joined(template.generate(variables))
        except TemplateFailed:
            raise
        except Exception as error:  # because a template can fail as any Python can
            raise TemplateFailed(f"{type(error).__name__}: {error}") from error

    return render


def environment(*, trim: bool) -> "Environment":
    """What templates are compiled in.

    Raises:
        ImportError: Jinja2 is not installed.
    """
    # An optional package, and 30 ms that only those pay who have a template.
    from jinja2 import ext  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    made = ImmutableSandboxedEnvironment(
        trim_blocks=trim,
        lstrip_blocks=trim,
        extensions=[_generation_tag(), ext.loopcontrols],
    )
    made.filters["tojson"] = _tojson
    # Typed for the functions that Jinja2 itself puts there.
    functions = cast("dict[str, object]", made.globals)
    functions.update(raise_exception=_raise_exception, strftime_now=_strftime_now)
    return made


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Jinja2's own writes HTML escapes, which no model was trained on."""
    encoder = json.JSONEncoder(
        ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
    if indent is None:
        return encoder.encode(value)
    if _deeper(value, MOST_LEVELS):
        raise TemplateFailed(f"JSON of more than {MOST_LEVELS} levels")
    return _joined(encoder.iterencode(value))


def _joined(pieces: Iterable[str]) -> str:
    size = 0
    kept: list[str] = []
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > MOST_CHARACTERS:
            raise TemplateFailed(f"more than {MOST_CHARACTERS} characters")
    return "".join(kept)


def _deeper(value: object, levels: int) -> bool:
    """Whether a value of JSON has more levels of objects and lists than these."""
    if isinstance(value, dict):
        inner: Iterable[object] = cast("dict[str, object]", value).values()
    elif isinstance(value, list | tuple):
        inner = cast("list[object]", value)
    else:
        return False
    return levels == 0 or any(_deeper(one, levels - 1) for one in inner)


def _raise_exception(message: object) -> NoReturn:
    raise TemplateFailed(str(message))


def _strftime_now(layout: str) -> str:
    return datetime.now().strftime(layout)  # noqa: DTZ005 - local time, as the engines do


def _generation_tag() -> type:
    """The tag around what the model has written; in training it tells what to learn from."""
    from jinja2 import nodes  # noqa: PLC0415
    from jinja2.ext import Extension  # noqa: PLC0415

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012 - as the base class has it

        def parse(self, parser: "Parser") -> "nodes.Node":
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    return Generation
