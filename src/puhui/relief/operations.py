"""Write verbs of relief. Each locks what it changes, refuses by the one table of transitions, then writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from puhui.core.canonical import plain
from puhui.core.refusals import Refusal
from puhui.relief.domain import (
    AgreementAct,
    AgreementState,
    ProgrammeMember,
    ReliefAgreement,
    ReliefLoan,
    ReliefOffer,
    ReliefPlan,
    ReliefPolicy,
    ReliefRequest,
    RequestAct,
    RequestState,
    budget_name,
    next_agreement_state,
    next_request_state,
    parse_cause,
)
from puhui.relief.domain.codec import answer_to_plain, plans_to_text
from puhui.relief.models import (
    AgreementEventRow,
    AgreementRow,
    DrawRow,
    MemberRow,
    OfferRow,
    PoolRow,
    PreparedRow,
    QuizRow,
    RequestEventRow,
    RequestRow,
)
from puhui.relief.queries import ReliefOfferMissing, ReliefRequestNotFound, find_open_request
from puhui.runtime.rows import find_row, insert_if_absent, insert_row, update_row, upsert_rows
from puhui.runtime.sealing import seal
from puhui.runtime.transactions import require_transaction


class ReliefOfferExpired(Refusal):
    """The last instant at which these options could be signed has passed."""

    field = "offer"
    status = 409


class ReliefOfferReplaced(Refusal):
    """Newer options were worked out since; these can no longer be signed."""

    field = "offer"
    status = 409


class ReliefOfferStale(Refusal):
    """Something happened to the loan since the options were worked out."""

    field = "offer"
    status = 409


class WaiverPoolShort(Refusal):
    """What is left for waivers no longer covers this option."""

    field = "offer"
    status = 409


def open_request(
    *, id: str, case_id: str, customer_id: str, loan_id: str, cause: str, now: datetime
) -> ReliefRequest:
    """This function will open a request for a loan and return it; where one is open, that one, under this cause.

    Two presses at once make one request. Raises: ReliefCauseUnknown.
    """
    require_transaction()
    row = RequestRow(
        id=id,
        case_id=case_id,
        customer_id=customer_id,
        loan_id=loan_id,
        cause=parse_cause(cause),
        state=next_request_state(None, RequestAct.ASK).value,
        opened_at=now,
        last_seq=1,
    )
    if not insert_if_absent(row):
        first = find_open_request(loan_id=loan_id) or find_row(RequestRow, id=id)
        assert first is not None, "the open request that stood in the way"
        return (
            first
            if isinstance(first, ReliefRequest) and first.cause == cause
            else set_cause(request_id=first.id, cause=cause, now=now)
        )
    _add(row, RequestAct.ASK, cause, now)
    return row.to_domain()


def set_cause(*, request_id: str, cause: str, now: datetime) -> ReliefRequest:
    """This function will correct what happened, while the request is open. Raises: ReliefRequestNotFound,
    ReliefCauseUnknown, ReliefRequestOver.
    """
    row = _lock(request_id)
    row.cause = parse_cause(cause)
    _move(row, RequestAct.CAUSE, cause, now, "cause")
    return row.to_domain()


def record_offer(*, offer: ReliefOffer) -> ReliefOffer:
    """This function will keep what was worked out; it takes the place of any earlier offer of the request. The same id
    again changes nothing. Raises: ReliefRequestNotFound, ReliefRequestOver.
    """
    row = _lock(offer.request_id)
    if find_row(OfferRow, id=offer.id) is not None:
        return offer
    _move(row, RequestAct.OFFER, offer.id, offer.made_at)
    body = {"budget": plain(offer.budget), "answer": answer_to_plain(offer.answer)}
    insert_row(
        OfferRow(
            id=offer.id,
            request_id=offer.request_id,
            seq=row.last_seq,
            customer_id=offer.customer_id,
            loan_id=offer.loan_id,
            on_date=offer.on_date,
            event_count=offer.event_count,
            cause=offer.cause,
            card_count=len(offer.answer.cards),
            because=offer.answer.because.value if offer.answer.because else "",
            body_sealed=seal(json.dumps(body, sort_keys=True, separators=(",", ":"))),
            policy_version=offer.policy_version,
            policy_sha256=offer.policy_sha256,
            granted_by=offer.granted_by,
            made_at=offer.made_at,
            valid_until=offer.valid_until,
        )
    )
    return offer


def refuse_unsignable(*, offer: ReliefOffer, event_count: int, now: datetime) -> None:
    """This function will hold the request until the end of the transaction and return where the offer may be signed.

    Raises, in this order: ReliefRequestNotFound, ReliefRequestOver, ReliefOfferReplaced, ReliefOfferExpired,
    ReliefOfferStale.
    """
    row = _lock(offer.request_id)
    next_request_state(RequestState(row.state), RequestAct.AGREE)
    newest = OfferRow.objects.filter(request_id=row.id).order_by("-seq").values_list("id", flat=True).first()
    if newest is None:
        raise ReliefOfferMissing()
    if newest != offer.id:
        raise ReliefOfferReplaced()
    if now > offer.valid_until:
        raise ReliefOfferExpired(valid_until=offer.valid_until)
    if event_count != offer.event_count:
        raise ReliefOfferStale()


def agree_relief(*, agreement: ReliefAgreement) -> ReliefAgreement:
    """This function will record a signed plan; the agreement under which the loan was paid until now ends.

    Raises: ReliefRequestNotFound, ReliefRequestOver.
    """
    row = _lock(agreement.request_id)
    _move(row, RequestAct.AGREE, agreement.offer_id, agreement.signed_at)
    for earlier in AgreementRow.objects.filter(loan_id=agreement.loan_id).exclude(
        state__in=[AgreementState.KEPT.value, AgreementState.REPLACED.value]
    ):
        move_agreement(id=earlier.id, act=AgreementAct.REPLACE, now=agreement.signed_at)
    made = AgreementRow(
        **{name: getattr(agreement, name) for name in ReliefAgreement.__slots__ if name != "state"},
        state=next_agreement_state(None, AgreementAct.SIGN).value,
        last_seq=1,
    )
    insert_row(made)
    insert_row(AgreementEventRow(agreement_id=made.id, seq=1, act="sign", at=agreement.signed_at))
    return made.to_domain()


def close_request(*, request_id: str, now: datetime) -> ReliefRequest:
    """This function will close an open request without a change. Raises: ReliefRequestNotFound, ReliefRequestOver."""
    row = _lock(request_id)
    _move(row, RequestAct.CLOSE, "", now)
    return row.to_domain()


def move_agreement(*, id: str, act: AgreementAct, now: datetime) -> ReliefAgreement:
    """This function will let something happen to an agreement. Raises: ReliefAgreementOver."""
    require_transaction()
    row = find_row(AgreementRow, lock=True, id=id)
    assert row is not None, "an agreement of ours"
    row.state = next_agreement_state(AgreementState(row.state), act).value
    row.last_seq += 1
    update_row(row, ["state", "last_seq"])
    insert_row(AgreementEventRow(agreement_id=id, seq=row.last_seq, act=act.value, at=now))
    return row.to_domain()


def draw_pool(
    *, name: str, total_minor: int, currency: str, agreement_id: str, amount_minor: int, now: datetime
) -> int:
    """This function will take `amount_minor` from a waiver pool for an agreement, once, and return what is left.

    The pool is locked until the commit, so that its last yuan is given once. Raises: WaiverPoolShort.
    """
    require_transaction()
    insert_if_absent(PoolRow(name=name, currency=currency, total_minor=total_minor, left_minor=total_minor))
    row = find_row(PoolRow, lock=True, name=name)
    assert row is not None and row.currency == currency, "a pool has one currency"
    if find_row(DrawRow, agreement_id=agreement_id) is not None:
        return row.left_minor
    if row.left_minor < amount_minor:
        raise WaiverPoolShort(left_minor=row.left_minor, currency=currency)
    row.left_minor -= amount_minor
    update_row(row, ["left_minor"])
    insert_row(DrawRow(agreement_id=agreement_id, pool_id=name, amount_minor=amount_minor, at=now))
    return row.left_minor


def keep_prepared(
    *, loan_id: str, loan: ReliefLoan, plans: Sequence[ReliefPlan], policy: ReliefPolicy
) -> None:
    """This function will keep the plans of a loan, worked out ahead; the newest take the place of earlier ones."""
    require_transaction()
    row = PreparedRow(
        loan_id=loan_id,
        on_date=loan.asked_on,
        event_count=len(loan.events),
        policy_sha256=policy.sha256,
        body=plans_to_text(plans),
    )
    upsert_rows([row])


def enrol(*, member: ProgrammeMember, budget_minor: int, currency: str) -> bool:
    """This function will put a loan into its group of a programme, once, and take what it is given from the programme's
    budget; False, and nothing changes, where it is in already or the budget does not cover it.
    """
    require_transaction()
    if find_row(MemberRow, programme=member.programme, loan_id=member.loan_id) is not None:
        return False
    name = budget_name(member.programme)
    insert_if_absent(PoolRow(name=name, currency=currency, total_minor=budget_minor, left_minor=budget_minor))
    pool = find_row(PoolRow, lock=True, name=name)
    assert pool is not None and pool.currency == currency, "a budget has one currency"
    if pool.left_minor < member.given_minor:
        return False
    row = MemberRow(**{field: getattr(member, field) for field in ProgrammeMember.__slots__})
    if not insert_if_absent(row):
        return False
    if member.given_minor:
        pool.left_minor -= member.given_minor
        update_row(pool, ["left_minor"])
    return True


def record_quiz(
    *, id: str, customer_id: str, lesson: str, version: str, right: int, questions: int, now: datetime
) -> None:
    """This function will keep the result of a quiz; the same id again changes nothing."""
    require_transaction()
    insert_if_absent(
        QuizRow(
            id=id,
            customer_id=customer_id,
            lesson=lesson,
            version=version,
            right_count=right,
            question_count=questions,
            at=now,
        )
    )


def _lock(request_id: str) -> RequestRow:
    require_transaction()
    row = find_row(RequestRow, lock=True, id=request_id)
    if row is None:
        raise ReliefRequestNotFound()
    return row


def _move(row: RequestRow, act: RequestAct, said: str, now: datetime, *names: str) -> None:
    row.state = next_request_state(RequestState(row.state), act).value
    row.last_seq += 1
    update_row(row, ["state", "last_seq", *names])
    _add(row, act, said, now)


def _add(row: RequestRow, act: RequestAct, said: str, now: datetime) -> None:
    insert_row(RequestEventRow(request_id=row.id, seq=row.last_seq, act=act.value, said=said, at=now))
