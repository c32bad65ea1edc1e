"""Write verbs of protection: consents and cases. Each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db.models import F

from puhui.core.ids import derive_id
from puhui.protection.domain import (
    Case,
    CaseAct,
    CaseKind,
    CaseOutcome,
    CaseParty,
    CaseState,
    Consent,
    ConsentNotGiven,
    parse_purpose,
)
from puhui.protection.domain.cases import case_month, case_number, clean_text, next_state
from puhui.protection.models import CaseEventRow, CaseMonthRow, CaseRow, ConsentEventRow, ConsentRow
from puhui.protection.queries import CaseUnknown
from puhui.runtime.rows import find_row, insert_all_if_absent, insert_if_absent, insert_row, list_rows
from puhui.runtime.sealing import seal, unseal
from puhui.runtime.transactions import require_transaction


def give_consent(
    *, id: str, customer_id: str, purpose: str, text_version: str, subject: str = "", now: datetime
) -> Consent:
    """This function will record that she gave a consent, and return it.

    A consent in force under the same text is returned as it is; one under another text ends now and is replaced.
    Raises: ConsentPurposeUnknown.
    """
    require_transaction()
    wanted = parse_purpose(purpose)
    current = _lock_consent(customer_id, wanted.value, subject)
    if current is not None and current.text_version == text_version:
        return current.to_domain()
    if current is not None:
        _end_consent(current, "replaced", now)
    row = ConsentRow(
        id=id,
        customer_id=customer_id,
        purpose=wanted.value,
        text_version=text_version,
        subject=subject,
        given_at=now,
    )
    if not insert_if_absent(
        row
    ):  # two pages at the same instant: the unique index of what is in force decides
        first = _lock_consent(customer_id, wanted.value, subject)
        assert first is not None and first.text_version == text_version, "one id, one consent"
        return first.to_domain()
    insert_row(ConsentEventRow(consent_id=id, act="given", at=now))
    return row.to_domain()


def give_consents(*, ids: Mapping[str, str], customer_id: str, text_version: str, now: datetime) -> None:
    """This function will record the consents that she gave on one page, each as `give_consent` does, in a few queries.

    `ids` holds the id of each new consent by its purpose. Raises: ConsentPurposeUnknown.
    """
    require_transaction()
    held = {
        row.purpose: row
        for row in list_rows(ConsentRow, lock=True, customer_id=customer_id, subject="", withdrawn_at=None)
    }
    fresh: list[ConsentRow] = []
    for purpose, id in ids.items():
        wanted = parse_purpose(purpose).value
        current = held.get(wanted)
        if current is not None and current.text_version == text_version:
            continue
        if current is not None:
            _end_consent(current, "replaced", now)
        row = ConsentRow(
            id=id,
            customer_id=customer_id,
            purpose=wanted,
            text_version=text_version,
            subject="",
            given_at=now,
        )
        fresh.append(row)
    if insert_all_if_absent(fresh) < len(fresh):  # another page was quicker with some of them
        fresh = [row for row in fresh if find_row(ConsentRow, id=row.id) is not None]
    insert_all_if_absent([ConsentEventRow(consent_id=row.id, act="given", at=now) for row in fresh])


def withdraw_consent(*, customer_id: str, purpose: str, now: datetime, subject: str = "") -> Consent:
    """This function will end the consent in force for a purpose (and subject) and return it.

    Raises: ConsentPurposeUnknown; ConsentNotGiven.
    """
    require_transaction()
    current = _lock_consent(customer_id, parse_purpose(purpose).value, subject)
    if current is None:
        raise ConsentNotGiven(purpose=purpose)
    _end_consent(current, "withdrawn", now)
    return current.to_domain()


def _lock_consent(customer_id: str, purpose: str, subject: str) -> ConsentRow | None:
    return find_row(
        ConsentRow, lock=True, customer_id=customer_id, purpose=purpose, subject=subject, withdrawn_at=None
    )


def _end_consent(row: ConsentRow, act: str, now: datetime) -> None:
    assert now >= row.given_at, "a consent does not end before it was given"
    row.withdrawn_at = now
    row.save(force_update=True, update_fields=["withdrawn_at"])
    insert_row(ConsentEventRow(consent_id=row.id, act=act, at=now))


def open_case(
    *,
    id: str,
    customer_id: str,
    kind: str,
    about: str,
    text: str,
    now: datetime,
    due_at: datetime,
    hold: bool,
) -> Case:
    """This function will open a complaint, question or request for help, number it, and return it.

    `text` is sealed; a request for help may be empty, for pressing is enough. `due_at` comes from `last_instant` and
    the house policy's `case_days`. Raises: CaseTextMissing, CaseTextTooLong.
    """
    require_transaction()
    wanted = CaseKind(kind)
    cleaned = clean_text(text, required=wanted is not CaseKind.HELP)
    row = CaseRow(
        id=id,
        number=_next_number(now),
        customer_id=customer_id,
        kind=wanted.value,
        about=about,
        text_sealed=seal(cleaned),
        state=CaseState.OPEN.value,
        hold=hold,
        opened_at=now,
        due_at=due_at,
        last_seq=1,
    )
    insert_row(row)
    opened = derive_id("case.event", id, CaseAct.OPENED.value)
    _add_event(row, id=opened, act=CaseAct.OPENED, by=CaseParty.CUSTOMER, author="", text=cleaned, now=now)
    return row.to_domain(text=cleaned)


def _next_number(now: datetime) -> str:
    month = case_month(now, zone=settings.LENDER["zone"])
    CaseMonthRow.objects.bulk_create([CaseMonthRow(month=month, last=0)], ignore_conflicts=True)
    CaseMonthRow.objects.filter(month=month).update(last=F("last") + 1)  # locks the row until commit
    return case_number(month, CaseMonthRow.objects.get(month=month).last)


def record_case_note(*, id: str, case_id: str, by: str, author: str = "", text: str, now: datetime) -> Case:
    """This function will add a note (`by`: "customer", "staff" or "house") to a case and return the case.

    Raises: CaseUnknown; CaseOver; CaseTextMissing, CaseTextTooLong.
    """
    require_transaction()
    return _act(id, case_id, CaseAct.NOTED, CaseParty(by), author, text, now, required=True)


def take_case(*, id: str, case_id: str, handler: str, now: datetime) -> Case:
    """This function will record that a person (`handler`: the name she sees) has the case, and return it.

    Raises: CaseUnknown; CaseOver.
    """
    require_transaction()
    return _act(id, case_id, CaseAct.TAKEN, CaseParty.STAFF, handler, "", now, handler=handler)


def close_case(
    *, id: str, case_id: str, outcome: str, author: str, text: str, now: datetime, by: str = CaseParty.STAFF
) -> Case:
    """This function will close a case with its answer and return it; `by`: "staff", or "house" where no person acted.

    `outcome` is "upheld", "partly_upheld", "not_upheld", "answered" or "helped"; `text` is the answer that she reads.
    Raises: CaseUnknown; CaseOver; CaseTextMissing, CaseTextTooLong.
    """
    require_transaction()
    return _act(id, case_id, CaseAct.CLOSED, CaseParty(by), author, text, now, required=True, outcome=outcome)


def withdraw_case(*, id: str, case_id: str, now: datetime) -> Case:
    """This function will record that she took her case back, and return it. Raises: CaseUnknown; CaseOver."""
    require_transaction()
    return _act(id, case_id, CaseAct.WITHDRAWN, CaseParty.CUSTOMER, "", "", now)


def _act(
    id: str,
    case_id: str,
    act: CaseAct,
    by: CaseParty,
    author: str,
    text: str,
    now: datetime,
    *,
    required: bool = False,
    handler: str = "",
    outcome: str = "",
) -> Case:
    """Lock the case, refuse what the table does not know, write event and state together."""
    row = find_row(CaseRow, lock=True, id=case_id)
    if row is None:
        raise CaseUnknown(case_id)
    case = row.to_domain(text=unseal(row.text_sealed))
    state = next_state(case, act)
    cleaned = clean_text(text, required=required)
    row.state = state.value
    row.last_seq += 1
    row.handler = handler or row.handler
    row.outcome = CaseOutcome(outcome).value if outcome else ""
    row.closed_at = now if state in {CaseState.CLOSED, CaseState.WITHDRAWN} else None
    row.save(force_update=True, update_fields=["state", "last_seq", "handler", "outcome", "closed_at"])
    _add_event(row, id=id, act=act, by=by, author=author, text=cleaned, now=now)
    return row.to_domain(text=case.text)


def _add_event(
    row: CaseRow, *, id: str, act: CaseAct, by: CaseParty, author: str, text: str, now: datetime
) -> None:
    insert_row(
        CaseEventRow(
            id=id,
            case_id=row.id,
            seq=row.last_seq,
            act=act.value,
            by=by.value,
            author=author,
            text_sealed=seal(text) if text else "",
            at=now,
        )
    )
