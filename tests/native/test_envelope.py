"""The envelope reader through two doors: the compiled one, and a plain-Python twin as its oracle.

The twin reads the whole body with `json` and looks at the result; it knows no positions.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyworker._native import Envelope, EnvelopeError, parse_envelope

I64 = range(-(2**63), 2**63)
U64 = range(2**64)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Reading:
    """What either door found."""

    has_auth_data: bool = False
    has_payload: bool = False
    signature: str | None = None
    cost: int | float | None = None
    endpoint: str | None = None
    reqnum: int | None = None
    request_idx: int | None = None
    url: str | None = None
    session_id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict[str, Any])


class RefusedError(Exception):
    """The twin's error; `kind` as in EnvelopeError."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Pairs(list[tuple[str, Any]]):
    """A JSON object with its duplicates."""


def as_number(literal: str) -> int | float:
    """An integer within 64 bits, else a float; infinite when too large."""
    if len(literal) < 25 and (int(literal) in I64 or int(literal) in U64):
        return int(literal)
    return float(literal)


def no_constant(name: str) -> None:
    raise ValueError(name)


def loads(body: bytes) -> Any:
    return json.loads(
        body.decode(), object_pairs_hook=Pairs, parse_constant=no_constant, parse_int=as_number
    )


def twin_text(value: Any) -> str:
    if not isinstance(value, str):
        raise RefusedError("type")
    if LONE_SURROGATE.search(value):
        raise RefusedError("utf8")
    return value


def twin_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedError("type")
    return value


def twin_integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in I64:
        raise RefusedError("type")
    return value


def once(pairs: Any) -> dict[str, Any]:
    if not isinstance(pairs, Pairs):
        raise RefusedError("type")
    if len(dict(pairs)) < len(pairs):
        raise RefusedError("duplicate")
    return dict(pairs)


def twin_field(payload: Any, path: str) -> list[Any]:
    """The value in a list, or an empty list."""
    for part in path.split("."):
        if not isinstance(payload, Pairs) or part not in dict(payload):
            return []
        payload = dict(payload)[part]
    if isinstance(payload, float):
        payload = twin_number(payload)
    if isinstance(payload, str):
        payload = LONE_SURROGATE.sub("\ufffd", payload)
    return [payload]


GRANT: dict[str, Callable[[Any], Any]] = {
    "signature": twin_text,
    "cost": twin_number,
    "endpoint": twin_text,
    "reqnum": twin_integer,
    "request_idx": lambda value: None if value is None else twin_integer(value),
    "url": twin_text,
}


def twin(body: bytes, fields: Sequence[str]) -> Reading:
    try:
        envelope = once(loads(body))
    except UnicodeDecodeError as error:
        raise RefusedError("utf8") from error
    except ValueError as error:
        raise RefusedError("json") from error
    reading = Reading()
    if envelope.get("auth_data") is not None:
        grant = once(envelope["auth_data"])
        reading.has_auth_data = True
        for name, check in GRANT.items():
            if name in grant:
                setattr(reading, name, check(grant[name]))
    if envelope.get("session_id") is not None:
        reading.session_id = twin_text(envelope["session_id"])
    if envelope.get("payload") is not None:
        if not isinstance(envelope["payload"], Pairs):
            raise RefusedError("type")
        reading.has_payload = True
        for path in fields:
            for value in twin_field(envelope["payload"], path):
                reading.fields[path] = value
    return reading


def native(body: bytes, fields: Sequence[str]) -> Reading:
    """The compiled door; containers among the fields are parsed, so that readings compare."""
    try:
        envelope = parse_envelope(body, fields)
    except EnvelopeError as error:
        raise RefusedError(error.kind) from error
    check_span(body, envelope.auth_data_span, envelope.has_auth_data)
    check_span(body, envelope.payload_span, envelope.has_payload)
    names = [name for name in asdict(Reading()) if name != "fields"]
    reading = Reading(**{name: getattr(envelope, name) for name in names})
    for path, value in envelope.fields.items():
        reading.fields[path] = loads(value) if isinstance(value, bytes) else value
    return reading


def check_span(body: bytes, span: tuple[int, int] | None, present: bool) -> None:
    assert (span is not None) == present
    if span is not None:
        assert isinstance(loads(body[slice(*span)]), Pairs)
        assert body[span[0] : span[0] + 1] + body[span[1] - 1 : span[1]] == b"{}"


Door = Callable[[bytes, Sequence[str]], Reading]


@pytest.fixture(params=[native, twin])
def read(request: pytest.FixtureRequest) -> Door:
    return cast("Door", request.param)


