"""Pages that anybody may read, and the choices of language and look."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from puhui.journeys import house
from puhui.journeys import language as language_journey
from puhui.protection.domain import HousePolicy
from puhui.runtime.signing import public_key
from puhui.web import clock
from puhui.web.borrower.session import go, show
from puhui.web.borrower.sign_in import safe_next, set_language
from puhui.web.context import ELDER_COOKIE, THEME_COOKIE, THEMES
from puhui.web.shared import formats
from puhui.web.who import customer_of

YEAR = 31_536_000


def _chosen(request: HttpRequest, name: str) -> str:
    wanted = request.POST.get(name, "")
    return wanted if wanted in dict(settings.LANGUAGES) else str(settings.LANGUAGE_CODE)


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """This function will switch the language and return to the page."""
    wanted = _chosen(request, "to")
    response = HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))
    set_language(response, wanted)
    customer = customer_of(request)
    if customer is not None:
        language_journey.choose(customer_id=customer.id, language=wanted, now=clock.now(request))
    return response


@require_POST
def look(request: HttpRequest) -> HttpResponseBase:
    """This function will keep language, size and look."""
    response = go("me")
    wanted = _chosen(request, "language")
    set_language(response, wanted)
    elder = "1" if request.POST.get("elder") == "1" else "0"
    response.set_cookie(ELDER_COOKIE, elder, max_age=YEAR, samesite="Lax", httponly=True)
    theme = request.POST.get("theme", "")
    response.set_cookie(
        THEME_COOKIE, theme if theme in THEMES else "", max_age=YEAR, samesite="Lax", httponly=True
    )
    customer = customer_of(request)
    if customer is not None:
        language_journey.choose(customer_id=customer.id, language=wanted, now=clock.now(request))
    return response


@require_safe
def how(request: HttpRequest) -> HttpResponseBase:
    """This function will show how prices are made, when we refuse, and what we guarantee (truthfully: now or later)."""
    policy = house.policy(clock.now(request))
    return show(
        request,
        "how",
        policy=policy,
        exceptions=exceptions(),
        guarantees=guarantees(),
        promises=promises(policy),
        nav="",
    )


@require_safe
def house_key(request: HttpRequest) -> HttpResponseBase:
    """This function will publish the key with which anybody can check the house's signature of a quote."""
    return JsonResponse(public_key())


def exceptions() -> list[tuple[str, str]]:
    """This function will list what may refuse or reduce new money (guarantee G3), and nothing else may."""
    return [
        (_("Fraud"), _("The application is not what it says it is.")),
        (_("Identity"), _("We cannot be sure that it is you.")),
        (_("Sanctions"), _("The law forbids us to pay this person.")),
        (_("Should not lend"), _("On your own figures the payments would not fit.")),
    ]


def guarantees() -> list[dict[str, object]]:
    """This function will list the guarantees G1–G10 with what exists today."""
    rows = [
        (_("A proof never hurts"), _("With a proof the price never rises."), True),
        (_("Silence is not priced"), _("Not giving a proof changes nothing."), True),
        (_("The list of exceptions is short and shown"), _("The four above, and no other."), True),
        (_("A quote binds"), _("Amount, rate, fees and dates stand until the day printed on it."), True),
        (_("All-in cost is shown"), _("From the real payments, fees included, before you sign."), True),
        (
            _("Every decision replays"),
            _("The same facts and rules give the same answer, byte for byte."),
            True,
        ),
        (_("Freeze first"), _("Asking for help stops penalties and calls at once."), True),
        (_("Relief you can carry"), _("Ways to pay less or later that fit your budget."), True),
        (_("No worse trap"), _("The way that costs your household least is always shown."), True),
        (_("No language model sets terms"), _("Terms come from rules that you can read."), True),
    ]
    return [{"name": name, "words": words, "now": now} for name, words, now in rows]


def promises(policy: HousePolicy) -> list[tuple[str, str]]:
    """This function will list the house's own numbers, from its policy."""

    def days(count: int) -> str:
        return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}

    opens, closes = policy.contact_window
    return [
        (_("All-in cost at most"), formats.rate(policy.apr_cap_ppm)),
        (_("A quote stands"), days(policy.quote_valid_days)),
        (_("Withdraw within"), days(policy.withdrawal_days)),
        (_("A freeze lasts"), days(policy.freeze_days)),
        (
            _("Freezes a year"),
            ngettext("%(n)d time", "%(n)d times", policy.freeze_uses_per_year)
            % {"n": policy.freeze_uses_per_year},
        ),
        (_("A complaint is answered within"), days(policy.complaint_days)),
        (_("A question is answered within"), days(policy.question_days)),
        (_("We write and call between"), f"{opens:%H:%M}–{closes:%H:%M}"),
    ]
