"""The autoscaler's pen: one RSA key, three forms of grants, and the envelopes around them."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# A and B as named in the protocol; B_OCTOBER is the three weeks in which request_idx came last.
Form = Literal["A", "B", "B_OCTOBER", "C"]

_SIGNED = {
    "A": ("cost", "endpoint", "reqnum", "url"),
    "B": ("cost", "endpoint", "reqnum", "request_idx", "url"),
    "B_OCTOBER": ("cost", "endpoint", "reqnum", "url", "request_idx"),
    "C": ("url",),
}


class Signer:
    """An RSA-2048 key that signs grants."""

    def __init__(self) -> None:
        self._key = generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public_key(self) -> RSAPublicKey:
        """What workers check against."""
        return self._key.public_key()

    def pem(self) -> bytes:
        """The public key as the autoscaler serves it."""
        return self.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, text: str) -> str:
        """The signature of a text, base64."""
        return base64.b64encode(self._key.sign(text.encode(), PKCS1v15(), SHA256())).decode()

    def grant(
        self,
        form: Form = "C",
        *,
        cost: float = 100.0,
        endpoint: str = "my-endpoint",
        reqnum: int = 1,
        request_idx: int | None = 7,
        url: str = "http://127.0.0.1:3000",
    ) -> dict[str, object]:
        """`auth_data` as the autoscaler hands it out; without `request_idx` if that is None."""
        fields: dict[str, object] = {
            "cost": cost,
            "endpoint": endpoint,
            "reqnum": reqnum,
            "url": url,
        }
        if request_idx is not None:
            fields["request_idx"] = request_idx
        text = json.dumps({name: fields[name] for name in _SIGNED[form]}, indent=4)
        return {**fields, "signature": self.sign(text)}

    def envelope(
        self,
        payload: bytes = b'{"inputs":"hello"}',
        *,
        grant: Mapping[str, object] | None = None,
        session_id: str | None = None,
    ) -> bytes:
        """A request body; the payload stands in it byte for byte."""
        auth_data = self.grant() if grant is None else grant
        head = json.dumps({"auth_data": auth_data, "session_id": session_id}).encode()
        return head[:-1] + b', "payload": ' + payload + b"}"


@cache
def autoscaler() -> Signer:
    """The autoscaler whose key the worker trusts; one for all tests, since a key takes 0.1 s."""
    return Signer()


@cache
def stranger() -> Signer:
    """Somebody else with a key."""
    return Signer()
