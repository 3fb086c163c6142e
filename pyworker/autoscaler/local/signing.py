"""Grants' signatures: the signed text of each generation, and the key that signs it.

The text is Python's `json.dumps(..., indent=4)` of the generation's members in sorted order; the
signature is RSASSA-PKCS1-v1_5 with SHA-256, in standard base64. `cryptography` is imported only
where a key is made or used, so that `pyworker autoscaler --help` stays quick.
"""

import base64
import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pyworker.autoscaler.local.arithmetic import Newest
from pyworker.errors import SettingsError
from pyworker.reasons import reason_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Form = Literal["A", "B", "C"]

# The SDK release that signs only the url calls itself 1.1.0.
_FIRST_C = (1, 1, 0)
_KEY_BITS = 2048  # what the real autoscaler has; the workers' cost per signature depends on it
# Signatures of form C repeat for each url and are remembered; more urls than this are not in use.
_REMEMBERED = 1000
_CERTIFICATE_DAYS = 3650


def form_for(version: str | None) -> Form:
    """The signature form that a worker of this reported version verifies."""
    if version is None:
        return "A"
    numbers = [int(part) for part in version.split(".") if part.isdecimal()]
    return "C" if tuple([*numbers, 0, 0][:3]) >= _FIRST_C else "B"


def signed_text(
    form: Form, *, cost: float, endpoint: str, reqnum: int, request_idx: int, url: str
) -> str:
    """The text under a grant's signature, exactly as a worker of generation `form` rebuilds it."""
    members: dict[str, object] = {"url": url}
    if form != "C":
        members = {"cost": cost, "endpoint": endpoint, "reqnum": reqnum, "url": url}
    if form == "B":
        members["request_idx"] = request_idx
    return json.dumps(members, indent=4, sort_keys=True)


class Signer:
    """Signs with one RSA key."""

    def __init__(self, key: "RSAPrivateKey") -> None:
        self._key = key
        self._known: Newest[str, str] = Newest(_REMEMBERED)

    def sign(self, form: Form, text: str) -> str:
        """The signature of `text` in base64. Takes about 0.7 ms, or none for a known url."""
        known = self._known.get(text)
        if known is not None:
            return known
        signature = self._sign(text.encode())
        if form == "C":  # the other forms carry a number that never comes again
            self._known.put(text, signature)
        return signature

    def _sign(self, message: bytes) -> str:
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see the module
        from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

        signature = self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()

    def public_pem(self) -> bytes:
        """The public key as PEM (SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def certificate_pem(self) -> bytes:
        """A self-signed certificate: the SDK client insists on fetching a root to trust."""
        from cryptography import x509  # noqa: PLC0415
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

        name = x509.Name(
            [x509.NameAttribute(x509.NameOID.COMMON_NAME, "pyworker local autoscaler")]
        )
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=_CERTIFICATE_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(Encoding.PEM)


def new_signer() -> Signer:
    """A signer with a new key. Takes about 0.1 s of CPU."""
    return Signer(_new_key())


def signer_from(file: Path) -> Signer:
    """The signer whose key is in `file`, which is made (mode 0600) when it does not exist.

    Raises:
        SettingsError: The file cannot be read or written, or holds no usable RSA key.
    """
    try:
        return Signer(_parse_key(file, file.read_bytes()))
    except FileNotFoundError:
        return Signer(_make_key_file(file))
    except OSError as error:
        raise SettingsError(f"--key {file} cannot be read: {reason_of(error)}") from error


def _parse_key(file: Path, pem: bytes) -> "RSAPrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"--key {file} is no PEM private key without a password") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < _KEY_BITS:
        raise SettingsError(f"--key {file} must be an RSA key of {_KEY_BITS} bits or more")
    return key


def _make_key_file(file: Path) -> "RSAPrivateKey":
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    key = _new_key()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
    except OSError as error:
        raise SettingsError(f"--key {file} cannot be written: {reason_of(error)}") from error
    return key


def _new_key() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415

    return generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
