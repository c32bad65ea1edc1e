"""A decision in words: reasons, helps, every step of the trace, and how the price adds up.

Decisions store codes and figures, never sentences. The sentences come from the dated reason texts; the names of steps
and figures from the message catalogue; a name that the catalogue does not know yet is shown as it is, never hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from puhui.core.trace import TraceStep
from puhui.decisions import queries as decisions
from puhui.decisions.domain import Help, Price, Reason, fill
from puhui.evidence.domain.proofs import proofs_behind
from puhui.facts.queries import list_sources
from puhui.web import charts
from puhui.web.shared import formats

STEPS = {
    "facts_seen": lazy("Facts seen"),
    "score": lazy("Score"),
    "probability_of_default": lazy("Probability of default"),
    "grade": lazy("Grade"),
    "price": lazy("Price"),
    "affordable_payment": lazy("Affordable payment"),
    "capacity": lazy("Capacity"),
    "budget": lazy("Loss budget"),
    "stops": lazy("Reasons to stop"),
    "limit": lazy("Limit"),
    "should_not_lend": lazy("Should not lend"),
    "exploration": lazy("Let in to learn"),
    "verdict": lazy("Verdict"),
    "person": lazy("A person decided"),
    "late_now": lazy("Late elsewhere now"),
    "late_often": lazy("Often late"),
    "many_requests": lazy("Many requests"),
    "risk": lazy("Risk above the cap"),
    "bureau_silent": lazy("Bureau silent"),
    "debts_unsaid": lazy("Debts not named"),
    "history": lazy("What she repaid us"),
    "late_here": lazy("Late with us now"),
    "many_devices": lazy("Many devices"),
    "asked_often": lazy("Many requests to us"),
    "asked_much": lazy("Large requests to us"),
    "inq_last_6mths": lazy("Requests for credit, 6 months"),
    "revol_util": lazy("Cards in use"),
    "open_il_12m": lazy("New instalment loans, 12 months"),
    "open_il_24m": lazy("New instalment loans, 24 months"),
    "all_util": lazy("All credit in use"),
    "inq_fi": lazy("Requests to finance companies"),
}
WORDS = {
    "approved": lazy("approved"),
    "declined": lazy("declined"),
    "referred": lazy("to a person"),
    "triggered": lazy("triggered"),
    "chosen": lazy("let in on a small line"),
    "not_drawn": lazy("not drawn"),
    "off": lazy("not tried"),
    "other_reason": lazy("not risk alone"),
    "too_risky": lazy("risk too high to try"),
    "count_spent": lazy("enough people this month"),
    "money_spent": lazy("enough money this month"),
    "nothing_fits": lazy("no amount fits the month"),
    "bucket_ppm": lazy("place by hash"),
    "share_ppm": lazy("share let in"),
    "propensity_ppm": lazy("chance"),
    "month_count": lazy("people this month before"),
    "month_money_minor": lazy("money this month before"),
    "not_triggered": lazy("not triggered"),
    "hit": lazy("file found"),
    "thin": lazy("short file"),
    "none": lazy("no file"),
    "effective": lazy("effective"),
    "nominal": lazy("nominal"),
    "funding": lazy("Cost of funds"),
    "operating": lazy("Running costs"),
    "expected_loss": lazy("Expected loss"),
    "guarantees": lazy("Guarantees"),
    "margin": lazy("Margin"),
    "cap": lazy("Lowered to the cap"),
    "income_minor": lazy("income"),
    "rent_minor": lazy("rent"),
    "living_minor": lazy("living, as written"),
    "essential_floor_minor": lazy("living, at least"),
    "counted_living_minor": lazy("living, counted"),
    "other_instalments_minor": lazy("other loans"),
    "surplus_minor": lazy("left over"),
    "reserve_ppm": lazy("kept for surprises"),
    "affordable_minor": lazy("affordable"),
    "instalment_minor": lazy("payment"),
    "amount_minor": lazy("amount"),
    "limit_minor": lazy("limit"),
    "step_minor": lazy("step"),
    "line_max_minor": lazy("house limit"),
    "capacity_minor": lazy("capacity"),
    "budget_minor": lazy("loss budget"),
    "product_max_minor": lazy("product limit"),
    "house_minor": lazy("house limit"),
    "product_minor": lazy("product limit"),
    "house": lazy("house limit"),
    "product": lazy("product limit"),
    "budget": lazy("loss budget"),
    "capacity": lazy("capacity"),
    "months": lazy("months"),
    "reasons": lazy("reasons"),
    "by": lazy("by"),
    "reason": lazy("reason"),
    "points": lazy("points"),
    "base_points": lazy("base points"),
    "lost_points": lazy("points lost"),
    "absent": lazy("features absent"),
    "used": lazy("facts used"),
    "unclear": lazy("unclear"),
    "latest_known_at": lazy("latest known"),
    "binding": lazy("decided by"),
    "rules": lazy("rules"),
    "row": lazy("row"),
    "grade": lazy("grade"),
    "cap_ppm": lazy("cap"),
    "cap_basis": lazy("basis"),
    "value": lazy("value"),
    "repaid": lazy("has repaid us for months"),
    "new": lazy("no history with us"),
    "feature.applications_30d": lazy("other requests to us, 30 days"),
    "feature.asked_12m_max_minor": lazy("highest other request, 12 months"),
    "feature.repayments_6m": lazy("repayments to us, 6 months"),
    "feature.repaid_6m_minor": lazy("repaid to us, 6 months"),
    "feature.days_past_due_most": lazy("days late with us now"),
    "feature.devices_bound_90d": lazy("devices bound, 90 days"),
    "bureau.hit": lazy("bureau file"),
    "bureau.delinq_2yrs": lazy("late payments, 2 years"),
    "bureau.inq_last_6mths": lazy("requests, 6 months"),
    "bureau.inq_last_12m": lazy("requests, 12 months"),
    "bureau.inq_fi": lazy("requests to finance companies"),
    "bureau.acc_now_delinq": lazy("accounts late now"),
    "bureau.open_il_12m": lazy("new instalment loans, 12 months"),
    "bureau.open_il_24m": lazy("new instalment loans, 24 months"),
    "bureau.revol_util_permille": lazy("share of card limits in use"),
    "bureau.all_util_percent": lazy("share of all credit in use"),
    "bureau.total_bal_il_minor": lazy("owed on instalment loans"),
    "bureau.delinq_amnt_minor": lazy("late now, together"),
    "bureau.num_il_tl": lazy("instalment loans so far"),
    "bureau.open_il_6m": lazy("new instalment loans, 6 months"),
    "bureau.total_il_high_credit_limit_minor": lazy("borrowed on instalment loans, in all"),
    "payroll.net_salary_minor": lazy("salary"),
    "payroll.months_employed": lazy("months employed"),
    "payroll.employer_kind": lazy("kind of employer"),
    "payroll.fund_rate_permille": lazy("housing fund, share of salary"),
    "scan.identity": lazy("identity, looked at again"),
    "scan.watch": lazy("watch lists"),
    "scan.open_lenders": lazy("other lenders"),
    "scan.new_lenders_30d": lazy("new lenders, 30 days"),
    "scan.requests_7d": lazy("requests, 7 days"),
    "scan.instalments_minor": lazy("instalments elsewhere, a month"),
    "score.pd_ppm": lazy("probability of default"),
    "grade.grade": lazy("grade"),
    "application.other_instalments_minor": lazy("other loans"),
}
MONEY_STEPS = frozenset({"affordable_payment", "capacity", "limit"})
RATE_STEPS = frozenset({"price", "probability_of_default"})
SHARES = {"_permille": 1_000, "_percent": 10_000}  # ppm of one, by the unit at the end of a name
STEP_UNITS = {"revol_util": "_permille", "all_util": "_percent"}  # of the value that a score's step saw
SOURCES = {
    "sandbox-bureau": lazy("credit bureau"),
    "sandbox-scan": lazy("check before the payout"),
}
BECAUSE_UNITS = {"price": "_ppm", "capacity": "_minor"}  # of inputs whose own names carry no unit
HIDDEN = frozenset({"row", "reason"})  # said already by the value, the version or the reason list
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")
CODES = re.compile(r"[A-Z][A-Z0-9_]{5,}(, [A-Z][A-Z0-9_]{5,})*")


def _chinese() -> bool:
    return formats.is_chinese(get_language() or "")


def write(name: str, value: object) -> str:
    """This function will write a figure by the unit in its name, a known word or code in the reader's language."""
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        if value in WORDS:
            return str(WORDS[value])
        if INSTANT.fullmatch(value):
            value = datetime.fromisoformat(value)
        elif CODES.fullmatch(value):
            return ", ".join(_title(code) for code in value.split(", "))
        elif value.lstrip("-").isdigit() and name.endswith(("_minor", "_ppm")):
            value = int(value)
    if isinstance(value, int) and (unit := next((end for end in SHARES if name.endswith(end)), "")):
        return formats.share(value * SHARES[unit])
    written = formats.fact(
        name,
        value,
        currency=settings.LENDER["currency"],
        language=get_language() or "",
        zone=settings.LENDER["zone"],
    )
    return formats.MINUS + written[1:] if written.startswith("-") else written


