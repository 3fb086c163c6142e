"""The autoscaler's signature, and the request bytes of a client that was granted a request.

The signed text is the newest one (SDK 0.4.2 and later): only the worker's URL. So all grants for
one worker carry the same signature, here as on the real service.
"""

import base64
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

# Nine digits from the first number to the last one, so that all requests of a case are equally
# long and the content-length can be written once.
FIRST_NUMBER = 100_000_000
_PLACE = str(FIRST_NUMBER).encode()


class SigningKey:
    """The RSA key of the fake autoscaler, new for every run."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public_pem(self) -> bytes:
        """What GET /pubkey/ answers."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, url: str) -> str:
        """The signature of a grant for the worker at `url`, in base64."""
        text = json.dumps({"url": url}, indent=4, sort_keys=True)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A whole request in three parts; the two gaps take a number of nine digits."""

    before: bytes
    between: bytes
    after: bytes

    def numbered(self, number: int) -> bytes:
        """The request with its own reqnum and request_idx, as every granted request has."""
        digits = b"%d" % (FIRST_NUMBER + number)
        return b"".join((self.before, digits, self.between, digits, self.after))


def request_template(
    route: str, url: str, signature: str, payload: dict[str, object], cost: float
) -> RequestTemplate:
    """A request as the SDK's client sends it: API key in the query, bearer token, envelope."""
    envelope = {
        "auth_data": {
            "cost": cost,
            "endpoint": "benchmark",
            "reqnum": FIRST_NUMBER,
            "request_idx": FIRST_NUMBER,
            "signature": signature,
            "url": url,
        },
        "session_id": None,
        "payload": payload,
    }
    body = json.dumps(envelope).encode()
    head = (
        f"POST {route}?api_key=benchmark HTTP/1.1\r\n"
        f"Host: {url.removeprefix('http://')}\r\n"
        "Authorization: Bearer benchmark\r\n"
        "User-Agent: vastai-sdk/1.9.1\r\n"
        "Accept: */*\r\n"
        "Accept-Encoding: gzip, deflate\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    # Split at the first two places only: a large payload may hold anything.
    before, between, after = body.split(_PLACE, 2)
    return RequestTemplate(head + before, between, after)
