"""Her papers and the staff's reports on real pages: what if, statement, payoff letter, quality and income."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation

from puhui.customers.models import CustomerRow
from puhui.loans.domain import EventKind, Loan, LoanState
from puhui.loans.domain.papers import (
    account_statement,
    outstanding_after,
    payoff_figures,
    prepayment_choices,
)
from puhui.loans.queries import get_position, get_terms, list_events
from puhui.web.borrower.loan import RECEIPTS
from puhui.web.borrower.loan_view import event_name
from puhui.web.borrower.papers import choice_name
from puhui.web.templatetags.puhui import day, money
from tests import loans_kit
from tests.golden import loan_values as values
from tests.golden.golden import check
from tests.operations.web_kit import staff, text_of


def borrower_with_loan(index: int, language: str = "en") -> tuple[Client, Loan]:
    """This function will sign in a borrower whose loan was paid out and once paid."""
    loan = loans_kit.paid_out(index, product=values.general())
    due = get_position(loan_id=loan.id, as_of=date(2026, 12, 20)).due_minor
    loans_kit.record(loan, loans_kit.event(loan, EventKind.REPAY, date(2026, 12, 20), due))
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    user = CustomerRow.objects.get(id=loan.customer_id).user_id
    client.force_login(get_user_model().objects.get(pk=user))
    return client, loan


@pytest.mark.django_db
def test_a_long_history_shows_its_newest_receipts_and_the_rest_when_asked() -> None:
    client, loan = borrower_with_loan(32)
    for number in range(RECEIPTS):
        loans_kit.record(loan, loans_kit.event(loan, EventKind.REPAY, date(2026, 12, 21), 100 + number))
    moved = len(list_events(loan_id=loan.id))
    page = f"/loans/{loan.id}?as_of=2026-12-21"
    few = client.get(page).content.decode()
    assert few.count(f"/loans/{loan.id}/receipts/") == RECEIPTS < moved
    assert f"All {moved} receipts" in few
    every = client.get(f"{page}&receipts=all").content.decode()
    assert every.count(f"/loans/{loan.id}/receipts/") == moved
    assert f"All {moved} receipts" not in every


@pytest.mark.django_db
def test_papers_say_what_the_positions_say() -> None:
    _, loan = borrower_with_loan(31)
    terms, events = get_terms(loan_id=loan.id), list_events(loan_id=loan.id)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            there = get_position(loan_id=loan.id, as_of=date(2027, 1, 5))
            found = account_statement(
                terms=terms, events=events, position=there, first_date=date(2026, 11, 1)
            )
            lines = [
                f"{day(one.event.value_date)} | {event_name(one.event, terms)} | {money(one.event.amount_minor)} | {money(one.balance_minor)}"
                for one in found.lines
            ]
            letter = payoff_figures(
                terms=terms, events=events, today=date(2027, 1, 5), on_date=date(2027, 3, 1)
            )
            lines += [
                f"{day(letter.on_date)} | {money(letter.payoff_minor)} | {money(letter.interest_minor)} | {money(letter.saves_minor)}"
            ]
            choices = prepayment_choices(
                terms=terms,
                events=events,
                today=date(2027, 1, 5),
                on_date=date(2027, 2, 1),
                amount_minor=500_000,
            )
            lines += [
                f"{choice_name(one)} | {money(one.next_due_minor)} | {day(one.last_due_date)} | {money(one.cost_to_come_minor)} | {money(one.saved_minor)}"
                for one in choices
            ]
        check(f"loans/papers.{language}.txt", "\n".join(lines) + "\n")
    assert found.closing_minor == found.lines[-1].balance_minor
    assert choices[1].saved_minor > 0 and choices[2].saved_minor > 0


@pytest.mark.django_db
def test_pages_of_papers_answer_and_refuse() -> None:
    client, loan = borrower_with_loan(32)
    page = client.get(f"/loans/{loan.id}/statement?to=2027-01-05")
    assert page.status_code == 200 and "Paid out to you" in text_of(page.content)
    day_ahead = "2027-06-01"
    assert client.get(f"/loans/{loan.id}/payoff-letter?on={day_ahead}").status_code == 200
    page = client.get(f"/loans/{loan.id}/what-if?amount=5000&on={day_ahead}")
    assert page.status_code == 200 and "saves you up to" in text_of(page.content)
    assert page.content.decode().count('class="stair ') == 6  # three ways, each drawn and named
    for bad in (
        "amount=nothing",
        "amount=99999999",
        f"amount=0&on={day_ahead}",
        "amount=100&on=2020-01-01",
        "amount=1e9",
        "amount=100&on=9999-99-99",
    ):
        page = client.get(f"/loans/{loan.id}/what-if?{bad}")
        assert page.status_code == 200 and 'role="alert"' in page.content.decode(), bad
    other, _ = borrower_with_loan(33)
    assert other.get(f"/loans/{loan.id}/statement").status_code == 404


@pytest.mark.django_db
def test_what_is_still_owed_falls_at_once_by_an_early_payment() -> None:
    _, loan = borrower_with_loan(34)
    terms, events = get_terms(loan_id=loan.id), list_events(loan_id=loan.id)
    today, ahead = date(2027, 1, 5), date(2027, 2, 1)
    plain, early = (
        dict(
            outstanding_after(
                terms=terms, events=events, today=today, kind=kind, on_date=ahead, amount_minor=100_000
            )
        )
        for kind in (None, EventKind.PREPAY)
    )
    assert list(plain) == list(early) == sorted(plain)
    assert (
        plain[today] == early[today] == get_position(loan_id=loan.id, as_of=today).principal_outstanding_minor
    )
    assert 0 < plain[ahead] - early[ahead] <= 100_000
    assert all(early[one] <= left for one, left in plain.items())
    assert plain[max(plain)] == early[max(plain)] == 0


@pytest.mark.django_db
def test_the_reports_stand_on_three_dates() -> None:
    borrower_with_loan(34)
    client = staff("analyst")
    for on in ("2026-11-20", "2026-11-21", ""):
        page = client.get(f"/staff/reports?as_of={on}")
        assert page.status_code == 200, page.content[:300]
        assert page.content.decode().count('class="plot"') == 5
    assert (
        get_position(loan_id=borrower_with_loan(35)[1].id, as_of=date(2026, 12, 21)).state is LoanState.ACTIVE
    )
