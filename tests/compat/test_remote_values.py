"""Values of remote functions, encoded and decoded as the SDK's deployments do."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.compat.remote_values import Encoding


@dataclass(frozen=True)
class Point:
    x: int
    y: "float | Point"


class OwnError(Exception):
    def __init__(self, text: str, at: Point) -> None:
        super().__init__(text)
        self.at = at


ENCODING = Encoding(__name__, globals())
ROOT: dict[str, object] = {"type": "relative", "path": []}

simple = st.none() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False)
finite = simple.filter(lambda value: value not in {float("inf"), float("-inf")})
values = st.recursive(
    finite,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.builds(Point, st.integers(), st.floats(0, 1))
    ),
    max_leaves=20,
)


@given(values)
def test_what_is_sent_is_what_comes(value: Any):
    encoded = ENCODING.encoded(value)
    decoded = ENCODING.decoded(encoded)
    assert decoded == value
    assert type(decoded) is type(value)


def test_how_values_are_written():
    assert ENCODING.encoded({"a": (b"\x00", [Point(1, 2.5)])}) == {
        "type": "dict",
        "contents": [
            [
                "a",
                {
                    "type": "tuple",
                    "contents": [
                        {"type": "bytes", "contents": "AA=="},
                        {
                            "type": "list",
                            "contents": [
                                {
                                    "type": "obj",
                                    "module": ROOT,
                                    "class": "Point",
                                    "contents": {"x": 1, "y": 2.5},
                                }
                            ],
                        },
                    ],
                },
            ]
        ],
    }


def _holds_itself() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (True, "True cannot be sent: it is of type bool"),
        (float("nan"), "nan cannot be sent: it is of type float"),
        ({1, 2}, "cannot be sent: it is of type set"),
        (_holds_itself(), "list that holds itself"),
        (_deep(201), "nests too deep"),
    ],
)
def test_what_cannot_be_sent(value: Any, sentence: str):
    with pytest.raises(TypeError, match=sentence):
        ENCODING.encoded(value)


def _object(name: Any, members: Any, module: Any = ROOT) -> Any:
    return {"type": "obj", "module": module, "class": name, "contents": members}


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"type": "list", "contents": [value]}
    return value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([1], "is no encoded value"),
        ({"type": "set", "contents": []}, "is no encoded value"),
        ({"type": "list", "contents": {}}, "is no encoded value"),
        ({"type": "bytes", "contents": "no base64!"}, "bytes are not base64"),
        ({"type": "dict", "contents": [[1]]}, "no pairs"),
        (_object("Popen", {}, {"type": "absolute", "path": ["subprocess"]}), "no class of the"),
        (_object("Any", {}), "'Any' is no class of the definition's own module"),
        (_object("nowhere", {}), "no class of the"),
        (_object(["Point"], {}), "no class of the"),
        (_object("Point", {"__class__": 1}), "__class__ cannot be set"),
        (_nested(201), "nested more than 200 deep"),
    ],
)
def test_what_cannot_be_read(value: Any, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        ENCODING.decoded(value)


def test_a_bool_is_read_though_it_is_not_sent():
    assert ENCODING.decoded({"type": "list", "contents": [True]}) == [True]


def test_errors_keep_what_they_say():
    def error(raised: Exception) -> Any:
        return ENCODING.error(raised)

    builtin = error(ValueError("wrong", 3))
    assert builtin["module"] == {"type": "absolute", "path": ["builtins"]}
    assert builtin["class"] == "ValueError"
    assert ENCODING.decoded(builtin["contents"]["args"]) == ("wrong", 3)
    own = error(OwnError("lost", Point(1, 2.0)))
    decoded = ENCODING.decoded(own)
    assert isinstance(decoded, OwnError)
    assert (decoded.args, decoded.at) == (("lost",), Point(1, 2.0))


def test_errors_that_a_client_cannot_have():
    from httpx import ConnectError  # noqa: PLC0415 - of a package that clients need not have

    foreign = ENCODING.error(ConnectError("no way"))
    assert foreign["class"] == "RuntimeError"
    assert ENCODING.decoded(foreign["contents"]["args"]) == ("ConnectError: no way",)
    bare = ValueError({1})
    bare.held = object  # pyright: ignore[reportAttributeAccessIssue]
    assert ENCODING.error(bare)["contents"].keys() == {"args"}
