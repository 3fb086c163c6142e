import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.local.strict_json import MOST, Fields, Refused, read_object


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is not JSON at character 0"),
        (b'{"a": 1', "is not JSON at character 7"),
        (b"[1]", "must be a JSON object, not a list"),
        (b"null", "must be a JSON object, not null"),
        (b'{"a": "\xff"}', "is not UTF-8 at byte 7"),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "has a number that is too long"),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes, reason: str):
    with pytest.raises(Refused) as caught:
        read_object(body)
    assert caught.value.field == "body"
    assert caught.value.reason.startswith(reason)
    assert caught.value.status == 400


def test_a_member_given_twice_is_refused_by_name():
    with pytest.raises(Refused, match=r"^cost: is given twice$"):
        read_object(b'{"cost": 1, "url": "", "cost": 2}')


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("NaN", "must be a finite number, not nan"),
        ("Infinity", "must be a finite number, not inf"),
        ("-Infinity", "must be a finite number, not -inf"),
        ("1e999", "must be a finite number, not inf"),
        ("-1", "must not be negative"),
        ("-0.001", "must not be negative"),
        ("1e17", f"must be at most {MOST}"),
        ("true", "must be a number, not true or false"),
        ('"1"', "must be a number, not a string"),
        ("null", "must be a number, not null"),
        ("[]", "must be a number, not a list"),
        ("{}", "must be a number, not an object"),
    ],
)
def test_what_is_no_amount_is_refused_by_name(written: str, reason: str):
    fields = Fields(read_object(f'{{"new_load": {written}}}'.encode()))
    with pytest.raises(Refused) as caught:
        fields.amount("new_load")
    assert caught.value.message == f"new_load: {reason}"


@pytest.mark.parametrize("written", ["1.0", "-1", "true", str(MOST + 1), '"1"', "null", "NaN"])
def test_what_is_no_whole_number_is_refused(written: str):
    fields = Fields(read_object(f'{{"id": {written}}}'.encode()))
    with pytest.raises(Refused, match=r"^id: must be"):
        fields.whole("id")


def test_an_amount_stays_as_it_was_written():
    fields = Fields(read_object(b'{"whole": 100, "fraction": 100.0}'))
    assert json.dumps([fields.amount("whole"), fields.amount("fraction")]) == "[100, 100.0]"


def test_a_change_may_be_negative_but_not_endless():
    fields = Fields({"a": -3.5, "b": float("-inf")})
    assert fields.change("a") == -3.5
    with pytest.raises(Refused, match=r"^b: must be a finite number"):
        fields.change("b")


def test_text_must_be_utf8_and_short():
    fields = Fields(read_object(rb'{"half": "\ud800", "long": "aaaa", "number": 5}'))
    with pytest.raises(Refused, match=r"^half: has half a surrogate pair$"):
        fields.text("half")
    with pytest.raises(Refused, match=r"^long: is 4 characters long; the limit is 3$"):
        fields.text("long", most=3)
    with pytest.raises(Refused, match=r"^number: must be a string, not a number$"):
        fields.text("number")


def test_a_refusal_inside_a_list_says_where():
    members: dict[str, Any] = {
        "requests": [{"n": 1}, {"n": "x"}],
        "idxs": [1, 2.5],
        "mixed": [{}, 3],
    }
    fields = Fields(members)
    items = fields.objects("requests")
    assert items[0].whole("n") == 1
    with pytest.raises(Refused, match=r"^requests\[1\]\.n: must be a whole number, not a string$"):
        items[1].whole("n")
    with pytest.raises(Refused, match=r"^idxs\[1\]: must be a whole number, not a fraction$"):
        fields.wholes("idxs")
    with pytest.raises(Refused, match=r"^mixed\[1\]: must be an object, not a number$"):
        fields.objects("mixed")
    with pytest.raises(Refused, match=r"^requests: must be a string, not a list$"):
        fields.text("requests")


def test_members_that_nobody_took_are_refused_with_a_name_that_is_safe_to_print():
    fields = Fields(read_object(rb'{"id": 1, "\ud800\u001b[2J": 2}'))
    fields.whole("id")
    with pytest.raises(Refused) as caught:
        fields.nothing_else()
    assert caught.value.field.isascii()
    assert caught.value.body("request-1")  # and to answer with


# Any bytes at all are read as an object or refused, and nothing else happens.
@given(st.one_of(st.binary(), st.text().map(str.encode), st.from_regex(rb"[\[{\"\\:,0-9a-z]*")))
def test_any_bytes_are_read_or_refused(body: bytes):
    try:
        assert isinstance(read_object(body), dict)
    except Refused as refused:
        json.loads(refused.body("request-1"))
