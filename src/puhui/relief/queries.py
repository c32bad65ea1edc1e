"""What is asked of relief: the policy of a day, requests, the newest offer, agreements, what a pool has left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Sum

from puhui.core.refusals import Refusal
from puhui.relief.domain import (
    AgreementAct,
    Lesson,
    LessonBook,
    LessonUnknown,
    Programme,
    ProgrammeMember,
    ReliefAgreement,
    ReliefLoan,
    ReliefOffer,
    ReliefPlan,
    ReliefPolicy,
    ReliefRequest,
    RequestAct,
    budget_name,
)
from puhui.relief.domain.codec import answer_from_plain, budget_from_plain, plans_from_text
from puhui.relief.models import (
    LIVE,
    OPEN,
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
from puhui.relief.policy_files import lessons, policies, programmes
from puhui.runtime.rows import find_row, list_rows
from puhui.runtime.sealing import unseal


class ReliefRequestNotFound(Refusal):
    """There is no such request of this customer."""

    field = "request"
    status = 404


class ReliefOfferMissing(Refusal):
    """No options were worked out for this request yet."""

    field = "offer"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefEvent:
    """One thing that happened to a request or an agreement."""

    act: RequestAct | AgreementAct  # what
    said: str  # cause or offer that it names, may be empty
    at: datetime  # UTC


def get_relief_policy(*, on_date: date) -> ReliefPolicy:
    """This function will return the relief policy in force on a day; before the first file the first one's."""
    found = policies.get()
    valid = [one for one in found if one.holds_on(on_date)]
    return valid[-1] if valid else found[0]


def get_lesson_book(*, on_date: date) -> LessonBook:
    """This function will return the lessons of a day; before the first file the first one's."""
    found = lessons.get()
    valid = [one for one in found if one.valid_from <= on_date]
    return valid[-1] if valid else found[0]


def get_lesson(name: str, *, on_date: date) -> Lesson:
    """This function will return one lesson of a day. Raises: LessonUnknown."""
    found = get_lesson_book(on_date=on_date).lessons.get(name)
    if found is None:
        raise LessonUnknown()
    return found


def list_programmes() -> tuple[Programme, ...]:
    """This function will return every programme as its newest file says."""
    return programmes.get()


def list_quizzes(*, customer_id: str) -> dict[str, tuple[int, int]]:
    """This function will return her best result of each lesson: right answers, questions."""
    best: dict[str, tuple[int, int]] = {}
    for row in list_rows(QuizRow, order=("right_count", "id"), customer_id=customer_id):
        best[row.lesson] = (row.right_count, row.question_count)
    return best


def find_request(id: str) -> ReliefRequest | None:
    """This function will return one request, None when there is none."""
    row = find_row(RequestRow, id=id)
    return row.to_domain() if row else None


def get_request(id: str, *, customer_id: str) -> ReliefRequest:
    """This function will return a request of this customer. Raises: ReliefRequestNotFound, alike for absent and foreign."""
    found = find_request(id)
    if found is None or found.customer_id != customer_id:
        raise ReliefRequestNotFound()
    return found


def find_open_request(*, loan_id: str) -> ReliefRequest | None:
    """This function will return the open request for a loan, None when there is none."""
    row = RequestRow.objects.filter(loan_id=loan_id, state__in=OPEN).first()
    return row.to_domain() if row else None


def list_requests(
    *, customer_id: str | None = None, open_only: bool = False, limit: int = 200
) -> list[ReliefRequest]:
    """This function will return requests, newest first."""
    rows = RequestRow.objects.all()
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    if open_only:
        rows = rows.filter(state__in=OPEN)
    return [row.to_domain() for row in rows.order_by("-opened_at", "-id")[:limit]]


def list_request_events(request_id: str) -> list[ReliefEvent]:
    """This function will return what happened to a request, in order."""
    rows = list_rows(RequestEventRow, order=("seq",), request_id=request_id)
    return [ReliefEvent(act=RequestAct(row.act), said=row.said, at=row.at) for row in rows]


def list_agreement_events(agreement_id: str) -> list[ReliefEvent]:
    """This function will return what happened to an agreement, in order."""
    rows = list_rows(AgreementEventRow, order=("seq",), agreement_id=agreement_id)
    return [ReliefEvent(act=AgreementAct(row.act), said="", at=row.at) for row in rows]


def find_offer_row(*, request_id: str) -> tuple[str, date, int] | None:
    """This function will return id, date and number of loan events of the newest offer of a request."""
    row = OfferRow.objects.filter(request_id=request_id).order_by("-seq").first()
    return (row.id, row.on_date, row.event_count) if row else None


def get_offer(*, request_id: str, loan: ReliefLoan) -> ReliefOffer:
    """This function will return the newest offer of a request; `loan` is the loan as on the offer's date, with the events
    that it had then. Raises: ReliefOfferMissing.
    """
    row = OfferRow.objects.filter(request_id=request_id).order_by("-seq").first()
    if row is None:
        raise ReliefOfferMissing()
    assert loan.asked_on == row.on_date and len(loan.events) == row.event_count, "the loan of that date"
    body = json.loads(unseal(row.body_sealed))
    return ReliefOffer(
        id=row.id,
        request_id=row.request_id,
        customer_id=row.customer_id,
        loan_id=row.loan_id,
        on_date=row.on_date,
        event_count=row.event_count,
        cause=row.cause,
        budget=budget_from_plain(body["budget"]),
        answer=answer_from_plain(body["answer"], loan),
        policy_version=row.policy_version,
        policy_sha256=row.policy_sha256,
        granted_by=row.granted_by,
        made_at=row.made_at,
        valid_until=row.valid_until,
    )


