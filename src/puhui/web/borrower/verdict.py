"""The answer to her application: what it is, the sum behind it, what would help, and every step of the calculation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.customers.domain import Customer
from puhui.decisions import queries as decisions
from puhui.decisions.domain import Affordability, Approved, Declined
from puhui.journeys import complain
from puhui.lines import queries as lines
from puhui.web import clock
from puhui.web.borrower.session import go, own, show, signed_in, up
from puhui.web.shared import inputs
from puhui.web.shared.explain import help_text, no_help_text, reason_text, trace_rows, waterfall_of
from puhui.web.templatetags.puhui import money, share, yuan


@require_http_methods(["GET", "POST"])
@signed_in
def verdict_page(request: HttpRequest, customer: Customer, application_id: str) -> HttpResponseBase:
    """This function will show a decided application, or ask a person to look at it again."""
    application = own(decisions.find_application(application_id), customer)
    if request.method == "POST":
        case = complain.open(
            customer_id=customer.id,
            kind="question",
            about=f"application:{application.number}",
            text=_("Please let a person look at application %(number)s again.")
            % {"number": application.number},
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("case", case.id)
    stored = decisions.find_decision(application.id)
    if stored is None:
        return go("apply_wait")
    verdict = stored.decision.verdict
    line = lines.find_line(customer_id=customer.id)
    own_line = line if line is not None and line.decision_id == stored.id else None
    context: dict[str, Any] = {
        "application": application,
        "stored": stored,
        "decided_at": stored.decided_at,
        "kind": verdict.kind,
        "line": own_line,
        "trace": trace_rows(stored.decision.trace),
        "output_hash": stored.output_hash,
        "about": f"application:{application.number}",
        "up": up("home", _("Your result")),
    }
    if isinstance(verdict, Approved):
        context |= _approved(stored, verdict, own_line)
    elif isinstance(verdict, Declined):
        context |= _declined(stored, verdict, own_line)
    else:
        context |= _referred(stored, verdict)
    return show(request, "verdict", **context)


def _approved(stored: Any, verdict: Approved, line: Any) -> dict[str, Any]:
    return {
        "headline": _("You can borrow up to %(amount)s") % {"amount": yuan(verdict.limit_minor)},
        "lede": _("Draw when you need it. Unused, it costs nothing."),
        "limit_minor": verdict.limit_minor,
        "annual_rate_ppm": verdict.annual_rate_ppm,
        "grade": verdict.grade,
        "sum": month_card(stored.decision.affordability, ""),
        "parts": True,
        "waterfall": waterfall_of(stored.decision.price, small=True),
        "action": {"url": reverse("draw"), "name": _("Choose amount and months")} if line else None,
    }


def _declined(stored: Any, verdict: Declined, line: Any) -> dict[str, Any]:
    decision, asked = stored.decision, stored.input.application
    affordability = decision.affordability
    fits = decision.instalment_minor <= affordability.affordable_minor
    if fits:
        lede = _("The reasons stand below, each with what would change it.")
    elif all(reason.code.startswith("AFFORD_") for reason in verdict.reasons):
        lede = _("It isn’t your record: on the figures you gave, the payments wouldn’t fit.")
    else:
        lede = _("On the figures you gave, the payments wouldn’t fit; the other reasons stand below.")
    words = _(
        "After keeping %(reserve)s for surprises, about %(most)s a month is what you can carry. %(amount)s over "
        "%(months)d months would take %(payment)s."
    ) % {
        "reserve": share(affordability.reserve_ppm),
        "most": yuan(affordability.affordable_minor),
        "amount": yuan(asked.amount_minor),
        "months": asked.months,
        "payment": money(decision.instalment_minor),
    }
    action = None
    if verdict.smaller is not None and line is not None:
        name = _("See the terms for %(amount)s") % {"amount": yuan(verdict.smaller.limit_minor)}
        action = {"url": reverse("draw"), "name": name}
    return {
        "headline": _("We can’t lend you %(amount)s this time") % {"amount": yuan(asked.amount_minor)},
        "lede": lede,
        "sum": month_card(affordability, words),
        "reasons": [reason_text(reason) for reason in verdict.reasons],
        "helps": [help_text(help) for help in verdict.helps],
        "short_minor": max(0, -affordability.surplus_minor),
        "no_helps": [no_help_text(code) for code in verdict.no_helps],
        "action": action or {"url": reverse("home"), "name": _("To my home page")},
    }


def _referred(stored: Any, verdict: Any) -> dict[str, Any]:
    return {
        "headline": _("A person looks at your application now"),
        "lede": _("Nothing is refused. You need to do nothing; we write to you."),
        "reasons": [reason_text(reason) for reason in verdict.reasons],
        "sum": month_card(stored.decision.affordability, ""),
        "action": {"url": reverse("home"), "name": _("To my home page")},
    }


def month_card(month: Affordability, words: str) -> dict[str, Any]:
    """This function will list a month's sum line by line; spending with its minus sign."""
    rows = [
        {"label": _("Monthly income after tax"), "amount_minor": month.income_minor},
        {"label": _("Rent or mortgage"), "amount_minor": -month.rent_minor},
        {"label": _("Basic living"), "amount_minor": -month.counted_living_minor},
        {"label": _("Payments on other loans"), "amount_minor": -month.other_instalments_minor},
        {"label": _("Left each month"), "amount_minor": month.surplus_minor, "total": True},
    ]
    return {"rows": rows, "words": words}
