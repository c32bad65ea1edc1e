"""She talks about price, amount and repayment: what she has, what she asks for, and what each proof is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.core.money import parse_minor
from puhui.core.refusals import Refusal
from puhui.customers.domain import Customer
from puhui.evidence.domain import Dial, ProofState
from puhui.journeys import commit, negotiate, offer, prove
from puhui.journeys.negotiate import ProofCard
from puhui.journeys.standing import OwnStanding, granted_of
from puhui.offers.domain import Quote
from puhui.offers.domain.negotiate import Ask, Choice, Trade
from puhui.offers.domain.standing import Commitment
from puhui.products.domain import Method
from puhui.web import charts, clock
from puhui.web.borrower.draw import typed_terms
from puhui.web.borrower.quoting import currency
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.borrower.talk_range import USUAL_ASK, range_of
from puhui.web.middleware import words_of
from puhui.web.shared import formats, inputs
from puhui.web.shared.proofs import fact_name
from puhui.web.templatetags.puhui import money, rate

POINT = 10_000  # ppm of one percent
SHOWN_AT_HOME = 2  # proofs beside a quote on the home page
PAYMENT_SHARE = 5  # and for repayment: a fifth less a month


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeView:
    """One trade as the page shows it."""

    trade: Trade  # the trade itself
    title: str  # what she does
    more_minor: int  # first payment against today's, may be negative


@require_http_methods(["GET", "POST"])
@signed_in
def talk_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will show the table, or do what was pressed: give a proof, take one back, take a trade."""
    now = clock.now(request)
    if request.method == "POST":
        return _act(request, customer)
    try:
        own = negotiate.get_own(customer_id=customer.id, now=now)
    except Refusal:
        return go("home")
    context = _table(request, customer, own)
    if request.headers.get("HX-Request"):
        return show(request, "talk_swap", **context)
    cards: list[ProofCard] = []
    if context["answer"] is not None:
        cards = negotiate.list_cards(customer_id=customer.id, own=own, choice=context["choice"], now=now)
        context["range"] = range_of(context["ask"], own=own, now=context["answer"].now, cards=cards)
    promises = [_promise(one) for one in negotiate.list_promises(customer_id=customer.id, now=now)]
    return show(
        request, "talk", up=up("home", _("Negotiate")), promises=promises, **_proofs(cards), **context
    )


def worth_of(quote: Quote, *, customer_id: str, now: datetime) -> dict[str, Any]:
    """This function will return what she gave and what else would help a quote, as on the table; {} where none is open."""
    choice = Choice(
        amount_minor=quote.amount_minor, months=quote.months, method=quote.method, due_day=quote.due_day
    )
    try:
        own = negotiate.get_own(customer_id=customer_id, now=now)
        shown = _proofs(negotiate.list_cards(customer_id=customer_id, own=own, choice=choice, now=now))
    except Refusal:
        return {}
    return {
        "given": shown["given"],
        "proofs": [one for one in shown["proofs"] if one["helps"]][:SHOWN_AT_HOME],
    }


