"""How a stored quote is read as it lies, and built again with the house's signature of it: for auditors."""

from __future__ import annotations

import json
from typing import Any

from puhui.decisions.queries import get_decision
from puhui.journeys import house
from puhui.journeys.held import holder_of, quoted_rate
from puhui.lines.queries import get_line
from puhui.offers.domain import Quote, build_quote, quote_from_plain, quote_sha256, quote_to_plain
from puhui.offers.domain.signed_text import signed_text
from puhui.offers.queries import get_quote_row
from puhui.products.domain import CapBasis, CapRule
from puhui.products.queries import get_product_version
from puhui.protection.queries import get_house_policy
from puhui.runtime.signing import sign_bytes


def quote(id: str) -> dict[str, Any]:
    """This function will return a quote as stored. Raises: QuoteNotFound."""
    row = get_quote_row(id)
    return {**row, "body": json.loads(row["body"])}


def quote_again(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """This function will build the quote again from her line and the policies of its day."""
    found = quote_from_plain(row["body"])
    again = _rebuilt(id, found)
    names = ("number", "customer_id", "line_id", "decision_id", "amount_minor", "currency", "issued_at")
    columns = {name: getattr(again, name) for name in (*names, "valid_until")}
    return {
        "id": id,
        "held_by": holder_of(found),
        **columns,
        "sha256": quote_sha256(again),
        "body": quote_to_plain(again),
        **_signed_again(again),
    }


def _signed_again(quote: Quote) -> dict[str, str]:
    """The house's signature made again: over the quote as built again, and the policy that its decision names."""
    policy = get_decision(quote.decision_id).input.policy_sha256
    text = signed_text(quote_to_plain(quote), policy_sha256=policy)
    return {"policy_sha256": policy, "house_signature": sign_bytes(text)}


def _rebuilt(id: str, quote: Quote) -> Quote:
    on_date = house.today(quote.issued_at)
    policy = get_house_policy(jurisdiction=house.lender().jurisdiction, on_date=on_date)
    line = get_line(id=quote.line_id)
    return build_quote(
        id=id, customer_id=line.customer_id, line_id=line.id, decision_id=quote.decision_id,
        product=get_product_version(id=quote.product_id, version=quote.product_version), amount_minor=quote.amount_minor,
        months=quote.months, method=quote.method, annual_rate_ppm=quoted_rate(quote),
        penalty_daily_rate_ppm=policy.penalty_daily_rate_ppm,
        cap=CapRule(cap_ppm=policy.apr_cap_ppm, basis=CapBasis(policy.apr_cap_basis)),
        withdrawal_days=policy.withdrawal_days, valid_days=policy.quote_valid_days, issued_at=quote.issued_at,
        zone=house.lender().zone, due_day=quote.due_day, purchase=quote.purchase, holidays=house.holidays(),
    )  # fmt: skip
