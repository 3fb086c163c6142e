"""Grants: three signed texts, what repeats and what must not, and keys that change."""

from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes.grants import Form, Signer, autoscaler, stranger

from pyworker._native import parse_envelope
from pyworker.errors import InvalidRequest, Unauthorized
from pyworker.proxy.grants import Grants, load_public_key

ALL_FORMS: list[Form] = ["A", "B", "B_OCTOBER", "C"]
ONCE_ONLY: list[Form] = ["A", "B", "B_OCTOBER"]


class CountingKey:
    """The autoscaler's key, counting how often it is used."""

    def __init__(self, key: RSAPublicKey) -> None:
        self._key = key
        self.used = 0

    def verify(self, *args: object) -> None:
        self.used += 1
        self._key.verify(*args)  # type: ignore[arg-type]

    def public_numbers(self) -> object:
        return self._key.public_numbers()


@pytest.fixture
def grants() -> Grants:
    grants = Grants()
    grants.use_key(autoscaler().public_key)
    return grants


def check(grants: Grants, auth_data: dict[str, object], signer: Signer | None = None) -> None:
    grants.check(parse_envelope((signer or autoscaler()).envelope(grant=auth_data)))


@pytest.mark.parametrize("form", ALL_FORMS)
@pytest.mark.parametrize("cost", [100, 100.0, 0, 0.1, 1e22, 1e-07, 123456789012345678])
@pytest.mark.parametrize("url", ["http://127.0.0.1:3000", 'https://h\u00e9-\U0001f600/"\\'])
def test_every_form_is_accepted_with_numbers_and_texts_as_python_writes_them(
    form: Form, cost: float, url: str, grants: Grants
):
    check(grants, autoscaler().grant(form, cost=cost, url=url, endpoint="caf\u00e9"))


def test_a_grant_without_request_idx_is_accepted_in_the_oldest_form(grants: Grants):
    check(grants, autoscaler().grant("A", request_idx=None))


@pytest.mark.parametrize("form", ALL_FORMS)
def test_a_strangers_grant_is_refused(form: Form, grants: Grants):
    with pytest.raises(Unauthorized):
        check(grants, stranger().grant(form))


@pytest.mark.parametrize("form", ONCE_ONLY)
@pytest.mark.parametrize("field", ["cost", "endpoint", "reqnum", "url"])
def test_a_signed_field_cannot_be_changed(form: Form, field: str, grants: Grants):
    other = {"cost": 1.0, "endpoint": "other", "reqnum": 2, "url": "http://other"}
    with pytest.raises(Unauthorized):
        check(grants, {**autoscaler().grant(form), field: other[field]})


def test_the_url_of_the_newest_form_cannot_be_changed(grants: Grants):
    with pytest.raises(Unauthorized):
        check(grants, {**autoscaler().grant("C"), "url": "http://other"})


def test_a_signature_of_the_newest_form_is_verified_once(grants: Grants):
    key = CountingKey(autoscaler().public_key)
    grants = Grants()
    grants.use_key(cast("RSAPublicKey", key))
    auth_data = autoscaler().grant("C")
    for number in range(5):
        check(grants, {**auth_data, "reqnum": number, "request_idx": number})
    assert key.used == 1


def test_a_refused_signature_is_never_remembered(grants: Grants):
    for _ in range(3):
        with pytest.raises(Unauthorized):
            check(grants, stranger().grant("C"))


def test_a_remembered_signature_counts_for_its_own_url_only(grants: Grants):
    auth_data = autoscaler().grant("C")
    check(grants, auth_data)
    with pytest.raises(Unauthorized):
        check(grants, {**auth_data, "url": "http://other"})


def test_many_urls_do_not_fill_memory_and_all_stay_valid(grants: Grants):
    signed = [autoscaler().grant("C", url=f"http://{number}") for number in range(100)]
    for _ in range(2):
        for auth_data in signed:
            check(grants, auth_data)
    assert len(grants._verified) <= 64  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("form", ONCE_ONLY)
def test_an_older_grant_is_good_for_one_request(form: Form, grants: Grants):
    auth_data = autoscaler().grant(form)
    check(grants, auth_data)
    with pytest.raises(Unauthorized, match="used before"):
        check(grants, auth_data)