def find_agreement(id: str) -> ReliefAgreement | None:
    """This function will return one agreement, None when there is none."""
    row = find_row(AgreementRow, id=id)
    return row.to_domain() if row else None


def find_agreement_of(*, request_id: str) -> ReliefAgreement | None:
    """This function will return the agreement that a request led to, None when it did not."""
    row = find_row(AgreementRow, request_id=request_id)
    return row.to_domain() if row else None


def find_live_agreement(*, loan_id: str) -> ReliefAgreement | None:
    """This function will return the agreement under which a loan is paid now, None when there is none."""
    row = AgreementRow.objects.filter(loan_id=loan_id, state__in=LIVE).first()
    return row.to_domain() if row else None


def list_agreements(*, customer_id: str) -> list[ReliefAgreement]:
    """This function will return the agreements of a customer, newest first."""
    rows = list_rows(AgreementRow, order=("-signed_at", "-id"), customer_id=customer_id)
    return [row.to_domain() for row in rows]


def list_live_agreements(*, after: str = "", limit: int = 200) -> list[ReliefAgreement]:
    """This function will return agreements that are being paid or were broken, by id: a page of the daily follow-up."""
    rows = AgreementRow.objects.filter(state__in=LIVE, id__gt=after).order_by("id")
    return [row.to_domain() for row in rows[:limit]]


def find_settlement(agreement: ReliefAgreement) -> tuple[int, int] | None:
    """This function will return what settles the loan by an agreement, minor units, and how many events the loan had when
    it was offered; None for an agreement that eases the loan.
    """
    row = OfferRow.objects.get(id=agreement.offer_id)
    cards = json.loads(unseal(row.body_sealed))["answer"]["cards"]
    price = cards[agreement.card]["plan"]["choice"]["settlement_minor"]
    return (price, row.event_count) if price else None


def get_pool_left(*, name: str, total_minor: int) -> int:
    """This function will return what a waiver pool has left, minor units; one that nobody drew on has all of it."""
    row = find_row(PoolRow, name=name)
    return row.left_minor if row else total_minor


def find_prepared(*, loan: ReliefLoan, loan_id: str, policy: ReliefPolicy) -> tuple[ReliefPlan, ...] | None:
    """This function will return the plans worked out ahead for the loan as it stands, None where there are none."""
    row = find_row(PreparedRow, loan_id=loan_id)
    if row is None or (row.on_date, row.event_count, row.policy_sha256) != (
        loan.asked_on,
        len(loan.events),
        policy.sha256,
    ):
        return None
    return plans_from_text(row.body, loan)


def list_request_loans(*, limit: int) -> list[str]:
    """This function will return the loan of every request, newest first, a loan as often as it was asked for."""
    return list(RequestRow.objects.order_by("-opened_at", "-id").values_list("loan_id", flat=True)[:limit])


def list_signed(*, limit: int) -> list[ReliefAgreement]:
    """This function will return agreements, newest first, whatever became of them."""
    return [row.to_domain() for row in AgreementRow.objects.order_by("-signed_at", "-id")[:limit]]


def list_members(
    *, programme: str | None = None, loan_ids: Sequence[str] | None = None, limit: int = 5_000
) -> list[ProgrammeMember]:
    """This function will return members of programmes, of one programme or some loans where given, newest first."""
    rows = MemberRow.objects.all()
    if programme is not None:
        rows = rows.filter(programme=programme)
    if loan_ids is not None:
        rows = rows.filter(loan_id__in=list(loan_ids))
    return [row.to_domain() for row in rows.order_by("-at", "-id")[:limit]]


def get_drawn() -> int:
    """This function will return all that agreements took from waiver pools, the budgets of programmes apart, minor units."""
    rows = DrawRow.objects.exclude(pool__name__startswith=budget_name(""))
    return int(rows.aggregate(total=Sum("amount_minor"))["total"] or 0)


def get_given(*, programme: str) -> int:
    """This function will return what a programme has given up, without being asked and by signed plans, minor units."""
    given = MemberRow.objects.filter(programme=programme).aggregate(total=Sum("given_minor"))["total"] or 0
    drawn = (
        DrawRow.objects.filter(pool_id=budget_name(programme)).aggregate(total=Sum("amount_minor"))["total"]
        or 0
    )
    return int(given) + int(drawn)


def count_refusals() -> list[tuple[str, int]]:
    """This function will count the newest answers without a plan by their reason, the most frequent first."""
    rows = (
        OfferRow.objects.filter(card_count=0)
        .values("because")
        .annotate(n=Count("id"))
        .order_by("-n", "because")
    )
    return [(row["because"], row["n"]) for row in rows]
