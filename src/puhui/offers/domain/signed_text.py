"""What the house signs of a quote: every term of it, and the policy that decided its price, as canonical bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puhui.core.canonical import canonical_bytes

FORMAT = "puhui-quote-1"


def signed_text(quote: Mapping[str, Any], *, policy_sha256: str) -> bytes:
    """This function will return the bytes that the house signs of a quote as it is stored (`quote_to_plain`): terms,
    all-in cost, every instalment, validity, input hash; and the hash of the credit policy behind it.
    """
    return canonical_bytes({"format": FORMAT, "policy_sha256": policy_sha256, "quote": dict(quote)})
