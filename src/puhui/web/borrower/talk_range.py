"""The range under a dial of the negotiation: how far it goes, what can be had on it, and what stands at its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.evidence.domain import Dial
from puhui.journeys import negotiate
from puhui.journeys.negotiate import ProofCard
from puhui.journeys.standing import OwnStanding
from puhui.offers.domain.negotiate import Ask, Trade
from puhui.web import charts
from puhui.web.borrower.quoting import currency
from puhui.web.shared import formats
from puhui.web.templatetags.puhui import money, plain_amount, rate

USUAL_ASK = 5_000  # ppm: what is asked for at first, half a point less
RATE_STEP = 500  # ppm: a twentieth of a point
FINE_UNDER_MINOR = 100_000  # payments under this move by one unit of money, others by ten
COARSE_STEP, FINE_STEP = 1_000, 100  # minor units


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkRange:
    """A range as the page shows it; its values are what the typed field takes."""

    low: str  # left end
    high: str  # right end
    step: str  # between two places
    value: str  # where it stands
    say: str  # the value with its unit, for readers who do not see it; {n} stands for the value
    left: str  # under the left end
    right: str  # under the right end
    track: SafeString  # the drawing under it


def range_of(ask: Ask, *, own: OwnStanding, now: Trade, cards: Sequence[ProofCard]) -> TalkRange | None:
    """This function will lay out the range of a dial; None where there is no way to go on it.

    Price goes from the lowest all-in cost that a trade or a proof reaches today to today's; the amount from today's to
    the most that can be drawn; the payment from half of today's to today's.
    """
    match ask.dial:
        case Dial.PRICE:
            return _price(ask, own, now, cards)
        case Dial.LIMIT:
            return _amount(ask, own, now)
        case Dial.REPAYMENT:
            return _payment(ask, own, now)


def _best(ask: Ask, own: OwnStanding, now: Trade) -> Trade:
    """The trade that goes furthest on a dial, without a proof."""
    answer = negotiate.get_answer(own=own, ask=ask, choice=now.choice)
    return answer.trades[0] if answer.trades else answer.nearest or now


def _price(ask: Ask, own: OwnStanding, now: Trade, cards: Sequence[ProofCard]) -> TalkRange:
    held = now.all_in.apr_nominal_ppm
    traded = _best(Ask(dial=Dial.PRICE, apr_at_most_ppm=0), own, now).all_in.apr_nominal_ppm
    card = max((one for one in cards if one.worth), key=lambda one: _fall(one), default=None)
    proven = held - _fall(card) if card is not None else held
    lowest = min(proven, traded)
    if card is not None and proven < traded:
        left = _("%(proof)s: %(rate)s at best") % {
            "proof": card.kind.name.say(get_language() or ""),
            "rate": rate(lowest),
        }
    else:
        left = _("lowest today %(figure)s") % {"figure": rate(lowest)}
    low = max(0, min(lowest, held - USUAL_ASK)) // RATE_STEP * RATE_STEP
    high = -(-held // RATE_STEP) * RATE_STEP
    return TalkRange(
        low=formats.hundredths(low),
        high=formats.hundredths(high),
        step=formats.hundredths(RATE_STEP),
        value=formats.hundredths(ask.apr_at_most_ppm or 0),
        say=_("%(rate)s a year, all-in") % {"rate": "{n}%"},
        left=left,
        right=_("now %(figure)s") % {"figure": rate(held)},
        track=charts.reach(low=low, high=high, first=lowest, last=held, now=held),
    )


def _fall(card: ProofCard) -> int:
    return card.worth.at_most_ppm if card.worth is not None else 0


def _amount(ask: Ask, own: OwnStanding, now: Trade) -> TalkRange | None:
    step, low = own.standing.product.amount_step_minor, now.choice.amount_minor
    high = own.standing.limit_minor // step * step
    if high <= low:
        return None
    most = _best(Ask(dial=Dial.LIMIT, amount_minor=high), own, now).choice.amount_minor
    return TalkRange(
        low=plain_amount(low),
        high=plain_amount(high),
        step=plain_amount(step),
        value=plain_amount(ask.amount_minor),
        say=_sign(),
        left=_("now %(figure)s") % {"figure": formats.yuan(low, currency())},
        right=_("most today %(figure)s") % {"figure": formats.yuan(most, currency())},
        track=charts.reach(low=low, high=high, first=low, last=most, now=low),
    )


def _payment(ask: Ask, own: OwnStanding, now: Trade) -> TalkRange:
    held = now.highest_minor
    least = _best(Ask(dial=Dial.REPAYMENT, payment_at_most_minor=0), own, now).highest_minor
    step = FINE_STEP if held < FINE_UNDER_MINOR else COARSE_STEP
    low, high = held // 2 // step * step, -(-held // step) * step
    return TalkRange(
        low=plain_amount(low),
        high=plain_amount(high),
        step=plain_amount(step),
        value=plain_amount(ask.payment_at_most_minor),
        say=_("%(amount)s a month") % {"amount": _sign()},
        left=_("lowest today %(figure)s") % {"figure": money(least)},
        right=_("now %(figure)s") % {"figure": money(held)},
        track=charts.reach(low=low, high=high, first=least, last=held, now=held),
    )


def _sign() -> str:
    return formats.SIGNS.get(currency(), currency() + " ") + "{n}"