def test_two_older_grants_may_have_one_number(grants: Grants):
    check(grants, autoscaler().grant("B", reqnum=5, request_idx=1))
    check(grants, autoscaler().grant("B", reqnum=5, request_idx=2))


def test_an_older_grant_may_come_a_hundred_numbers_late_and_no_later(grants: Grants):
    check(grants, autoscaler().grant("A", reqnum=1000))
    check(grants, autoscaler().grant("A", reqnum=900))
    with pytest.raises(Unauthorized, match="too old"):
        check(grants, autoscaler().grant("A", reqnum=899))


def test_many_older_grants_of_one_number_do_not_fill_memory(
    grants: Grants, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pyworker.proxy.grants._USED", 10)
    for request_idx in range(12):
        check(grants, autoscaler().grant("B", reqnum=5, request_idx=request_idx))
    assert len(grants._used) == 10  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Unauthorized, match="used before"):
        check(grants, autoscaler().grant("B", reqnum=5, request_idx=11))


def test_a_refused_older_grant_does_not_move_the_window(grants: Grants):
    with pytest.raises(Unauthorized):
        check(grants, stranger().grant("A", reqnum=10_000))
    check(grants, autoscaler().grant("A", reqnum=1))


def test_a_new_key_forgets_signatures_numbers_and_the_old_key(grants: Grants):
    old = autoscaler().grant("C")
    check(grants, old)
    check(grants, autoscaler().grant("A", reqnum=1000))
    assert grants.use_key(stranger().public_key)
    with pytest.raises(Unauthorized):
        check(grants, old)
    check(grants, stranger().grant("A", reqnum=1), stranger())
    check(grants, stranger().grant("A", reqnum=1000), stranger())


def test_the_same_key_again_changes_nothing(grants: Grants):
    used = autoscaler().grant("A")
    check(grants, used)
    assert not grants.use_key(load_public_key(autoscaler().pem()))
    with pytest.raises(Unauthorized):
        check(grants, used)


def test_without_a_key_it_is_not_ready_and_refuses():
    grants = Grants()
    assert not grants.ready
    with pytest.raises(Unauthorized):
        check(grants, autoscaler().grant())


def test_unsecured_is_ready_without_a_key_and_takes_any_signature():
    grants = Grants(unsecured=True)
    assert grants.ready
    check(grants, {**autoscaler().grant(), "signature": "x"})


def test_unsecured_still_wants_every_field():
    with pytest.raises(InvalidRequest):
        check(Grants(unsecured=True), {"cost": 1})


def test_a_signature_with_something_else_in_it_is_none(grants: Grants):
    auth_data = autoscaler().grant()
    signature = str(auth_data["signature"])
    with pytest.raises(Unauthorized):
        check(grants, {**auth_data, "signature": f"{signature[:9]}!{signature[9:]}"})


@pytest.mark.parametrize("signature", ["", "=", "AA==", "\u00e9", "A" * 1_000_000])
def test_no_text_in_the_signatures_place_is_a_fault_of_ours(signature: str, grants: Grants):
    with pytest.raises(Unauthorized):
        check(grants, {**autoscaler().grant(), "signature": signature})


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.PEM, PublicFormat.PKCS1),
        (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.OpenSSH, PublicFormat.OpenSSH),
    ],
)
def test_a_key_may_come_in_any_of_the_usual_forms(encoding: Encoding, form: PublicFormat):
    key = autoscaler().public_key
    loaded = load_public_key(key.public_bytes(encoding, form))
    assert loaded.public_numbers() == key.public_numbers()


@pytest.mark.parametrize(
    "data", [b"", b"<html>404</html>", b"-----BEGIN PUBLIC KEY-----\n", bytes(99)]
)
def test_what_is_no_key_is_a_value_error(data: bytes):
    with pytest.raises(ValueError, match="not in PEM, DER or OpenSSH form"):
        load_public_key(data)


def test_a_key_of_another_kind_is_a_value_error():
    key = elliptic_key(SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="not an RSA key"):
        load_public_key(pem)