def reading_or_kind(read: Door, body: bytes, fields: Sequence[str]) -> Reading | str:
    try:
        return read(body, fields)
    except RefusedError as refused:
        return refused.kind


def mistake(body: bytes, fields: Sequence[str] = ()) -> tuple[str, int, str]:
    with pytest.raises(EnvelopeError) as raised:
        parse_envelope(body, fields)
    return raised.value.kind, raised.value.position, raised.value.path


def test_a_whole_envelope(read: Door) -> None:
    body = b"""{"auth_data": {"signature": "c2ln", "cost": 256, "endpoint": "e", "reqnum": 7,
        "request_idx": 3, "url": "http:\\/\\/h", "more": [1]}, "session_id": "s\\u00e9",
        "payload": {"inputs": "hi", "parameters": {"n": 16, "t": 0.5}}, "else": null}"""
    reading = read(body, ["parameters.n", "parameters.t", "parameters", "absent", "inputs.x"])
    assert reading == Reading(
        has_auth_data=True, has_payload=True, signature="c2ln", cost=256, endpoint="e", reqnum=7,
        request_idx=3, url="http://h", session_id="sé",
        fields={"parameters.n": 16, "parameters.t": 0.5, "parameters": [("n", 16), ("t", 0.5)]},
    )  # fmt: skip
    assert type(reading.cost) is int


def test_types_of_numbers(read: Door) -> None:
    literals = ["1", "1.0", "1e2", "-0", "9223372036854775808", "18446744073709551616", "1" * 300]
    members = ",".join(f'"n{i}":{literal}' for i, literal in enumerate(literals))
    body = '{"payload":{' + members + "}}"
    values = read(body.encode(), [f"n{i}" for i in range(len(literals))]).fields.values()
    assert list(values) == [1, 1.0, 100.0, 0, 2**63, 2.0**64, float("1" * 300)]
    assert [type(value) for value in values] == [int, float, float, int, int, float, float]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "json"),
        (b'{"a":NaN}', "json"),
        (b'{"a":1,}', "json"),
        (b'{"a":"\n"}', "json"),
        (b'{"a":"\\u12"}', "json"),
        (b'{"a":"\xff"}', "utf8"),
        (b'{"auth_data":{"url":"\\ud800"}}', "utf8"),
        (b"[]", "type"),
        (b'{"auth_data":[]}', "type"),
        (b'{"auth_data":{"cost":true}}', "type"),
        (b'{"auth_data":{"cost":1e999}}', "type"),
        (b'{"auth_data":{"reqnum":1.0}}', "type"),
        (b'{"payload":{"x":1e999}}', "type"),
        (b'{"session_id":1}', "type"),
        (b'{"payload":{},"payl\\u006fad":{}}', "duplicate"),
        (b'{"auth_data":{"b":1,"b":1}}', "duplicate"),
    ],
)
def test_mistakes(read: Door, body: bytes, kind: str) -> None:
    assert reading_or_kind(read, body, ["x"]) == kind


def test_the_last_of_two_payload_keys_counts(read: Door) -> None:
    assert read(b'{"payload":{"a":{"b":1},"a":{"c":2}}}', ["a.b", "a.c"]).fields == {"a.c": 2}


def test_the_error_says_what_and_where() -> None:
    assert mistake(b'{"a" 1}') == ("json", 5, "")
    assert mistake(b'{"auth_data":{"cost":"5"}}') == ("type", 21, "auth_data.cost")
    # The offset counts bytes, not characters.
    assert mistake('{"é":?}'.encode()) == ("json", 6, "")
    with pytest.raises(ValueError, match=r"^auth_data\.cost: expected .+ \(byte 21\)$") as raised:
        parse_envelope(b'{"auth_data":{"cost":"5"}}')
    assert cast("EnvelopeError", raised.value).message == "expected a number, found a string"


def test_an_error_quotes_no_more_than_one_byte_of_the_body() -> None:
    for body in (
        b'{"secret" secret}',
        b'{"auth_data":{"secret":1,"secret":2}}',
        b'{"a":"\\secret"}',
    ):
        with pytest.raises(EnvelopeError) as raised:
            parse_envelope(body)
        assert "secret" not in str(raised.value)


def test_nesting_bombs_are_refused_where_they_get_too_deep() -> None:
    assert parse_envelope(b'{"a":' + b"[" * 1023 + b"]" * 1023 + b"}").payload_span is None
    assert mistake(b'{"a":' + b"[" * 5_000_000) == ("depth", 5 + 1023, "")
    assert mistake(b'{"payload":' + b'{"x":' * 1_000_000, ["x.x"]) == ("depth", 11 + 5 * 1023, "")