def _act(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    act, key, now = request.POST.get("act", ""), inputs.form_key(request), clock.now(request)
    if act == "give":
        prove.give(customer_id=customer.id, kind=request.POST.get("kind", ""), key=key, now=now)
        return go("talk", query="#proofs")
    if act == "promise":
        commit.commit(customer_id=customer.id, kind=request.POST.get("kind", ""), key=key, now=now)
        return go("talk", query="#promises")
    if act == "withdraw":
        prove.withdraw(customer_id=customer.id, proof_id=request.POST.get("proof", ""), key=key, now=now)
        return go("talk", query="#proofs")
    choice = _choice(request, customer, negotiate.get_own(customer_id=customer.id, now=now))
    quote = offer.quote(
        customer_id=customer.id,
        amount_minor=choice.amount_minor,
        months=choice.months,
        method=choice.method,
        due_day=choice.due_day,
        key=key,
        now=now,
    )
    return go("quote", quote.id)


def _choice(request: HttpRequest, customer: Customer, own: OwnStanding) -> Choice:
    product = own.standing.product
    typed = typed_terms(request, customer, product)
    day = (request.POST if request.method == "POST" else request.GET).get("due_day", "")
    method = {one.method.value: one.method for one in product.methods}
    return Choice(
        amount_minor=parse_minor(str(typed["amount"]), currency(), field="amount"),
        months=inputs.number(str(typed["months"]), "months"),
        method=method.get(str(typed["method"]), Method.EQUAL_INSTALMENT),
        due_day=inputs.number(day, "due_day") if day else None,
    )


def _table(request: HttpRequest, customer: Customer, own: OwnStanding) -> dict[str, Any]:
    product = own.standing.product
    context: dict[str, Any] = {"own": own, "product": product, "answer": None, "dial": _dial(request).value}
    try:
        choice = _choice(request, customer, own)
        now = negotiate.get_answer(own=own, ask=Ask(dial=Dial.LIMIT), choice=choice).now
        ask = _ask(request, now)
        answer = negotiate.get_answer(own=own, ask=ask, choice=choice)
    except Refusal as refusal:
        return {**context, "problem": words_of(refusal).sentence}
    shown = [_view(one, answer.now) for one in answer.trades[:4]]
    context |= {
        "choice": choice,
        "ask": ask,
        "answer": answer,
        "trades": shown,
        "nearest": _view(answer.nearest, answer.now) if answer.nearest is not None else None,
        "left_payment": sum(one.reason == "payment" for one in answer.left),
        "left_short": sum(one.reason == "short" for one in answer.left),
        "asked_words": _asked(ask),
        "want": formats.hundredths(ask.apr_at_most_ppm or 0) if ask.apr_at_most_ppm else "",
        "bears_minor": own.standing.payment_minor,
        "affordable_minor": granted_of(own.line).affordable_minor,
        "due_day": choice.due_day or own.standing.value_date.day,
        "dials": {
            "price": charts.dial(
                sign="惠", part=answer.now.all_in.apr_nominal_ppm, whole=own.standing.cap.cap_ppm, css="k1"
            ),
            "limit": charts.dial(
                sign="慧", part=choice.amount_minor, whole=own.standing.limit_minor, css="k2"
            ),
            "repayment": charts.dial(sign="会", part=choice.months, whole=product.terms[-1], css="k3"),
        },
    }
    return context


def _dial(request: HttpRequest) -> Dial:
    try:
        return Dial(request.GET.get("dial", Dial.PRICE.value))
    except ValueError:
        return Dial.PRICE


def _ask(request: HttpRequest, now: Trade) -> Ask:
    """What she asks for; before she says it, half a point less, a larger amount, or a smaller payment."""
    dial, typed = _dial(request), request.GET.get("want", "").strip()
    match dial:
        case Dial.PRICE:
            default = max(0, now.all_in.apr_nominal_ppm - USUAL_ASK)
            wanted = parse_minor(typed.rstrip("%％"), currency(), field="want") * 100 if typed else default
            return Ask(dial=dial, apr_at_most_ppm=wanted)
        case Dial.LIMIT:
            wanted = (
                parse_minor(typed, currency(), field="want") if typed else now.choice.amount_minor * 3 // 2
            )
            return Ask(dial=dial, amount_minor=wanted)
        case Dial.REPAYMENT:
            least = now.highest_minor - now.highest_minor // PAYMENT_SHARE
            wanted = parse_minor(typed, currency(), field="want") if typed else least
            day = request.GET.get("want_day", "")
            return Ask(
                dial=dial,
                payment_at_most_minor=wanted,
                due_day=inputs.number(day, "want_day") if day else None,
            )


def _asked(ask: Ask) -> SafeString:
    match ask.dial:
        case Dial.PRICE:
            words, want = _("You asked for %(want)s a year or less."), rate(ask.apr_at_most_ppm)
        case Dial.LIMIT:
            words, want = _("You asked for %(want)s."), money(ask.amount_minor)
        case Dial.REPAYMENT:
            words, want = _("You asked for at most %(want)s a month."), money(ask.payment_at_most_minor)
    gap = "" if formats.is_chinese(get_language() or "") else " "  # before what comes of it
    return mark_safe(escape(words) % {"want": format_html('<b class="num good">{}</b>', want)} + gap)


def _view(trade: Trade, now: Trade) -> TradeView:
    said = []
    if "months" in trade.changed:
        said.append(_("finish in %(months)d months") % {"months": trade.choice.months})
    if "amount" in trade.changed:
        said.append(_("take %(amount)s") % {"amount": formats.yuan(trade.choice.amount_minor, currency())})
    if "method" in trade.changed:
        names = {
            Method.EQUAL_INSTALMENT: _("the same payment each month"),
            Method.EQUAL_PRINCIPAL: _("the same principal each month"),
            Method.INTEREST_FIRST: _("interest first"),
        }
        said.append(names[trade.choice.method])
    if "due_day" in trade.changed and trade.choice.due_day is not None:
        said.append(_("pay on day %(day)d") % {"day": trade.choice.due_day})
    title = _(", ").join(said) or _("stay as it is")
    return TradeView(
        trade=trade, title=title[:1].upper() + title[1:], more_minor=trade.first_minor - now.first_minor
    )


def _promise(one: Commitment) -> dict[str, Any]:
    return {
        "promise": one,
        "fact": fact_name(one.fact),
        "at_least": money(one.at_least) if one.fact.endswith("_minor") else str(one.at_least),
    }


def _proofs(cards: list[ProofCard]) -> dict[str, Any]:
    language = get_language() or ""
    most = max((one.worth.at_most_ppm for one in cards if one.worth), default=0)
    given, others = [], []
    for one in cards:
        words = {name: getattr(one.kind, name).say(language) for name in ("name", "why", "reads", "leaves")}
        if one.proof is not None:
            given.append(
                {
                    **words,
                    "proof": one.proof,
                    "reading": one.proof.state is ProofState.ASKED,
                    "checking": one.proof.state is ProofState.CHECKING,
                }
            )
            continue
        assert one.worth is not None
        worth = one.worth
        others.append(
            {
                **words,
                "code": one.kind.code,
                "minutes": one.kind.minutes,
                "days": one.kind.retention_days,
                "worth": worth,
                "helps": bool(worth.at_most_ppm or worth.limit_at_most_minor),
                "no_change": (worth.no_change_ppm + POINT // 2) // POINT,
                "rest_ppm": worth.at_most_ppm - worth.typical_ppm,
                "free_ppm": most - worth.at_most_ppm,
            }
        )
    return {
        "given": given,
        "proofs": others,
        "idle": sum(not one["helps"] for one in others),
        "reading": any(one["reading"] for one in given),
    }
