"""Offices that do not exist, with certificates: a root, an organisation below it for each signer, and a forger's copy.

Keys come from fixed texts and Ed25519 signs the same way each time (RFC 8032), so the root is always the one that the demo
pins (`data/evidence-sandbox-root.pem`). A real deployment pins the roots of its jurisdiction instead.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2044, 1, 1, tzinfo=UTC)
ROOT = "Puhui Sandbox Root"
FORGER = "forger"


def _key(of: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        hashlib.sha256(f"puhui-sandbox-papers:{of}".encode()).digest()
    )


def _name(organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, organisation),
        ]
    )


@cache
def make_root(family: str = "") -> x509.Certificate:
    """This function will return the self-signed root; a forger's has the same name and another key."""
    return _certificate(ROOT, ROOT, family=family, is_root=True)


@cache
def make_office(organisation: str, family: str = "") -> x509.Certificate:
    """This function will return the certificate of an office below the root of its family."""
    return _certificate(organisation, ROOT, family=family, is_root=False)


def _certificate(subject: str, issuer: str, *, family: str, is_root: bool) -> x509.Certificate:
    signer, own = _key(f"{family}{issuer}"), _key(f"{family}{subject}")
    serial = int.from_bytes(hashlib.sha256(f"{family}:{subject}".encode()).digest()[:8], "big") >> 1
    usage = {
        name: False
        for name in (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only",
        )
    }  # fmt: skip
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(own.public_key())
        .serial_number(serial)
        .not_valid_before(FIRST)
        .not_valid_after(LAST - timedelta(days=0 if is_root else 1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                **(usage | {"content_commitment": not is_root}),
                digital_signature=not is_root,
                key_cert_sign=is_root,
                crl_sign=is_root,
            ),
            critical=True,
        )
    )
    return built.sign(signer, None)


def sign_page(pdf: bytes, *, organisation: str, at: datetime, family: str = "") -> bytes:
    """This function will sign a PDF as an office does (PAdES, ETSI EN 319 142-1, baseline B); `at` stands in it."""
    from asn1crypto import keys
    from asn1crypto import x509 as der
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = _key(f"{family}{organisation}").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register(der.Certificate.load(make_root(family).public_bytes(Encoding.DER)))
    signer = signers.SimpleSigner(
        signing_cert=der.Certificate.load(make_office(organisation, family).public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    meta = signers.PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha512",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=f"issued on {at:%Y-%m-%d}",
    )
    out = BytesIO()
    # In a thread of its own: pyHanko starts an event loop, and one may be running in the caller's.
    with ThreadPoolExecutor(max_workers=1) as own:
        own.submit(signers.PdfSigner(meta, signer=signer).sign_pdf, writer, output=out).result()
    return out.getvalue()
