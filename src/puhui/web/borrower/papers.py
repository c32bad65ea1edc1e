"""Papers of a loan: what an early payment would change, a statement of its movements, a letter with the payoff."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.core.money import exponent, parse_minor
from puhui.core.refusals import Refusal
from puhui.customers.domain import Customer
from puhui.loans.domain import EventKind
from puhui.loans.domain.papers import (
    PrepaymentChoice,
    account_statement,
    outstanding_after,
    payoff_figures,
    prepayment_choices,
)
from puhui.web import charts, clock
from puhui.web.borrower.loan import LONGEST_DAYS
from puhui.web.borrower.loan_view import LoanView, event_name, own_loan, view_of
from puhui.web.borrower.session import show, signed_in, up
from puhui.web.middleware import words_of
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import day, day_table, money

STAIRS = ("c0", "c1", "c3")  # colours of the ways: without an early payment, then each with one


def _day(request: HttpRequest, name: str, default: date) -> date:
    typed = request.GET.get(name, "")
    found = inputs.day(typed, name) if typed else default
    if abs((found - default).days) > LONGEST_DAYS:
        raise inputs.DateInvalid(name)
    return found


def choice_name(choice: PrepaymentChoice) -> str:
    """This function will name a way of paying early."""
    return {
        None: _("No early payment"),
        EventKind.REPAY: _("Next payments first"),
        EventKind.PREPAY: _("Smaller payments"),
        EventKind.PAYOFF: _("Paid off"),
    }[choice.kind]


@require_safe
@signed_in
def what_if_page(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will show what paying an amount on a day would change: the same position with one event more."""
    view = _view(request, customer, loan_id)
    today = clock.today(request)
    context: dict[str, Any] = {
        "headline": _("If you pay early"),
        "on": today,
        "typed": request.GET.get("amount", ""),
    }
    if "amount" in request.GET:
        try:
            on = _day(request, "on", today)
            if on < today:
                raise inputs.DateInvalid("on")
            amount = parse_minor(request.GET["amount"].strip()[:40], view.loan.currency, field="amount")
            choices = prepayment_choices(
                terms=view.terms, events=view.events, today=today, on_date=on, amount_minor=amount
            )
        except Refusal as refusal:
            context["problem"] = words_of(refusal).sentence
        else:
            best = max(choices, key=lambda one: one.saved_minor)
            context |= {
                "on": on,
                "headline": _("%(amount)s on %(day)s saves you up to %(saved)s")
                % {"amount": money(amount), "day": day(on), "saved": money(best.saved_minor)},
                "choices": [
                    {"name": choice_name(one), "choice": one, "css": css}
                    for one, css in zip(choices, STAIRS, strict=False)
                ],
                "plot": _plot(view, choices, today=today, on=on, amount_minor=amount),
            }
    return show(
        request, "what_if", loan=view.loan, today=today, up=up("loan", view.name, view.loan.id), **context
    )


def _plot(
    view: LoanView, choices: tuple[PrepaymentChoice, ...], *, today: date, on: date, amount_minor: int
) -> SafeString | None:
    """What is owed by date, one line for each way."""
    unit = 10 ** exponent(view.loan.currency)
    paths = [
        outstanding_after(
            terms=view.terms,
            events=view.events,
            today=today,
            kind=one.kind,
            on_date=on,
            amount_minor=amount_minor,
        )
        for one in choices
    ]
    days = [one for one, _left in paths[0]]
    if len(days) == 1:  # nothing is left to fall due: no line to draw
        return None
    middle = days[0] + (days[-1] - days[0]) / 2
    return charts.stairs(
        [
            (css, [(at.toordinal(), left / unit) for at, left in path])  # a drawing is not money
            for css, path in zip(STAIRS, paths, strict=False)
        ],
        write=lambda value: f"{value:,.0f}" if value == int(value) else f"{value:,.2f}",
        along=[(at.toordinal(), day_table(at)) for at in (days[0], middle, days[-1])],
        sentence=_(
            "Principal still owed by date, with and without the early payment; the table has the figures."
        ),
    )


@require_safe
@signed_in
def statement_page(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will show every movement between two days, with what each payment was used for."""
    today = clock.today(request)
    last = _day(request, "to", today)
    view = _view(request, customer, loan_id, as_of=min(last, today))
    first = _day(request, "from", view.position.disbursed_on or view.terms.value_date)
    found = account_statement(terms=view.terms, events=view.events, position=view.position, first_date=first)
    return show(
        request,
        "statement",
        loan=view.loan,
        customer=customer,
        product=view.name,
        headline=_("Statement, %(first)s to %(last)s")
        % {"first": day(found.first_date), "last": day(found.last_date)},
        statement=found,
        lines=[{"line": line, "name": event_name(line.event, view.terms)} for line in found.lines],
        today=today,
        up=up("loan", view.name, view.loan.id),
    )


@require_safe
@signed_in
def payoff_letter(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will write what closes the loan on a day, by part, for her or for whoever pays it for her."""
    today = clock.today(request)
    view = _view(request, customer, loan_id)
    on = _day(request, "on", today)
    if on < today:
        raise inputs.DateInvalid("on")
    figures = payoff_figures(terms=view.terms, events=view.events, today=today, on_date=on)
    parts = [
        (_("Principal"), figures.principal_minor),
        (_("Interest to that day"), figures.interest_minor),
        (_("Fees"), figures.fee_minor),
        (_("Penalty interest"), figures.penalty_minor),
    ]
    return show(
        request,
        "payoff_letter",
        loan=view.loan,
        headline=_("%(amount)s pays this loan off on %(day)s")
        % {"amount": money(figures.payoff_minor), "day": day(on)},
        figures=figures,
        parts=[{"label": label, "amount_minor": amount} for label, amount in parts if amount],
        more_minor=figures.next_day_minor - figures.payoff_minor,
        tomorrow=on + timedelta(days=1),
        today=today,
        product=view.name,
        up=up("loan", view.name, view.loan.id),
    )


def _view(request: HttpRequest, customer: Customer, loan_id: str, as_of: date | None = None) -> LoanView:
    today = clock.today(request)
    return view_of(own_loan(customer, loan_id), as_of=as_of or today, today=today)
