"""Whoever looks at a person's data, or takes rows out of the house, leaves a line in the audit chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def file_opened(*, customer_id: str, by: str, now: datetime) -> None:
    """This function will write to a customer's log that a member of staff opened her file."""
    _record(action="customer.file_viewed", subject=f"customer:{customer_id}", by=by, detail={}, now=now)


def document_opened(*, customer_id: str, sha256: str, by: str, now: datetime) -> None:
    """This function will write to a customer's log that a member of staff read one of her documents."""
    detail = {"sha256": sha256}
    _record(
        action="customer.document_viewed", subject=f"customer:{customer_id}", by=by, detail=detail, now=now
    )


def exported(*, table: str, as_of: str, rows: int, by: str, now: datetime) -> None:
    """This function will write that rows of the portfolio left the house as a file."""
    detail = {"as_of": as_of, "rows": rows}
    _record(action="portfolio.exported", subject=f"portfolio:{table}", by=by, detail=detail, now=now)


def replayed(*, kind: str, sampled: int, identical: int, by: str, now: datetime) -> None:
    """This function will write what an auditor replayed and what came of it."""
    detail = {"sampled": sampled, "identical": identical}
    _record(action="audit.replayed", subject=f"replay:{kind}", by=by, detail=detail, now=now)


def second_factor(*, login: str, what: str, now: datetime) -> None:
    """This function will write that a member of staff used, added or removed a second factor."""
    _record(action=f"second_factor.{what}", subject=f"staff:{login}", by=login, detail={}, now=now)


def _record(*, action: str, subject: str, by: str, detail: Mapping[str, object], now: datetime) -> None:
    with transaction():
        record_audit(actor=f"staff:{by}", action=action, subject=subject, detail=dict(detail), now=now)
