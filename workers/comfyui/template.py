"""A request to the wrapper with places to fill: parsed once, filled as data, never as text.

A value that is put into JSON text can close the string that it stands in and write nodes of its
own. Here it takes the place of a string in the parsed tree, whatever it contains.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import orjson

Json = dict[str, Any] | list[Any] | str | int | float | bool | None

PLACES: Final = ("PROMPT", "WIDTH", "HEIGHT", "STEPS", "SEED")
_PLACE = re.compile(r"\{\{([A-Za-z_]+)\}\}")


class BadTemplate(ValueError):
    """A template that cannot be used; one sentence says why."""


class Template:
    """The request of one model.

    Args:
        text: JSON: `{"input": {..., "workflow_json": {node: {"class_type", "inputs"}}}}`, with each
            of PLACES somewhere in it as `{{NAME}}`.
        name: What it is called in errors.

    Raises:
        BadTemplate: It is not of that form, or a node's input refers to a node that is not there.
    """

    def __init__(self, text: bytes, name: str) -> None:
        try:
            self._tree = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise BadTemplate(f"template {name} is no JSON: {error}") from error
        tree = cast("Json", self._tree)
        envelope = tree.get("input") if isinstance(tree, dict) else None
        inner = cast("dict[str, Json]", envelope) if isinstance(envelope, dict) else {}
        workflow = inner.get("workflow_json")
        if not isinstance(workflow, dict):
            raise BadTemplate(f"template {name} has no object input.workflow_json")
        check_nodes(workflow, name)
        _check_places(tree, name)

    def filled(self, values: Mapping[str, str | int]) -> dict[str, Any]:
        """The request with `values`, by the names of PLACES; the template stays as it is."""
        return cast("dict[str, Any]", _filled(self._tree, values))

    def with_workflow(self, workflow: Mapping[str, Any]) -> dict[str, Any]:
        """The request with a workflow of the client's own, in which nothing is filled."""
        return {**self._tree, "input": {**self._tree["input"], "workflow_json": workflow}}


def _filled(tree: Json, values: Mapping[str, str | int]) -> Json:
    if isinstance(tree, dict):
        return {key: _filled(value, values) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(value, values) for value in tree]
    if not isinstance(tree, str):
        return tree
    whole = _PLACE.fullmatch(tree)
    if whole is not None:
        return values[whole[1]]  # as it is: a number stays a number
    # One pass: a prompt that itself says {{SEED}} is only a prompt.
    return _PLACE.sub(lambda found: str(values[found[1]]), tree)


def check_nodes(workflow: dict[str, Json], name: str) -> None:
    """Raises BadTemplate unless every node is one, and every link leads to a node."""
    for id_, node in workflow.items():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        if not (
            isinstance(node, dict)
            and isinstance(node.get("class_type"), str)
            and isinstance(inputs, dict)
        ):
            raise BadTemplate(f"template {name}: node {id_} needs a class_type and inputs")
        for key, value in cast("dict[str, Json]", inputs).items():
            # A link is [node, number of its output].
            if isinstance(value, list) and len(value) == 2 and str(value[0]) not in workflow:
                raise BadTemplate(
                    f"template {name}: input {key} of node {id_} is from {value[0]!r}, which is"
                    " not there"
                )


def _check_places(tree: Json, name: str) -> None:
    found = {place for text in _strings(tree) for place in _PLACE.findall(text)}
    unknown, missing = sorted(found - {*PLACES}), [p for p in PLACES if p not in found]
    if unknown:
        raise BadTemplate(f"template {name} has {{{{{unknown[0]}}}}}, which nothing fills")
    if missing:
        raise BadTemplate(f"template {name} has no {{{{{missing[0]}}}}}")


def _strings(tree: Json) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    if isinstance(tree, dict):
        return [text for value in tree.values() for text in _strings(value)]
    return [text for value in tree for text in _strings(value)] if isinstance(tree, list) else []
