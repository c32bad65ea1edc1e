"""Sealed fields: personal data is stored encrypted, and found again by a blind index.

A token is `<key id>:<base64 of nonce and ciphertext>` (AES-256-GCM, NIST SP 800-38D; 96-bit random nonce). The key
id lets old tokens be read after a new key came first in `SEALING_KEYS`; `puhui seal_rotate` moves them to it.
A blind index is an HMAC-SHA-256 of the value under a key of its own, bound to a purpose, so that the same phone
number in two tables cannot be joined by who only sees the tables.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class SealBroken(Exception):
    """The token is not readable: unknown key id, altered text, or another context. Never carries the content."""


@lru_cache(maxsize=8)
def _ciphers(keys: str) -> tuple[str, dict[str, AESGCM]]:
    """Return the newest key id and a cipher for each key id."""
    found: dict[str, AESGCM] = {}
    for part in keys.split(","):
        key_id, _, secret = part.strip().partition(":")
        raw = bytes.fromhex(secret)
        if not key_id or len(raw) != 32 or key_id in found:
            raise ValueError(
                "SEALING_KEYS is <id>:<64 hex digits>, newest first, comma separated, ids unique"
            )
        found[key_id] = AESGCM(raw)
    return next(iter(found)), found


def current_key_id() -> str:
    """This function will return the id of the key that seals new values."""
    return _ciphers(settings.SEALING_KEYS)[0]


def key_id_of(token: str) -> str:
    """This function will return the id of the key that sealed `token` (empty for what is no token)."""
    return token.partition(":")[0] if ":" in token else ""


def seal(plain: str, *, context: str = "") -> str:
    """This function will return the sealed token of `plain`; `context` (optional) must be given again to unseal."""
    key_id, ciphers = _ciphers(settings.SEALING_KEYS)
    nonce = os.urandom(NONCE_BYTES)
    sealed = ciphers[key_id].encrypt(nonce, plain.encode(), context.encode() or None)
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode('ascii')}"


def unseal(token: str, *, context: str = "") -> str:
    """This function will return the plain text of `token`. Raises: SealBroken."""
    key_id, _, encoded = token.partition(":")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise SealBroken("not a sealed token") from None
    return _open(key_id, raw, context).decode()


def _open(key_id: str, raw: bytes, context: str) -> bytes:
    cipher = _ciphers(settings.SEALING_KEYS)[1].get(key_id)
    if cipher is None:
        raise SealBroken("sealed with a key that SEALING_KEYS does not list")
    try:
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode() or None)
    except (InvalidTag, ValueError):
        raise SealBroken("altered, or sealed for another context") from None


def reseal(token: str, *, context: str = "") -> str:
    """This function will return `token` sealed with the newest key, itself when it already is. Raises: SealBroken."""
    if key_id_of(token) == current_key_id():
        return token
    return seal(unseal(token, context=context), context=context)


def seal_bytes(content: bytes, *, context: str = "") -> bytes:
    """This function will return sealed bytes: key id, a colon, nonce and ciphertext, without base64 (for files)."""
    key_id, ciphers = _ciphers(settings.SEALING_KEYS)
    nonce = os.urandom(NONCE_BYTES)
    return key_id.encode() + b":" + nonce + ciphers[key_id].encrypt(nonce, content, context.encode() or None)


def unseal_bytes(sealed: bytes, *, context: str = "") -> bytes:
    """This function will return what `seal_bytes` was given. Raises: SealBroken."""
    key_id, colon, raw = sealed[:65].partition(b":")
    if not colon:
        raise SealBroken("not sealed bytes")
    return _open(key_id.decode("ascii", "replace"), raw + sealed[65:], context)


def blind_index(value: str, *, purpose: str) -> str:
    """This function will return the 64 hex digits under which `value` is found again for `purpose`."""
    message = f"{purpose}\x1f{value}".encode()
    return hmac.new(settings.INDEX_KEY.encode(), message, hashlib.sha256).hexdigest()


def row_seal_key() -> bytes:
    """This function will return the 32 bytes under which rows are sealed, worked out from the index key."""
    return hmac.new(settings.INDEX_KEY.encode(), b"row seals", hashlib.sha256).digest()