def test_one_string_of_50_mb() -> None:
    body = b'{"payload":{"image":"' + b"QUJD" * 12_500_000 + b'","n":1}}'
    envelope = parse_envelope(body, ["n"])
    assert envelope.payload_span == (11, len(body) - 1)
    assert envelope.fields == {"n": 1}
    assert mistake(body[:-1] + b"\xff") == ("json", len(body) - 1, "")
    hole = body[:40_000_000] + b"\x01" + body[40_000_001:]
    assert mistake(hole) == ("json", 40_000_000, "")


def test_only_bytes_are_read() -> None:
    for body in (bytearray(b"{}"), memoryview(b"{}"), "{}", None):
        with pytest.raises(TypeError):
            parse_envelope(cast("bytes", body))
    for fields in ("abc", [b"a"], 5):
        with pytest.raises(TypeError):
            parse_envelope(b"{}", cast("list[str]", fields))


@pytest.mark.parametrize("path", ["", ".", "a..b", "a."])
def test_a_path_with_an_empty_part_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a dotted path") as raised:
        parse_envelope(b"{}", [path])
    assert not isinstance(raised.value, EnvelopeError)


def test_an_envelope_is_read_only() -> None:
    envelope = parse_envelope(b"{}")
    with pytest.raises(AttributeError):
        envelope.cost = 0  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        Envelope()


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_memory_does_not_grow() -> None:
    good = b'{"auth_data":{"signature":"\\u0041","cost":1.5},"payload":{"t":"%s","l":[]}}' % (
        b"x" * 10_000
    )
    bad = good[:-1] + b"]"

    def use(times: int) -> None:
        for _ in range(times):
            assert len(parse_envelope(good, ("t", "l")).fields) == 2
            with pytest.raises(EnvelopeError):
                parse_envelope(bad, ("t", "l"))

    use(200)
    before = resident_bytes()
    use(2_000)
    # One leaked text a call would be 20 MB.
    assert resident_bytes() - before < 4 << 20


# Any text, lone surrogates too, and the keys that mean something.
keys = st.sampled_from([*GRANT, "auth_data", "payload", "session_id", "a", "b", "é"]) | st.text(
    max_size=3
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(codec=None), max_size=40)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(st.tuples(keys, inner), max_size=5).map(Pairs)
    ),
    max_leaves=20,
)
grants = st.fixed_dictionaries({}, optional=dict.fromkeys(GRANT, leaves)).map(
    lambda grant: Pairs(grant.items())
)
envelopes = st.fixed_dictionaries(
    {},
    optional={"auth_data": grants | values, "payload": values, "session_id": leaves, "x": values},
).map(lambda envelope: Pairs(envelope.items()))


def spell(value: Any, comma: str, ascii_only: bool) -> str:
    """Like json.dumps, for objects with duplicates."""
    if isinstance(value, Pairs):
        members = (
            f"{json.dumps(key, ensure_ascii=ascii_only)}:{spell(item, comma, ascii_only)}"
            for key, item in value
        )
        return "{" + comma.join(members) + "}"
    if isinstance(value, list):
        items = (spell(item, comma, ascii_only) for item in cast("list[Any]", value))
        return "[" + comma.join(items) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


bodies = st.builds(
    spell, envelopes | values, st.sampled_from([",", " ,\r\n\t"]), st.booleans()
).map(lambda text: text.encode(errors="surrogatepass"))


def both_doors_agree(body: bytes) -> None:
    fields = ["a", "a.b", "b.a", "é", "inputs"]
    expected = reading_or_kind(twin, body, fields)
    found = reading_or_kind(native, body, fields)
    if expected in ("json", "utf8"):
        # The compiled door names the first mistake, which may come before the broken grammar.
        assert isinstance(found, str)
    elif isinstance(expected, str):
        assert found in ("type", "duplicate", "utf8")
    else:
        assert found == expected


@given(bodies)
@settings(max_examples=300, deadline=None)
def test_both_doors_agree_on_json(body: bytes) -> None:
    both_doors_agree(body)


@given(bodies, st.data())
@settings(max_examples=300, deadline=None)
def test_both_doors_agree_on_damaged_json(body: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    cut = data.draw(st.integers(0, 2))
    paste = data.draw(st.lists(st.sampled_from(list(b'{}[]",:\\0-.eE \x00\xff')), max_size=2))
    both_doors_agree(body[:start] + bytes(paste) + body[start + cut :])
