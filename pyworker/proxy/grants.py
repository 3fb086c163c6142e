"""Grants: is this request signed by the autoscaler? Pure, but for the arithmetic of OpenSSL.

Three generations sign three texts: the worker's URL only (C), five fields (B) and four fields (A).
The newest is tried first. A signature of C does not change from request to request, so those that
verified are remembered; those of A and B are good for one request only, which a sliding window
over their numbers enforces.
"""

import base64
import binascii
import json
from collections import OrderedDict

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)

from pyworker._native import Envelope
from pyworker.errors import InvalidRequest, Unauthorized

# One per URL under which clients reach this worker, which is one; the rest is room for key changes
# and for nothing else, so that nobody can fill memory with signatures.
_REMEMBERED = 64
# As the autoscaler's older generations have it: how far behind the newest number one may come.
_WINDOW = 100
# Grants of A and B within one window. More than _WINDOW only if numbers repeat.
_USED = 4096
# An RSA-4096 signature is 684 characters of base64.
_SIGNATURE_LENGTH = 1024

_PADDING = PKCS1v15()
_HASH = SHA256()

# Fields that must be there, in the order in which their absence is told. `request_idx` is younger
# than the oldest clients.
_REQUIRED = ("cost", "endpoint", "reqnum", "signature", "url")


class Grants:
    """Checks grants against the autoscaler's key; without a key every signature is refused.

    Args:
        unsecured: Accept grants without looking at the signature.
    """

    def __init__(self, *, unsecured: bool = False) -> None:
        self.unsecured = unsecured
        self._key: RSAPublicKey | None = None
        self._verified: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._newest = 0
        self._used: OrderedDict[tuple[int, str], None] = OrderedDict()

    @property
    def ready(self) -> bool:
        """Whether grants can be checked at all."""
        return self.unsecured or self._key is not None

    def use_key(self, key: RSAPublicKey) -> bool:
        """Check against `key` from now on; returns whether it is another one than before."""
        if self._key is not None and self._key.public_numbers() == key.public_numbers():
            return False
        self._key = key
        self._verified.clear()
        # A new key is a new autoscaler, whose numbers begin anew.
        self._newest = 0
        self._used.clear()
        return True

    def check(self, envelope: Envelope) -> None:
        """Accept a grant.

        Raises:
            InvalidRequest: Fields are missing; the detail names each of them.
            Unauthorized: The signature is not the autoscaler's, or was used before.
        """
        _check_fields(envelope)
        if self.unsecured:
            return
        text = _text({"url": envelope.url})
        signature = envelope.signature or ""
        if (text, signature) in self._verified:
            self._verified.move_to_end((text, signature))
            return
        if self._verifies(text, signature):
            self._remember(text, signature)
            return
        for text in _older_texts(envelope):
            if self._verifies(text, signature):
                self._use_once(envelope.reqnum or 0, text)
                return
        raise Unauthorized("auth_data.signature: not signed by the autoscaler")

    def _verifies(self, text: str, signature: str) -> bool:
        if self._key is None or len(signature) > _SIGNATURE_LENGTH:
            return False
        try:
            raw = base64.b64decode(signature, validate=True)
            self._key.verify(raw, text.encode(), _PADDING, _HASH)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def _remember(self, text: str, signature: str) -> None:
        self._verified[text, signature] = None
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)

    def _use_once(self, reqnum: int, text: str) -> None:
        oldest = self._newest - _WINDOW
        if reqnum < oldest or (reqnum, text) in self._used:
            raise Unauthorized("auth_data.reqnum: this grant was used before or is too old")
        self._newest = max(self._newest, reqnum)
        self._used[reqnum, text] = None
        if len(self._used) > _USED:
            self._used.popitem(last=False)


def load_public_key(data: bytes) -> RSAPublicKey:
    """The autoscaler's key from PEM, DER or OpenSSH text.

    Raises:
        ValueError: It is none of those, or not an RSA key.
    """
    for load in (load_pem_public_key, load_ssh_public_key, load_der_public_key):
        try:
            key = load(data)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The last one is OpenSSH's answer to any text of two words, such as an HTML page.
            continue
        if isinstance(key, RSAPublicKey):
            return key
        raise ValueError("the public key is not an RSA key")
    raise ValueError("the public key is not in PEM, DER or OpenSSH form")


def _check_fields(envelope: Envelope) -> None:
    problems: dict[str, object] = {}
    if not envelope.has_auth_data:
        problems["auth_data"] = "field missing"
    else:
        missing = {n: "missing parameter" for n in _REQUIRED if getattr(envelope, n) is None}
        if missing:
            problems["auth_data"] = missing
    if not envelope.has_payload:
        problems["payload"] = "field missing"
    if problems:
        names = ", ".join(problems)
        raise InvalidRequest(f"fields are missing in {names}", detail=problems)
    if envelope.cost is not None and envelope.cost < 0:
        detail = {"auth_data": {"cost": "must not be negative"}}
        raise InvalidRequest("auth_data.cost: must not be negative", detail=detail)


def _older_texts(envelope: Envelope) -> tuple[str, ...]:
    four: dict[str, object] = {
        "cost": envelope.cost,
        "endpoint": envelope.endpoint,
        "reqnum": envelope.reqnum,
        "url": envelope.url,
    }
    if envelope.request_idx is None:
        return (_text(four),)
    # For three weeks of 2025 request_idx came last; then the keys were sorted.
    return (
        _text({**four, "request_idx": envelope.request_idx}),
        json.dumps({**four, "request_idx": envelope.request_idx}, indent=4),
        _text(four),
    )


def _text(fields: dict[str, object]) -> str:
    return json.dumps(fields, indent=4, sort_keys=True)
