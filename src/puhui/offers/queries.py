"""Read quotes, signatures and contract templates as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from puhui.core.ids import spoken_range
from puhui.core.refusals import Refusal
from puhui.offers.domain import (
    ContractTemplate,
    ContractTextInvalid,
    IssuedQuote,
    Lender,
    Quote,
    SignedQuote,
    parse_lender,
)
from puhui.offers.domain.concessions import NO_CONCESSIONS, Concessions, parse_concessions
from puhui.offers.domain.standing import Commitment
from puhui.offers.models import CommitmentRow, QuoteRow, SignatureRow
from puhui.protection.policy_files import PolicyFiles
from puhui.runtime.rows import find_row, list_rows_where


class QuoteNotFound(Refusal):
    """There is no such quote."""

    field = "quote"
    status = 404


def get_quote(*, id: str) -> Quote:
    """This function will return one quote. Raises: QuoteNotFound."""
    found = find_quote(id=id)
    if found is None:
        raise QuoteNotFound()
    return found


def find_quote(*, id: str) -> Quote | None:
    """This function will return one quote, or None."""
    row = find_row(QuoteRow, id=id)
    return None if row is None else row.to_domain()


def list_quotes(*, customer_id: str) -> list[IssuedQuote]:
    """This function will return every quote of a customer, newest first, in one query."""
    rows = (
        QuoteRow.objects.filter(customer_id=customer_id)
        .select_related("signature")
        .order_by("-issued_at", "-id")
    )
    return [IssuedQuote(quote=row.to_domain(), signed=hasattr(row, "signature")) for row in rows]


def get_quote_row(id: str) -> dict[str, Any]:
    """This function will return a quote exactly as stored, column by column, for auditors. Raises: QuoteNotFound."""
    row = find_row(QuoteRow, id=id)
    if row is None:
        raise QuoteNotFound()
    return {field.attname: getattr(row, field.attname) for field in QuoteRow._meta.concrete_fields}


def is_genuine(*, quote_id: str) -> bool:
    """This function will tell whether a quote is stored as the house signed it. Raises: QuoteNotFound."""
    row = find_row(QuoteRow, id=quote_id)
    if row is None:
        raise QuoteNotFound()
    return row.is_genuine


def get_signed_text(*, quote_id: str) -> tuple[str, str]:
    """This function will return what the house signed of a quote, and its signature. Raises: QuoteNotFound."""
    row = find_row(QuoteRow, id=quote_id)
    if row is None:
        raise QuoteNotFound()
    return row.signed_bytes.decode(), row.house_signature or ""


def list_quote_ids(*, after: str = "", limit: int = 1000) -> list[str]:
    """This function will return ids of quotes in their order, for replaying them all page by page."""
    return list(QuoteRow.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:limit])


def list_all_in_rates(*, until: datetime) -> dict[str, int]:
    """This function will return the all-in annual cost (effective, ppm) of every quote signed up to an instant, by
    quote id. One query.
    """
    rows = SignatureRow.objects.filter(signed_at__lte=until).values_list("quote_id", "quote__body")
    return {id: int(json.loads(body)["all_in"]["apr_effective_ppm"]) for id, body in rows}


def find_holder(*, quote_id: str) -> str:
    """This function will return the earlier promise that set a quote's price, "" where it was its own decision."""
    row = find_row(QuoteRow, id=quote_id)
    return "" if row is None or row.held_by is None else row.held_by


def list_commitments(*, customer_id: str, now: datetime) -> list[Commitment]:
    """This function will return the conditional promises to a customer that still run, the earliest first. One query."""
    rows = CommitmentRow.objects.filter(customer_id=customer_id, until__gte=now).order_by("made_at", "id")
    return [row.to_domain() for row in rows]


def find_commitment(*, id: str) -> Commitment | None:
    """This function will return one conditional promise, or None."""
    row = find_row(CommitmentRow, id=id)
    return None if row is None else row.to_domain()


def get_concessions(*, jurisdiction: str, on_date: date) -> Concessions:
    """This function will return what a choice took off the rate on a day: nothing before the first file."""
    valid = [one for one in _concessions.get() if one.jurisdiction == jurisdiction and one.holds_on(on_date)]
    return valid[-1] if valid else NO_CONCESSIONS


def _load(texts: Mapping[str, str]) -> tuple[Concessions, ...]:
    found = [parse_concessions(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: one.valid_from))


_concessions: PolicyFiles[tuple[Concessions, ...]] = PolicyFiles("offers", load=_load)


def find_signature(*, quote_id: str) -> SignedQuote | None:
    """This function will return the signature of a quote with the quote, or None where it is not signed."""
    row = SignatureRow.objects.select_related("quote").filter(quote_id=quote_id).first()
    return None if row is None else row.to_domain()


def get_signature(*, quote_id: str) -> SignedQuote:
    """This function will return the signature of a quote with the quote. Raises: QuoteNotFound (unsigned too)."""
    found = find_signature(quote_id=quote_id)
    if found is None:
        raise QuoteNotFound()
    return found


@lru_cache(maxsize=32)
def _text(path: Path, changed_ns: int) -> str:
    """The text of a policy file; `changed_ns` makes a changed file be read again."""
    return path.read_text(encoding="utf-8")


def _in_force(stem: str, suffix: str, on_date: date) -> tuple[Path, str]:
    """The newest dated file `stem-DATE suffix` of the contracts folder that holds on `on_date`, and its date."""
    folder = Path(settings.POLICIES_DIR) / "contracts"
    found: list[tuple[date, Path]] = []
    for path in folder.glob(f"{stem}-*{suffix}"):
        dated = path.name.removeprefix(f"{stem}-").removesuffix(suffix)
        try:
            found.append((date.fromisoformat(dated), path))
        except ValueError:
            raise ContractTextInvalid(f"{path.name}: the name ends with a date") from None
    held = [one for one in found if one[0] <= on_date]
    if not held:
        raise ContractTextInvalid(f"{folder}: no {stem}-DATE{suffix} holds on {on_date}")
    version, path = max(held)
    return path, version.isoformat()


GENERAL = (
    "haoqidai"  # whose text a product without one of its own is signed with: the same terms, other figures
)
MERCHANT = "merchant"  # whose text a product that pays merchants is signed with


def get_contract_template(
    *, product_id: str, language: str, on_date: date, pays_merchant: bool = False
) -> ContractTemplate:
    """This function will return the contract text of a product in force on `on_date`, in "en" or else Chinese.

    Raises: ContractTextInvalid where the policy folder has none.
    """
    short = "en" if language.startswith("en") else "zh"
    own = any((Path(settings.POLICIES_DIR) / "contracts").glob(f"{product_id}-*.{short}.html"))
    path, version = _in_force(
        product_id if own else (MERCHANT if pays_merchant else GENERAL), f".{short}.html", on_date
    )
    text = _text(path, path.stat().st_mtime_ns)
    return ContractTemplate(product_id=product_id, version=version, language=short, text=text)


def get_lender(*, on_date: date) -> Lender:
    """This function will return the lender as contracts name it on `on_date`. Raises: ContractTextInvalid."""
    path, _ = _in_force("lender", ".toml", on_date)
    return parse_lender(text=_text(path, path.stat().st_mtime_ns), file=path.name)


def list_customers_by_number(number: str) -> list[str]:
    """This function will return whose quotes have a number (`Q-7F3A-20`, which several may share). One query."""
    first, end = spoken_range(number)
    rows = list_rows_where(QuoteRow, "number = %s AND id >= %s AND id < %s", [number, first, end])
    return sorted({row.customer_id for row in rows})
