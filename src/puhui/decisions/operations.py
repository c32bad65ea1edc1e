"""Write verbs of decisions. Each locks the application, refuses by the one table of transitions, then writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from puhui.core.canonical import canonical_bytes, content_hash
from puhui.core.ids import reference
from puhui.core.time import business_date
from puhui.decisions.domain.application import (
    TRANSITIONS,
    ApplicationAlreadySent,
    ApplicationInput,
    ApplicationNotSent,
    ApplicationState,
    NotAwaitingPerson,
    check_typed,
)
from puhui.decisions.domain.second_scan import ScanNotHeld, ScanPolicy, ScanUnknown, ScanVerdict, SecondScan
from puhui.decisions.domain.stored import (
    AnotherApplicationOpen,
    Application,
    ApplicationUnknown,
    StoredDecision,
)
from puhui.decisions.domain.values import Decision, DecisionInput
from puhui.decisions.models import (
    ApplicationEventRow,
    ApplicationRow,
    DecisionRow,
    ScanAnswerRow,
    SecondScanRow,
)
from puhui.runtime.rows import (
    find_row,
    insert_if_absent,
    insert_row,
    insert_soon,
    list_rows_where,
    new_row,
    update_row,
    update_soon,
)
from puhui.runtime.transactions import require_transaction


def save_application(*, id: str, customer_id: str, fields: Mapping[str, str], now: datetime) -> Application:
    """This function will keep fields as typed, opening the application if it is new; other fields stay.

    Raises: ApplicationFieldUnknown, TypedTooLong, ApplicationUnknown (of another customer), ApplicationAlreadySent,
    AnotherApplicationOpen.
    """
    require_transaction()
    typed = check_typed(fields)
    row = find_row(ApplicationRow, lock=True, id=id)
    if row is None:
        opened = _open(id, customer_id, typed, now)
        if opened is None:  # she has one that is open; also of two at the same instant
            raise AnotherApplicationOpen()
        return opened
    if row.customer_id != customer_id:
        raise ApplicationUnknown()
    _next_state(row, "save")
    row.typed_json = _text({**json.loads(row.typed_json), **typed})
    row.saved_at = now
    update_row(row, ["typed_json", "saved_at"])
    return row.to_domain()


def open_application(*, id: str, customer_id: str, fields: Mapping[str, str], now: datetime) -> Application:
    """This function will keep fields as typed in a new application, or add them to the one that she has open.

    The unique key decides, so that no query looks for an open one first. Raises: as `save_application`.
    """
    require_transaction()
    opened = _open(id, customer_id, check_typed(fields), now)
    if opened is not None:
        return opened
    there = list_rows_where(
        ApplicationRow, "customer_id = %s AND state IN ('draft', 'submitted')", [customer_id]
    )
    known = there[0].id if there else id
    return save_application(id=known, customer_id=customer_id, fields=fields, now=now)


def submit_application(
    *, id: str, application: ApplicationInput, now: datetime, held: Application | None = None
) -> Application:
    """This function will send an application whose figures were checked; sending the same again changes nothing.

    `held` is the application as it stands, for who holds it by `queries.lock_application` in this transaction.
    Raises: ApplicationUnknown; ApplicationAlreadySent when it was sent with other figures.
    """
    require_transaction()
    held = held or _lock(id).to_domain()
    if held.state is not ApplicationState.DRAFT:
        if held.submitted != application:
            raise ApplicationAlreadySent(number=held.number)
        return held
    state = TRANSITIONS[held.state, "submit"]
    sent = {"state": state.value, "submitted_json": _text(application), "submitted_at": now}
    update_soon(
        ApplicationRow, sent, certain="who holds a draft may send it", id=held.id, state=held.state.value
    )
    _append(held.id, "submit", state, now)
    return replace(held, state=state, submitted=application, submitted_at=now)


def record_decision(
    *, id: str, application_id: str, input: DecisionInput, decision: Decision, now: datetime
) -> StoredDecision:
    """This function will keep a decision with everything that it saw; the same again changes nothing.

    Raises: ApplicationUnknown; ApplicationNotSent for a draft; ApplicationAlreadySent when another decision stands.
    """
    require_transaction()
    assert input.application_id == application_id, "a decision is kept with its own application"
    assert input.person is None, "a person's decision has its own verb"
    row = _lock(application_id)
    made = _made(id, row, input, decision)
    if not DecisionRow.objects.filter(id=id, input_hash=made.input_hash).exists():
        _conclude(row, made, "decide", now)
    return _as_stored(made, input, decision)


def record_person_decision(
    *, id: str, application_id: str, input: DecisionInput, decision: Decision, now: datetime
) -> StoredDecision:
    """This function will keep what a person decided, beside the referral that asked her; the same again changes nothing.

    Raises: ApplicationUnknown; NotAwaitingPerson when the policy did not refer, or a person has decided already.
    """
    require_transaction()
    assert input.application_id == application_id and input.person is not None
    row = _lock(application_id)
    made = _made(id, row, input, decision)
    if not DecisionRow.objects.filter(id=id, input_hash=made.input_hash).exists():
        verdicts = set(
            DecisionRow.objects.filter(application_id=application_id).values_list("verdict", flat=True)
        )
        if verdicts != {"referred"}:
            raise NotAwaitingPerson()
        _conclude(row, made, "person", now)
    return _as_stored(made, input, decision)


def record_proof_decision(
    *,
    id: str,
    application_id: str,
    input: DecisionInput,
    decision: Decision,
    proofs: Sequence[str],
    now: datetime,
) -> StoredDecision:
    """This function will keep a decision that rests on these proofs, beside the answer without them.

    Raises: ApplicationUnknown; ApplicationNotSent or ApplicationAlreadySent where there is no answer yet.
    """
    require_transaction()
    assert input.application_id == application_id and input.person is None
    row = _lock(application_id)
    made = _made(id, row, input, decision)
    made.proofs = content_hash(sorted(proofs))
    if not DecisionRow.objects.filter(id=id, input_hash=made.input_hash).exists():
        _conclude(row, made, "prove", now)
    return _as_stored(made, input, decision)


def _made(id: str, row: ApplicationRow, input: DecisionInput, decision: Decision) -> DecisionRow:
    seen, out = canonical_bytes(input), canonical_bytes(decision)
    return DecisionRow(
        id=id,
        number=reference("D", id, input.on_date.isoformat()),
        application_id=row.id,
        customer_id=row.customer_id,
        verdict=decision.verdict.kind,
        grade=decision.grade,
        points=decision.points,
        limit_minor=decision.limit_minor,
        annual_rate_ppm=decision.price.annual_rate_ppm,
        input_json=seen.decode(),
        output_json=out.decode(),
        input_hash=content_hash(seen),
        output_hash=content_hash(out),
        policy_sha256=input.policy_sha256,
        model_sha256=input.model_sha256,
        prices_sha256=input.prices_sha256,
        evaluator_sha256=input.evaluator_sha256,
        decided_at=input.decided_at,
    )


def _conclude(row: ApplicationRow, made: DecisionRow, act: str, now: datetime) -> None:
    row.state = _next_state(row, act).value
    insert_row(made)
    row.decided_at = now
    row.save(force_update=True, update_fields=["state", "decided_at"])
    _append(row.id, act, ApplicationState(row.state), now)


def _as_stored(made: DecisionRow, input: DecisionInput, decision: Decision) -> StoredDecision:
    return StoredDecision(
        id=made.id,
        number=made.number,
        application_id=made.application_id,
        customer_id=made.customer_id,
        input=input,
        decision=decision,
        input_hash=made.input_hash,
        output_hash=made.output_hash,
        decided_at=input.decided_at,
    )


def _open(id: str, customer_id: str, typed: dict[str, str], now: datetime) -> Application | None:
    """A new application, None where this one is there already or she has another that is open."""
    day = business_date(now, zone=settings.LENDER["zone"])
    row = new_row(
        ApplicationRow,
        id=id,
        number=reference("A", id, day.isoformat()),
        customer_id=customer_id,
        state=TRANSITIONS[None, "open"].value,
        typed_json=_text(typed),
        opened_at=now,
        saved_at=now,
    )
    if not insert_if_absent(row):
        return None
    insert_soon(new_row(ApplicationEventRow, application_id=id, seq=1, act="open", state=row.state, at=now))
    return row.to_domain()


def _lock(id: str) -> ApplicationRow:
    row = find_row(ApplicationRow, lock=True, id=id)
    if row is None:
        raise ApplicationUnknown()
    return row


def _next_state(row: ApplicationRow, act: str) -> ApplicationState:
    state = ApplicationState(row.state)
    if (state, act) not in TRANSITIONS:
        raise (
            ApplicationNotSent()
            if state is ApplicationState.DRAFT
            else ApplicationAlreadySent(number=row.number)
        )
    return TRANSITIONS[state, act]


SEQUENCE = {
    "open": 1,
    "submit": 2,
    "decide": 3,
    "person": 4,
}  # the only way through, so each act has its place


FIRST_MANY = 5  # place of the first act that may be repeated


def _append(id: str, act: str, state: ApplicationState, now: datetime) -> None:
    seq = SEQUENCE.get(act)
    if seq is None:  # may happen many times, after everything else
        seq = FIRST_MANY + ApplicationEventRow.objects.filter(application_id=id, act=act).count()
    insert_soon(new_row(ApplicationEventRow, application_id=id, seq=seq, act=act, state=state.value, at=now))


def _text(value: object) -> str:
    return canonical_bytes(value).decode()


def record_scan(
    *, id: str, order_id: str, customer_id: str, scan: SecondScan, policy: ScanPolicy, now: datetime
) -> None:
    """This function will keep a second scan; the same id again changes nothing."""
    require_transaction()
    read = {name: value for name, value in scan.step.because.items() if name != "row"}
    insert_if_absent(
        SecondScanRow(
            id=id,
            order_id=order_id,
            customer_id=customer_id,
            verdict=scan.verdict.value,
            reason=scan.reason,
            rule=scan.rule,
            values_json=canonical_bytes(read).decode(),
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            at=now,
        )
    )


def record_scan_answer(
    *, scan_id: str, verdict: ScanVerdict, asked_by: str, agreed_by: str, now: datetime
) -> None:
    """This function will record what two people concluded about a hold. Raises: ScanUnknown, ScanNotHeld."""
    require_transaction()
    assert verdict is not ScanVerdict.HOLD and asked_by != agreed_by, "two people let it pass or stop it"
    row = find_row(SecondScanRow, id=scan_id)
    if row is None:
        raise ScanUnknown()
    if row.verdict != ScanVerdict.HOLD.value:
        raise ScanNotHeld()
    answer = ScanAnswerRow(
        scan_id=scan_id, verdict=verdict.value, asked_by=asked_by, agreed_by=agreed_by, at=now
    )
    if not insert_if_absent(answer):
        raise ScanNotHeld()
