"""What she signed is found again as the very bytes: contracts, their changes, and relief agreements."""

from __future__ import annotations

from collections.abc import Callable

from puhui.loans.queries import find_change_signature, find_contract
from puhui.relief.queries import find_agreement
from puhui.runtime.queries import get_blob

Signed = tuple[str, str]  # number, text


def contract(customer_id: str, about_id: str) -> Signed | None:
    """This function will return a contract of hers, None when it is not hers or there is none."""
    found = find_contract(id=about_id)
    if found is None or found.customer_id != customer_id:
        return None
    return found.number, get_blob(found.text_sha256)[0].decode()


def relief(customer_id: str, about_id: str) -> Signed | None:
    """This function will return a relief agreement of hers, None when it is not hers or there is none."""
    found = find_agreement(about_id)
    if found is None or found.customer_id != customer_id:
        return None
    return found.number, get_blob(found.text_sha256)[0].decode()


def change(customer_id: str, about_id: str) -> Signed | None:
    """This function will return a signed change of hers, None when it is not hers or there is none."""
    found = find_change_signature(change_id=about_id)
    if found is None or found.quote.customer_id != customer_id:
        return None
    return found.quote.number, get_blob(found.text_sha256)[0].decode()


# Name of the letter → how it is found.
FINDERS: dict[str, Callable[[str, str], Signed | None]] = {
    "contract": contract,
    "relief": relief,
    "change": change,
}