def named(name: str) -> str:
    """This function will say the name of a fact in the reader's language, as the machine calls it where no words exist."""
    return str(WORDS.get(name, name))


def source_name(source: str, *, on_date: date) -> str:
    """This function will say where a fact comes from: an outside party, a described source, or the name as it is."""
    if source in SOURCES:
        return str(SOURCES[source])
    if proofs_behind([source]):
        return _("your proof")
    described = next((one for one in list_sources(on_date=on_date) if one.name == source), None)
    return described.title["zh" if _chinese() else "en"] if described else source


def reason_title(code: str) -> str:
    """This function will title a reason, or return its code where no text has it."""
    return _title(code)


def _title(code: str) -> str:
    text = decisions.get_reason_texts().texts.get(code)
    if text is None:
        return code
    return fill(text.title_zh if _chinese() else text.title_en, _NoFigures(), write=write)


class _NoFigures(dict[str, Any]):
    """A title named outside its sentence has no figures; a dash stands for each."""

    def __missing__(self, key: str) -> str:
        return "–"


def _said(code: str, figures: Mapping[str, int | str]) -> tuple[str, str]:
    texts = decisions.get_reason_texts().texts
    if code not in texts:
        return code, ""
    text = texts[code]
    title, sentence = (text.title_zh, text.zh) if _chinese() else (text.title_en, text.en)
    return fill(title, figures, write=write), fill(sentence, figures, write=write)


