"""She, or the desk for her, takes a letter away: a statement, a payoff letter, why we declined, what we answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from puhui.core.refusals import Refusal
from puhui.customers.queries import get_identity
from puhui.decisions.domain.decline_letters import fill_decline_letter
from puhui.decisions.queries import find_application, find_decision, get_reason_texts
from puhui.journeys import credit_record, house, signed_texts
from puhui.loans.domain.loan_letters import fill_loan_letter, letter_days, letter_that_fits
from puhui.loans.queries import find_loan, get_contract, get_terms, list_events
from puhui.offers.domain import lender_values
from puhui.offers.queries import get_lender, get_quote
from puhui.payments.queries import list_accounts
from puhui.protection.domain import (
    CaseAct,
    CaseKind,
    CaseState,
    FilledLetter,
    LetterKind,
    fill_case_letter,
    render_letter,
)
from puhui.protection.queries import find_case, get_letter, list_case_events


class LetterUnknown(Refusal):
    """There is no letter of this name about this thing."""

    field = "letter"
    status = 404


class LetterNotDue(Refusal):
    """There is nothing for such a letter to say now: no payment is missing, nothing is left to pay off, no answer yet."""

    field = "letter"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter ready for paper."""

    name: str  # of its file, without ending: statement-L-20261120-7F3AKQ
    html: str  # the whole text
    author: str  # the lender


def write(
    *, customer_id: str, letter: str, about_id: str, as_of: date | None, language: str, now: datetime
) -> Letter:
    """This function will write one letter about a contract, a loan, an application or a complaint of this customer.

    A loan is read on `as_of`, today by default and never later. The same thing on the same day gives the same bytes. Raises:
    LetterUnknown for another name or another customer's thing; LetterNotDue when there is nothing to say.
    """
    on_date = min(as_of or house.today(now), house.today(now))
    lender = get_lender(on_date=on_date)
    name, _number = get_identity(customer_id)
    common = lender_values(lender=lender, name=name, on_date=on_date, language=language)
    if letter in signed_texts.FINDERS:
        signed = signed_texts.FINDERS[letter](customer_id, about_id)
        if signed is None:
            raise LetterUnknown()
        number, text = signed
        return Letter(name=number, html=text, author=common["lender_name"])
    if letter not in WRITERS:
        raise LetterUnknown()
    filled = WRITERS[letter](customer_id, about_id, on_date, language)
    try:
        words = get_letter(kind=filled.kind, jurisdiction=house.lender().jurisdiction, on_date=on_date)
    except LookupError:  # the house wrote no such letter yet on that day
        raise LetterNotDue() from None
    text = render_letter(
        letter=words,
        language=language,
        values={**common, **filled.values},
        tables=filled.tables,
    )
    return Letter(name=f"{filled.kind.value}-{filled.number}", html=text, author=common["lender_name"])


def _loan(kind: LetterKind, customer_id: str, about_id: str, on_date: date, language: str) -> FilledLetter:
    loan = find_loan(id=about_id)
    if loan is None or loan.customer_id != customer_id:
        raise LetterUnknown()
    terms, events = get_terms(loan_id=loan.id), list_events(loan_id=loan.id)
    days = letter_days(terms=terms, events=events, on_date=on_date)
    fitting = letter_that_fits(kind, days[0])
    if fitting is None:
        raise LetterNotDue()
    contract = get_contract(id=loan.contract_id)
    quote = get_quote(id=contract.quote_id)
    tails = [one.tail for one in list_accounts(customer_id=customer_id) if one.verified_at is not None]
    return fill_loan_letter(
        kind=fitting, loan=loan, contract=contract, terms=terms, events=events, days=days,
        product_name=quote.product_name_zh if language.startswith("zh") else quote.product_name_en,
        account_tail=next(iter(tails), ""), freeze_days=house.policy_on(on_date).freeze_days, language=language,
    )  # fmt: skip


def _declined(customer_id: str, about_id: str, on_date: date, language: str) -> FilledLetter:
    application = find_application(about_id)
    if application is None or application.customer_id != customer_id:
        raise LetterUnknown()
    stored = find_decision(application.id)
    if stored is None or stored.decision.verdict.kind != "declined":
        raise LetterNotDue()
    decided_on = house.today(stored.decided_at)
    return fill_decline_letter(
        application=application, stored=stored, texts=get_reason_texts(on_date=decided_on),
        applied_on=house.today(application.opened_at), decided_on=decided_on,
        question_days=house.policy_on(decided_on).question_days, currency=house.lender().currency, language=language,
    )  # fmt: skip


def _case(kind: LetterKind, customer_id: str, about_id: str, on_date: date, language: str) -> FilledLetter:
    case = find_case(about_id)
    if case is None or case.customer_id != customer_id or case.kind is not CaseKind.COMPLAINT:
        raise LetterUnknown()
    if kind is LetterKind.ANSWER and case.state is not CaseState.CLOSED:
        raise LetterNotDue()
    answers = [one.text for one in list_case_events(case.id) if one.act is CaseAct.CLOSED]
    days = house.policy_on(house.today(case.opened_at)).complaint_days
    return fill_case_letter(
        kind=kind,
        case=case,
        answer="".join(answers[-1:]),
        days=days,
        zone=house.lender().zone,
        language=language,
    )


LOAN_LETTERS = (LetterKind.STATEMENT, LetterKind.PAYOFF, LetterKind.REMINDER, LetterKind.ARREARS)
WRITERS: dict[str, Callable[[str, str, date, str], FilledLetter]] = {
    **{one.value: partial(_loan, one) for one in LOAN_LETTERS},
    LetterKind.DECLINED.value: _declined,
    LetterKind.RECORD.value: credit_record.fill,
    **{one.value: partial(_case, one) for one in (LetterKind.RECEIVED, LetterKind.ANSWER)},
}
