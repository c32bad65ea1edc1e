"""How each stored thing is read as it lies, and worked out again from what it came from: for auditors."""

from __future__ import annotations

import json
from typing import Any

from puhui.core.canonical import canonical_bytes, content_hash, plain
from puhui.core.ids import reference
from puhui.decisions.domain.codec import read_input
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.stored import ApplicationUnknown
from puhui.decisions.queries import (
    get_application,
    get_decision,
    get_decision_row,
    get_rules_by_hash,
)
from puhui.facts.queries import find_vector
from puhui.journeys import serve_features, staff_events
from puhui.ledger.queries import list_entries
from puhui.loans.domain import LoanEvent, from_quote, position, snapshot_of, terms_to_plain
from puhui.loans.domain.rebuild import rebuild_postings
from puhui.loans.queries import find_loan, find_snapshot, get_contract, list_stored_events
from puhui.offers.domain.standing import proofs_hash
from puhui.offers.queries import get_quote

MOST = 100_000  # ledger entries of one loan


def decision(id: str) -> dict[str, Any]:
    """This function will return a decision as stored. Raises: DecisionUnknown."""
    row = get_decision_row(id)
    return {
        **row,
        "output_json": json.loads(row["output_json"]),
        "input_json": json.loads(row["input_json"]),
        "features": plain(find_vector(id)),
    }


def decision_again(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """This function will decide the stored input again, compute the features that it was served again from the history,
    and say what every column must then be.
    """
    seen = read_input(json.dumps(row["input_json"]))
    hashes = {name: getattr(seen, name) for name in ("policy_sha256", "model_sha256", "prices_sha256")}
    made = decide(seen, rules=get_rules_by_hash(**hashes))
    try:
        customer_id = get_application(seen.application_id).customer_id
    except ApplicationUnknown:
        customer_id = ""
    text = get_decision_row(id)["input_json"]
    served = find_vector(id)
    features = serve_features.rebuild(get_decision(id), served) if served else None
    return {
        "id": id, "number": reference("D", id, seen.on_date.isoformat()), "application_id": seen.application_id,
        "customer_id": customer_id, "verdict": made.verdict.kind, "grade": made.grade, "points": made.points,
        "limit_minor": made.limit_minor, "annual_rate_ppm": made.price.annual_rate_ppm,
        "input_json": row["input_json"], "output_json": plain(made), "input_hash": content_hash(text.encode()),
        "output_hash": content_hash(canonical_bytes(made)), **hashes, "evaluator_sha256": seen.evaluator_sha256,
        "decided_at": seen.decided_at, "proofs": proofs_hash(seen, beside=row["proofs"]),
        "features": plain(features),
    }  # fmt: skip


def loan(id: str) -> dict[str, Any] | None:
    """This function will return a loan with its terms and list figures as stored, None when there is none."""
    found = find_loan(id=id)
    if found is None:
        return None
    contract = get_contract(id=found.contract_id)
    return {
        "loan": plain(found),
        "terms": terms_to_plain(contract.terms),
        "list": plain(find_snapshot(loan_id=id)),
        "events": staff_events.stored(list_stored_events(loan_id=id)),
    }


def loan_again(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """This function will work a loan out again from its signed quote and its events."""
    found, snapshot = find_loan(id=id), find_snapshot(loan_id=id)
    assert found is not None and snapshot is not None, "a loan has its list figures"
    quote = get_quote(id=get_contract(id=found.contract_id).quote_id)
    terms, events = from_quote(quote=quote), list_stored_events(loan_id=id)
    there = position(terms=terms, events=events, as_of=snapshot.as_of)
    listed = snapshot_of(loan_id=id, customer_id=quote.customer_id, position=there)
    known = {"principal_minor": terms.principal_minor, "currency": terms.currency, "line_id": quote.line_id}
    state = {"customer_id": quote.customer_id, "state": there.state.value}
    return {
        "loan": {**row["loan"], **known, **state},
        "terms": terms_to_plain(terms),
        "list": plain(listed),
        "events": staff_events.again(loan_id=id, terms=terms, events=events),
    }


def entries(id: str) -> dict[str, Any] | None:
    """This function will return the entries that a loan's events made, by source, None when there is no such loan."""
    if find_loan(id=id) is None:
        return None
    found: dict[str, list[Any]] = {}
    for entry in list_entries(loan_id=id, limit=MOST):
        if entry.source.startswith("event:"):
            line = {**plain(entry.posting), "business_date": entry.business_date.isoformat()}
            found.setdefault(entry.source, []).append(line)
    return found


def entries_again(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """This function will work out which entries the events must have made."""
    found = find_loan(id=id)
    assert found is not None
    terms = from_quote(quote=get_quote(id=get_contract(id=found.contract_id).quote_id))
    events: dict[str, LoanEvent] = {one.id: one for one in list_stored_events(loan_id=id)}
    again = rebuild_postings(terms=terms, events=list(events.values()))
    return {
        f"event:{name}": [
            {**plain(one), "business_date": events[name].booking_date.isoformat()} for one in lines
        ]
        for name, lines in again.items()
        if lines
    }
