"""Identifiers as a function of what they name, so that time and chance stay out of the domain.

An idempotency key arrives from outside (one per rendered form, or the partner's own); every row that the act creates
takes its id from that key. The same key therefore makes the same rows, and the primary key refuses the second.
"""

from __future__ import annotations

import hashlib

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # base32 (RFC 4648), in lower case
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]  # by ten bits


def derive_id(kind: str, *parts: str) -> str:
    """This function will return a 26-character lowercase id: base32 of the first 130 bits of SHA-256 over the parts."""
    digest = hashlib.sha256("\x1f".join((kind, *parts)).encode()).digest()
    bits = int.from_bytes(digest[:17], "big") >> 6
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(120, -1, -10)])


def spoken_range(spoken: str) -> tuple[str, str]:
    """This function will return the half-open range of ids whose first letters a spoken reference names.

    A table is then asked by its primary key. Spaces and case do not matter; ("", "") for what is no reference.
    """
    letters = next((part for part in spoken.lower().split("-") if 4 <= len(part) <= 6), "")
    return (letters, letters + "~") if letters.isalnum() and letters.isascii() else ("", "")


def reference(prefix: str, id: str, on_date: str = "") -> str:
    """This function will return the short form that people read aloud, e.g. `A-20261120-7F3AKQ` (not unique by itself)."""
    middle = f"{on_date.replace('-', '')}-" if on_date else ""
    return f"{prefix}-{middle}{id[:6].upper()}"
