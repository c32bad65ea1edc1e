"""She pays: what is due, part early, everything, or takes the loan back; seeing first what it does."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from puhui.core.money import parse_minor
from puhui.core.refusals import InputRefused, Refusal
from puhui.customers.domain import Customer
from puhui.journeys import repay
from puhui.loans.domain import Loan, LoanState, Position
from puhui.payments import queries as payments
from puhui.payments.domain import BankAccount
from puhui.web import clock
from puhui.web.borrower.loan_view import LoanView, own_loan, view_of
from puhui.web.borrower.quoting import currency
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.middleware import words_of
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import day_short, money

INTENTS = ("due", "prepay", "payoff", "withdraw")


class IntentUnknown(InputRefused):
    """What is to be paid was not chosen."""

    field = "intent"


class NothingDueAnyMore(InputRefused):
    """What the page showed as due has been paid since."""

    field = "intent"
    status = 409


class PaymentNotAsShown(InputRefused):
    """The choice means another amount by now than the page showed."""

    field = "intent"
    status = 409


def intents(position: Position) -> list[dict[str, Any]]:
    """This function will list what can be paid today, with its amount where it is fixed."""
    due = position.due_minor or position.next_due_minor
    when = position.as_of if position.due_minor else position.next_due_date
    listed: list[dict[str, Any]] = [
        {
            "value": "due",
            "name": _("What is due") if position.due_minor else _("The next payment"),
            "hint": _("All that has fallen due")
            if position.due_minor
            else _("Due on %(day)s") % {"day": day_short(when)},
            "amount_minor": due,
        },
        {
            "value": "prepay",
            "name": _("Part early"),
            "hint": _("Lowers the principal today; later payments get smaller. Write the amount below."),
            "amount_minor": None,
        },
        {
            "value": "payoff",
            "name": _("Everything"),
            "hint": _("Interest counts to today only. No fee."),
            "amount_minor": position.payoff_minor,
        },
    ]
    if position.withdrawal_minor is not None:
        hint = _("Until %(day)s. You give back the principal and the interest of these days, nothing else.")
        listed.append(
            {
                "value": "withdraw",
                "name": _("Take the loan back"),
                "hint": hint % {"day": day_short(position.withdrawal_until)},
                "amount_minor": position.withdrawal_minor,
            }
        )
    return listed


def typed_choice(request: HttpRequest) -> dict[str, str]:
    """This function will return what she chose so far."""
    data = request.POST if "intent" in request.POST else request.GET
    wanted = data.get("intent", "")
    return {"intent": wanted if wanted in INTENTS else "due", "amount": data.get("amount", "")}


def chosen_amount(request: HttpRequest, position: Position) -> int:
    """This function will return the amount that the choice means. Raises: FieldMissing, AmountInvalid, IntentUnknown."""
    choice = typed_choice(request)
    typed = parse_minor(choice["amount"], currency(), field="amount") if choice["amount"].strip() else None
    if choice["intent"] in ("due", "prepay") and typed is not None:
        return typed
    if choice["intent"] == "prepay":
        raise inputs.FieldMissing("amount")
    for item in intents(position):
        if item["value"] == choice["intent"] and item["amount_minor"]:
            return int(item["amount_minor"])
    raise IntentUnknown()


def shown_as(position: Position, intent: str, amount_minor: int) -> str:
    """This function will write what a page shows of a payment, so that the form can bring it back: the amount and,
    for what is due, on which day it was due.
    """
    when = "now" if position.due_minor else str(position.next_due_date)
    return f"{amount_minor}:{when}" if intent == "due" else str(amount_minor)


def refuse_stale(request: HttpRequest, position: Position, amount_minor: int) -> None:
    """This function will return when the payment is the one that the page showed; a payment seen twice is made once.

    Raises: NothingDueAnyMore, PaymentNotAsShown.
    """
    intent, seen = typed_choice(request)["intent"], request.POST.get("seen", "")
    if not seen or seen == shown_as(position, intent, amount_minor):
        return
    if intent == "due" and seen.endswith(":now") and not position.due_minor:
        raise NothingDueAnyMore(next_minor=position.next_due_minor, next_date=position.next_due_date)
    raise PaymentNotAsShown(amount_minor=amount_minor)


def previewed(request: HttpRequest, view: LoanView) -> dict[str, Any]:
    """This function will say what the chosen payment does, from the same function that will book it."""
    amount = chosen_amount(request, view.position)
    intent = typed_choice(request)["intent"]
    after = repay.preview(loan_id=view.loan.id, amount_minor=amount, intent=intent, now=clock.now(request))
    used = after.allocations[-1]
    rows: list[dict[str, Any]] = [
        {"label": label, "text": money(part)}
        for label, part in (
            (_("Principal"), used.principal_minor),
            (_("Interest"), used.interest_minor),
            (_("Fees"), used.fee_minor),
            (_("Penalty interest"), used.penalty_minor),
            (_("More than you owe; it comes back to you"), used.credit_minor),
        )
        if part
    ]
    rows.append({"label": _("You pay now"), "text": money(amount), "total": True})
    rows += _after_rows(after)
    saved = view.position.payoff_saves_minor - after.payoff_saves_minor
    words = _("Saves you %(amount)s of interest and fees.") % {"amount": money(saved)} if saved > 0 else ""
    return {
        "rows": rows,
        "words": words,
        "button": _("Pay %(amount)s") % {"amount": money(amount)},
        "seen": shown_as(view.position, intent, amount),
    }


def _after_rows(after: Position) -> list[dict[str, Any]]:
    if after.state is not LoanState.ACTIVE:
        return [{"label": _("Left to pay"), "text": _("nothing")}]
    rows = [{"label": _("Left to pay off"), "text": money(after.payoff_minor)}]
    if after.next_due_date is not None:
        label = _("Next payment, %(day)s") % {"day": day_short(after.next_due_date)}
        rows.append({"label": label, "text": money(after.next_due_minor)})
    return rows


def _context(request: HttpRequest, view: LoanView) -> dict[str, Any]:
    try:
        return {"preview": previewed(request, view)}
    except Refusal as refusal:
        return {"preview": None, "problem": words_of(refusal).sentence}


def _today(request: HttpRequest, loan: Loan) -> LoanView:
    today: date = clock.today(request)
    return view_of(loan, as_of=today, today=today)


def account_for(customer: Customer, view: LoanView) -> BankAccount | None:
    """This function will return the account that a payment is taken from: the mandate's, else the payout's."""
    mandate = payments.get_active_mandate(customer_id=customer.id)
    if mandate is not None:
        return payments.get_account(id=mandate.account_id)
    found: BankAccount | None = view.payout.get("account")
    return found


@require_http_methods(["GET", "POST"])
@signed_in
def pay_page(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will show the choice, or send the payment."""
    loan = own_loan(customer, loan_id)
    view = _today(request, loan)
    if request.method == "POST" and request.POST.get("act") != "preview":
        if view.position.state is not LoanState.ACTIVE:
            repay.preview(loan_id=loan.id, amount_minor=1, intent="due", now=clock.now(request))
        amount = chosen_amount(request, view.position)
        refuse_stale(request, view.position, amount)
        repay.start(
            customer_id=customer.id,
            loan_id=loan.id,
            amount_minor=amount,
            intent=typed_choice(request)["intent"],
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("loan", loan.id)
    if view.position.state is not LoanState.ACTIVE or view.pending is not None:
        return go("loan", loan.id)
    position = view.position
    headline = (
        _("%(amount)s is due; what do you pay?") % {"amount": money(position.due_minor)}
        if position.due_minor
        else _("Nothing is due today; what do you pay early?")
    )
    return show(
        request,
        "pay",
        loan=loan,
        headline=headline,
        account=account_for(customer, view),
        intents=intents(position),
        typed=typed_choice(request),
        about=f"loan:{loan.id}",
        up=up("loan", view.name, loan.id),
        **_context(request, view),
    )


@require_POST
@signed_in
def preview_part(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will answer a changed choice with what it would do."""
    loan = own_loan(customer, loan_id)
    context = _context(request, _today(request, loan))
    response = show(request, "pay_preview", loan=loan, **context)
    if context["preview"] is None:
        response.status_code = 422
    return response
