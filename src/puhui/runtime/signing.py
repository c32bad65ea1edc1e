"""What the house puts in writing carries its signature, which anybody can check with the published key.

Ed25519 (RFC 8032): the same bytes under the same key give the same signature, so a replay gives it again. The key is
worked out from the index key, as the key of the row seals is: neither is ever rotated in place, for what was signed
stays to be checked. A signature is written `ed25519:<key id>:<hex>`; the key id is the beginning of the public key's
SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

ALGORITHM = "ed25519"


@lru_cache(maxsize=2)
def _keys(index_key: str) -> tuple[Ed25519PrivateKey, str]:
    """The private key and the id of its public one."""
    seed = hmac.new(index_key.encode(), b"house signature", hashlib.sha256).digest()
    private = Ed25519PrivateKey.from_private_bytes(seed)
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return private, hashlib.sha256(raw).hexdigest()[:16]


def sign_bytes(content: bytes) -> str:
    """This function will return the house's signature of `content`."""
    private, key_id = _keys(settings.INDEX_KEY)
    return f"{ALGORITHM}:{key_id}:{private.sign(content).hex()}"


def is_signed(content: bytes, signature: str) -> bool:
    """This function will tell whether `signature` is the house's signature of these very bytes."""
    private, key_id = _keys(settings.INDEX_KEY)
    algorithm, _, rest = signature.partition(":")
    named, _, written = rest.partition(":")
    if (algorithm, named) != (ALGORITHM, key_id):
        return False
    try:
        private.public_key().verify(bytes.fromhex(written), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key() -> dict[str, str]:
    """This function will return what the house publishes of its key: algorithm, id, and the key in PEM (RFC 8410)."""
    private, key_id = _keys(settings.INDEX_KEY)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {"algorithm": ALGORITHM, "key_id": key_id, "pem": pem.decode()}
