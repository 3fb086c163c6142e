import base64
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pyworker.autoscaler.local.signing import (
    Form,
    form_for,
    new_signer,
    signed_text,
    signer_from,
)
from pyworker.errors import SettingsError

_URL = "https://1.2.3.4:40123"


@pytest.mark.parametrize(
    ("version", "form"),
    [
        (None, "A"),
        ("0", "B"),
        ("0.1.0", "B"),
        ("0.2.0", "B"),
        ("1.0.0", "B"),
        ("1.0.99", "B"),
        ("1", "B"),
        ("1.1", "C"),
        ("1.1.0", "C"),
        ("1.10.0", "C"),
        ("2", "C"),
        ("10.0", "C"),
    ],
)
def test_the_form_follows_the_version(version: str | None, form: Form):
    assert form_for(version) == form


def _text(form: Form, endpoint: str = "my-ep", cost: float = 100.0) -> str:
    return signed_text(form, cost=cost, endpoint=endpoint, reqnum=12, request_idx=77, url=_URL)


def test_the_signed_texts_are_those_of_the_protocol():
    # The byte counts and texts that were taken from the real implementations.
    a, b, c = _text("A"), _text("B"), _text("C")
    assert a == (
        '{\n    "cost": 100.0,\n    "endpoint": "my-ep",\n    "reqnum": 12,\n'
        '    "url": "https://1.2.3.4:40123"\n}'
    )
    assert b == (
        '{\n    "cost": 100.0,\n    "endpoint": "my-ep",\n    "reqnum": 12,\n'
        '    "request_idx": 77,\n    "url": "https://1.2.3.4:40123"\n}'
    )
    assert c == '{\n    "url": "https://1.2.3.4:40123"\n}'
    assert (len(a), len(b), len(c)) == (100, 123, 38)


def test_numbers_and_texts_are_written_as_python_does():
    assert '"cost": 100,' in _text("A", cost=100)
    assert '"cost": 1e+22,' in _text("A", cost=1e22)
    assert '"endpoint": "\\u00fc\\u2603"' in _text("B", endpoint="ü☃")


@pytest.mark.parametrize("form", ["A", "B", "C"])
def test_a_signature_is_verified_by_the_public_key(key_file: Path, form: Form):
    signer = signer_from(key_file)
    text = _text(form)
    signature = base64.b64decode(signer.sign(form, text), validate=True)
    public = serialization.load_pem_public_key(signer.public_pem())
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    public.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, text.encode() + b" ", padding.PKCS1v15(), hashes.SHA256())
    assert signer.sign(form, text) == base64.b64encode(signature).decode()


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path):
    file = tmp_path / "key.pem"
    made = signer_from(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert signer_from(file).public_pem() == made.public_pem()
    assert new_signer().public_pem() != made.public_pem()


def test_a_key_file_that_cannot_be_used_is_one_sentence(tmp_path: Path):
    file = tmp_path / "key.pem"
    file.write_text("no key")
    with pytest.raises(SettingsError, match=r"is no PEM private key without a password$"):
        signer_from(file)
    file.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(SettingsError, match=r"must be an RSA key of 2048 bits or more$"):
        signer_from(file)
    with pytest.raises(SettingsError, match=r"cannot be read: Is a directory$"):
        signer_from(tmp_path)
    with pytest.raises(SettingsError, match=r"cannot be written: No such file or directory$"):
        signer_from(tmp_path / "nowhere" / "key.pem")


def test_the_certificate_is_one_that_a_client_can_trust(key_file: Path):
    signer = signer_from(key_file)
    certificate = x509.load_pem_x509_certificate(signer.certificate_pem())
    certificate.verify_directly_issued_by(certificate)
    pem = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert pem == signer.public_pem()


def test_naming_the_room_imports_nothing_heavy():
    code = (
        "import sys, pyworker.autoscaler.local;"
        "print(sorted({'trio', 'hypercorn', 'cryptography'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
