"""Relief as the pages show it: titles that say what is paid, bars under the line of what she can bear, reasons in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from puhui.core.time import shift_days
from puhui.relief.domain import (
    NO_CHANGE,
    RecordEffect,
    ReliefAnswer,
    ReliefCard,
    ReliefFinding,
    ReliefPlan,
    ReliefReason,
    ReliefStep,
    changes_in_words,
)
from puhui.relief.queries import list_programmes
from puhui.web.shared import formats
from puhui.web.templatetags.puhui import day, language, money, rate
from puhui.web.templatetags.puhui import month as month_name

WIDE, TALL = 340, 54  # of the bars, in their own units
LONGEST = 36  # months drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """One option on the page."""

    number: int  # of the card, -1 = no change
    title: str  # what is paid
    tags: tuple[str, ...]  # why it is here, and what changes in one word
    bars: SafeString  # months under the line
    first_minor: int  # first payment
    first_on: str  # when
    peak_minor: int  # most of a month
    last: str  # month of the last payment
    total_minor: int  # from now on
    interest_minor: int  # interest, fees and penalty in it
    notes: tuple[str, ...]  # why not cheaper, what it costs more, the record
    fits: bool  # whether every month bears it


NO_TITLES: Mapping[str, str] = {}  # where nobody says what programmes are called, their names stand


def programme_titles() -> dict[str, str]:
    """This function will return what programmes are called in the language of the page, by name."""
    tongue = "zh" if formats.is_chinese(language()) else "en"
    return {one.name: one.titles[tongue] for one in list_programmes()}


def causes() -> list[tuple[str, str]]:
    """This function will list what may have happened; the last one is no cause but a doubt."""
    return [
        ("illness", _("Illness or injury")),
        ("income_drop", _("Less income")),
        ("job", _("Lost my job")),
        ("timing", _("Money comes some days late")),
        ("disaster", _("Flood, fire, another disaster")),
        ("forgot", _("I forgot")),
        ("dispute", _("A doubt about the bill")),
    ]


def cards_of(answer: ReliefAnswer, *, rate_ppm: int, titles: Mapping[str, str] = NO_TITLES) -> list[CardView]:
    """This function will lay out every card and, last, what no change means. `rate_ppm`: the contract's rate; `titles`: what
    programmes are called.
    """
    shown = [*answer.cards, *([] if _has_no_change(answer) else [answer.no_change])]
    top = max([*(one.plan.peak_minor for one in shown), 1])
    length = min(LONGEST, max(len(one.plan.months) for one in shown))
    found = []
    for number, card in enumerate(shown):
        plan = card.plan
        found.append(
            CardView(
                number=number if number < len(answer.cards) else -1,
                title=title(plan),
                tags=(
                    *_programme(card, titles),
                    *(_tag(one) for one in card.tags),
                    *_changes(plan, rate_ppm),
                ),
                bars=bars(plan.months, answer.bears_minor, length=length, top=top, title=title(plan)),
                first_minor=plan.first_minor,
                first_on=day(plan.payments[0].due_date),
                peak_minor=plan.peak_minor,
                last=month_name(plan.last_date),
                total_minor=plan.total_minor,
                interest_minor=plan.total_minor - sum(plan.principals),
                notes=tuple(_notes(card)),
                fits=card.refused is None,
            )
        )
    return found


def _has_no_change(answer: ReliefAnswer) -> bool:
    return any(one.plan.choice == NO_CHANGE for one in answer.cards)


def title(plan: ReliefPlan) -> str:
    """This function will say what is paid, in one line."""
    choice, rows = plan.choice, plan.payments
    if choice.settlement_minor:
        return _("One payment of %(amount)s, and the loan is closed") % {
            "amount": money(choice.settlement_minor)
        }
    now = sum(one.amount_minor for one in rows if one.due_date <= plan.asked_on)
    later = [one.amount_minor for one in rows if one.due_date > plan.asked_on]
    usual = Counter(later).most_common(1)[0][0] if later else 0
    words = {"now": money(now), "n": len(later), "each": money(usual)}
    if not later:
        return _("%(now)s now, and it is paid off") % words
    wait = next((n for n, amount in enumerate(plan.months) if amount), 0)
    if wait > 1:
        words["wait"] = wait
        return _("Nothing for %(wait)s months, then %(n)s payments of %(each)s") % words
    if now:
        return _("%(now)s now, then %(n)s payments of %(each)s") % words
    return _("%(n)s payments of %(each)s") % words


def _tag(name: str) -> str:
    return {
        "cheapest": _("Costs least"),
        "lightest_start": _("Lightest start"),
        "lowest_peak": _("Lowest payment"),
        "soonest_end": _("Ends soonest"),
    }[name]


def _programme(card: ReliefCard, titles: Mapping[str, str]) -> list[str]:
    return [titles.get(card.programme, card.programme)] if card.programme else []


def _changes(plan: ReliefPlan, rate_ppm: int) -> list[str]:
    choice, found = plan.choice, []
    if choice == NO_CHANGE:
        found.append(_("No change"))
    if choice.rate_off_ppm:
        found.append(_("Rate %(rate)s") % {"rate": rate(rate_ppm - choice.rate_off_ppm)})
    if plan.waived_minor and not choice.settlement_minor:
        found.append(_("%(amount)s waived") % {"amount": money(plan.waived_minor)})
    if choice.pauses_interest:
        found.append(_("No interest meanwhile"))
    return found


def _notes(card: ReliefCard) -> list[str]:
    found = []
    if card.refused is not None:
        found.append(reason(card.refused))
    elif card.why_not_cheaper is not None:
        less = card.plan.total_minor - card.why_not_cheaper.plan.total_minor
        found.append(
            _("Why not cheaper: a plan that costs %(less)s less is not possible. %(why)s")
            % {"less": money(less), "why": reason(card.why_not_cheaper)}
        )
    if card.costs_more_minor and card.plan.choice != NO_CHANGE:
        found.append(_("%(more)s more than the first one.") % {"more": money(card.costs_more_minor)})
    if card.programme:
        found.append(_("Part of a programme with a budget of its own."))
    found.append(record(card.record))
    return found


def record(effect: RecordEffect) -> str:
    """This function will say what the record will say."""
    return {
        RecordEffect.UNCHANGED: _("Your record stays as it is."),
        RecordEffect.STAYS_LATE: _("What is late stays on your record until it is paid."),
        RecordEffect.RESTRUCTURED: _("Your record says that the terms were eased; no new lateness is added."),
        RecordEffect.SETTLED_FOR_LESS: _("Your record says that it was settled for less."),
    }[effect]


def reason(one: ReliefFinding) -> str:
    """This function will say why a plan is not offered, with its numbers."""
    plan = one.plan
    if one.reason is ReliefReason.MONTH_TOO_DEAR:
        when = month_name(shift_days(plan.asked_on.replace(day=1), 31 * one.month))
        return _("%(month)s would ask for %(asks)s, more than the %(bears)s that you can bear.") % {
            "month": when,
            "asks": money(one.asks_minor),
            "bears": money(max(0, one.bears_minor)),
        }
    return {
        ReliefReason.LUMP_TOO_LOW: _("It asks for %(asks)s at once; you said %(bears)s.")
        % {"asks": money(one.asks_minor), "bears": money(one.bears_minor)},
        ReliefReason.WORTH_TOO_LOW: _(
            "Over everyone who would take it, it costs %(short)s each; two people here would have to agree to it."
        )
        % {"short": money(one.shortfall_minor)},
        ReliefReason.POOL_SHORT: _("It needs %(short)s from the waiver budget, and that much is not left.")
        % {"short": money(one.shortfall_minor)},
        ReliefReason.LOAN_REFUSES: _("The loan’s own rules do not allow it."),
    }[one.reason]


def refused_rows(answer: ReliefAnswer, *, rate_ppm: int) -> list[dict[str, str]]:
    """This function will list what is not offered, what it would be and why."""
    zh = formats.is_chinese(language())
    found = []
    for one in answer.refused:
        words = changes_in_words(one.plan.choice, rate_ppm=rate_ppm, zh=zh, money=money)
        said = ("；" if zh else "; ").join(words) or _("As agreed until now")
        found.append({"name": said[:1].upper() + said[1:], "why": reason(one)})
    return found


def steps(answer: ReliefAnswer, *, pause_until: str) -> list[str]:
    """This function will say what is left where no plan can be offered."""
    return [
        {
            ReliefStep.PAUSE: _("The pause holds: nothing is added until %(until)s.")
            % {"until": pause_until},
            ReliefStep.WAIVER_POOL: _(
                "A person looks at a deeper waiver. You need to do nothing; you hear from us."
            ),
            ReliefStep.SETTLEMENT: _(
                "One payment may close the loan for less. Tell the person what you could pay."
            ),
            ReliefStep.DEBT_ADVICE: _(
                "Free and independent debt advice: the local consumer association, phone 12315."
            ),
        }[one]
        for one in answer.steps
    ]


def bears_sentence(line: Sequence[int]) -> str:
    """This function will say what her months bear: now, and from when on more."""
    now = max(0, line[0])
    later = next((n for n, one in enumerate(line) if one > now), 0)
    if not later:
        return _("You can bear %(now)s a month") % {"now": money(now)}
    return ngettext(
        "You can bear %(now)s now, %(then)s from %(n)d month on",
        "You can bear %(now)s now, %(then)s from %(n)d months on",
        later,
    ) % {"now": money(now), "then": money(line[later]), "n": later}


def bars(months: Sequence[int], line: Sequence[int], *, length: int, top: int, title: str) -> SafeString:
    """This function will draw what each month asks for, under the dashed line of what it bears."""
    step = WIDE / max(length, 12)
    high = max(top, 1) * 1.15

    def y(amount: int) -> float:
        return TALL - TALL * min(max(amount, 0) / high, 1.0)

    drawn = []
    for n in range(max(length, 12)):
        amount = months[n] if n < len(months) else 0
        x, wide = n * step + 1, max(step - 2, 1.5)
        if amount:
            drawn.append(
                f'<rect x="{x:.1f}" y="{y(amount):.1f}" width="{wide:.1f}" height="{TALL - y(amount):.1f}" rx="1.5"/>'
            )
        else:
            drawn.append(f'<rect class="no" x="{x:.1f}" y="{TALL - 2}" width="{wide:.1f}" height="2"/>')
    points = []
    for n in range(max(length, 12)):
        level = y(line[min(n, len(line) - 1)])
        points.append(f"{n * step:.1f} {level:.1f}L{(n + 1) * step:.1f} {level:.1f}")
    path = "M" + "L".join(points)
    size = f"0 0 {WIDE} {TALL + 2}"
    return mark_safe(
        f'<svg class="pays" viewBox="{size}" role="img" aria-label="{escape(title)}">{"".join(drawn)}<path d="{path}"/></svg>'
    )


def reason_name(name: str) -> str:
    """This function will name a reason for the desk."""
    return {
        ReliefReason.MONTH_TOO_DEAR.value: _("Some month bears no plan"),
        ReliefReason.LUMP_TOO_LOW.value: _("Only a settlement, and too little for it"),
        ReliefReason.WORTH_TOO_LOW.value: _("Every plan loses over all who would take it"),
        ReliefReason.POOL_SHORT.value: _("The waiver pool is short"),
        ReliefReason.LOAN_REFUSES.value: _("The loan’s own rules do not allow it."),
    }[name]
