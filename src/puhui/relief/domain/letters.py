"""The relief agreement as text: what changes, what is to pay, what the record says. She signs these very bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from puhui.core.money import format_minor
from puhui.core.writing import format_day, format_money, format_rate
from puhui.protection.domain import FilledLetter, LetterKind, LetterTable
from puhui.relief.domain.options import ReliefChoice
from puhui.relief.domain.review import ReliefReview
from puhui.relief.domain.solve import RecordEffect, ReliefCard

HEAD = (("#", "到期日", "应还", "其中本金"), ("#", "Due", "To pay", "Principal in it"))
RECORDS = {
    RecordEffect.UNCHANGED: ("不变。", "it stays as it is."),
    RecordEffect.STAYS_LATE: (
        "已有的逾期照实保留，还清为止。",
        "what is late stays on it, as it is, until it is paid.",
    ),
    RecordEffect.RESTRUCTURED: (
        "会写明还款计划已经调整；已有的逾期照实保留，不再新增。",
        "it says that the terms were eased; what was late stays on it, and nothing is added.",
    ),
    RecordEffect.SETTLED_FOR_LESS: (
        "会写明这笔借款以低于全额的金额结清。",
        "it says that the loan was settled for less than all of it.",
    ),
}
WAIVERS = {
    "penalty": ("罚息全部减免", "all penalty interest is waived"),
    "penalty_interest": (
        "罚息和已逾期各期的利息全部减免",
        "all penalty interest, and the interest of what is late, is waived",
    ),
}


def fill_relief_letter(
    *,
    number: str,
    card: ReliefCard,
    loan_number: str,
    contract_number: str,
    currency: str,
    annual_rate_ppm: int,
    valid_until: date,
    language: str,
    review: ReliefReview | None = None,
    own_waits: int = 0,
) -> FilledLetter:
    """This function will fill the agreement of one option. `annual_rate_ppm` is the contract's rate before it; `review` is
    what its payments rest on, None = nothing; `own_waits` is how often a payment may wait on her word alone.
    """
    zh, plan = language.startswith("zh"), card.plan
    tongue = "zh" if zh else "en"

    def money(amount_minor: int) -> str:
        return format_money(amount_minor, currency)

    values = {
        "loan_number": loan_number,
        "contract_number": contract_number,
        "valid_until": format_day(valid_until, tongue),
        "total": money(plan.total_minor),
        "waived": money(plan.waived_minor),
        "first": money(plan.first_minor),
        "first_on": format_day(plan.payments[0].due_date, tongue),
        "peak": money(plan.peak_minor),
        "last_on": format_day(plan.last_date, tongue),
        "record": RECORDS[card.record][0 if zh else 1],
    }
    rows = [
        [str(n), one.due_date.isoformat(), format_minor(one.amount_minor, currency), format_minor(one.principal_minor, currency)]
        for n, one in enumerate(plan.payments, 1)
    ]  # fmt: skip
    said = [[one] for one in changes_in_words(plan.choice, rate_ppm=annual_rate_ppm, zh=zh, money=money)]
    if review is not None:
        said.append([review_in_words(review, zh=zh, money=money)])
    if own_waits:
        said.append([waits_in_words(own_waits, zh=zh)])
    tables = {
        "relief_changes": LetterTable(head=(), rows=said),
        "relief_rows": LetterTable(head=HEAD[0 if zh else 1], rows=rows),
    }
    return FilledLetter(kind=LetterKind.RELIEF, number=number, values=values, tables=tables)


def review_in_words(review: ReliefReview, *, zh: bool, money: Callable[[int], str]) -> str:
    """This function will say what payments wait for, in Chinese or English."""
    asks, rule = money(review.asks_minor), review.rule
    on = format_day(review.first_due, "zh" if zh else "en")
    before, most = rule.before_days, rule.waits_most
    if zh:
        return (
            f"{on}的 {asks} 和以后各期，要等收入恢复才还得起：到期前 {before} 天我们先问您，您说收入回来了，才照期还；"
            f"没说之前，这几期一次往后推一个月，推迟的这个月不计利息，最多推 {most} 次，之后我们先来找您，可以换方案"
        )
    return (
        f"the payment of {asks} on {on} and those after it rest on income that is still to come: {before} days before, we ask "
        f"you, and they fall due as written when you say that it is back; until then they wait a month at a time, {most} times "
        "at most, and the month of waiting bears no interest; after that we come to you first, and the plan can be changed"
    )


def waits_in_words(most: int, *, zh: bool) -> str:
    """This function will say how often a payment may wait on her word alone, in Chinese or English."""
    if zh:
        return (
            f"遇上新的难处，哪一期都可以在到期前自己往后推一个月，不用说原因，以后各期跟着推，推迟的这个月不计利息，"
            f"整个方案最多 {most} 次；已经到期的不能推"
        )
    return (
        "should something new happen, you may let the next payment wait a month before it is due, without a reason; those after "
        f"it move with it, and the month bears no interest; {most} times at most in this plan; what is already due does not wait"
    )


def changes_in_words(
    choice: ReliefChoice, *, rate_ppm: int, zh: bool, money: Callable[[int], str]
) -> Iterator[str]:
    """This function will say each change of a choice in one sentence, in Chinese or English."""
    if choice.settlement_minor:
        said = money(choice.settlement_minor)
        yield f"一次还 {said}，这笔借款结清" if zh else f"one payment of {said} closes the loan"
        return
    if choice.waiver in WAIVERS:
        yield WAIVERS[choice.waiver][0 if zh else 1]
    if choice.rate_off_ppm:
        old, new = format_rate(rate_ppm), format_rate(rate_ppm - choice.rate_off_ppm)
        yield f"年利率从 {old} 降到 {new}" if zh else f"the yearly rate falls from {old} to {new}"
    if choice.due_move_days:
        days = choice.due_move_days
        yield f"还款日往后移 {days} 天" if zh else f"every due date moves back by {days} days"
    if choice.deferral_months:
        months = choice.deferral_months
        yield (
            f"以后各期都往后推 {months} 个月" if zh else f"all payments to come are due {months} months later"
        )
        if choice.pauses_interest:
            yield (f"这 {months} 个月不计利息" if zh else f"no interest is charged for those {months} months")
    if choice.extension:
        yield f"多分 {choice.extension} 期" if zh else f"{choice.extension} more instalments"
    if choice.spreads_arrears:
        yield "晚了的部分摊进后面各期" if zh else "what is late is spread over the payments to come"