def reason_text(reason: Reason) -> dict[str, str]:
    """This function will put a reason into a title and a sentence with her own figures."""
    title, sentence = _said(reason.code, reason.figures)
    return {"title": title, "words": sentence, "rule": reason.rule}


def help_text(help: Help) -> dict[str, Any]:
    """This function will put a help into words: what to do, what it would then be, whether it is open at once."""
    figures: dict[str, int | str] = {
        **help.figures,
        "amount_minor": help.amount_minor,
        "months": help.months,
        "instalment_minor": help.instalment_minor,
        "total_minor": help.total_minor,
    }
    title, sentence = _said(help.code, figures)
    tag = (
        _("possible now")
        if help.now
        else (write("amount_minor", help.amount_minor) if help.amount_minor else "")
    )
    return {"title": title, "words": sentence, "tag": tag, "now": help.now}


def no_help_text(code: str) -> str:
    """This function will say what does not help."""
    return _said(code, {})[1]


def step_name(step: str) -> str:
    """This function will name a step of the trace."""
    return str(STEPS.get(step, step.replace("_", " ")))


def step_value(step: TraceStep) -> str:
    """This function will write the value of a step by its unit."""
    if step.step == "budget":
        return write("_minor", step.value.partition(", ")[0])
    if step.step in MONEY_STEPS:
        return write("_minor", step.value)
    if step.step in RATE_STEPS:
        return write("_ppm", step.value)
    return write("", step.value)


def because(step: TraceStep) -> str:
    """This function will write why: the inputs that decided, by name; a month's sum as the formula it is."""
    given = step.because
    if step.step == "affordable_payment" and "reserve_ppm" in given:
        names = ("income_minor", "rent_minor", "counted_living_minor", "other_instalments_minor")
        figures = [write("_minor", given[name]).lstrip("¥") for name in names]
        kept = formats.share(1_000_000 - int(given["reserve_ppm"] or 0))
        return f"({f' {formats.MINUS} '.join(figures)}) × {kept}"
    unit = BECAUSE_UNITS.get(step.step, "")
    return " · ".join(
        f"{_label(name)} {_figure(name, value, STEP_UNITS.get(step.step, unit) if name == 'value' else unit)}"
        for name, value in sorted(given.items(), key=lambda one: _months(one[0]))
        if value not in (None, "", False) and name not in HIDDEN
    )


def _months(name: str) -> int:
    """The term that an input stands for, 0 for every other: shorter terms before longer ones."""
    term = name.removeprefix("months_")
    return int(term) if term.isdigit() else 0


def _figure(name: str, value: object, unit: str) -> str:
    plain = isinstance(value, int) and not name.endswith(("_minor", "_ppm"))
    return write(f"{name}{unit}" if unit and plain else name, value)


def _label(name: str) -> str:
    if name.startswith("months_"):
        return _("%(n)s months") % {"n": name.removeprefix("months_")}
    return str(WORDS.get(name, name.removesuffix("_minor").removesuffix("_ppm").replace("_", " ")))


def trace_rows(steps: tuple[TraceStep, ...], depth: int = 0) -> list[dict[str, Any]]:
    """This function will lay a trace out as rows, finer steps below their own, ready for the table."""
    return list(_rows(steps, depth))


def _rows(steps: tuple[TraceStep, ...], depth: int) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield {
            "name": step_name(step.step),
            "value": step_value(step),
            "because": because(step),
            "version": step.version,
            "outcome": step.outcome.value,
            "depth": depth,
        }
        yield from _rows(step.children, depth + 1)


def waterfall_of(price: Price, *, small: bool = False) -> SafeString:
    """This function will draw how the parts of a price add up to its rate."""
    parts = [
        charts.Part(
            label=_label(part.name.removeprefix("benefit:")),
            size=part.annual_rate_ppm,
            text=formats.hundredths(part.annual_rate_ppm),
            css="k3" if part.name == "guarantees" or part.annual_rate_ppm < 0 else "k1",
        )
        for part in price.parts
    ]
    shown = formats.rate(price.annual_rate_ppm)
    total = charts.Part(label=_("Interest rate"), size=price.annual_rate_ppm, text=shown, css="kt")
    listed = ", ".join(f"{part.label} {part.text}" for part in parts)
    sentence = _("The rate of %(rate)s is the sum of: %(parts)s.") % {"rate": shown, "parts": listed}
    return charts.waterfall(parts, total=total, sentence=sentence, small=small)
