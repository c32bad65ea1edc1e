"""What follows from a run: approved, declined or sent to a person, with reasons in her own figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from puhui.core.trace import Outcome
from puhui.decisions.domain.asking import Finding, FindingRule
from puhui.decisions.domain.exploration import STEP, explore
from puhui.decisions.domain.helps import find_helps, value_figure
from puhui.decisions.domain.run import Run
from puhui.decisions.domain.scorecard import Contribution
from puhui.decisions.domain.values import (
    Approved,
    Declined,
    Figures,
    PersonAct,
    Reason,
    Referred,
    TermCapacity,
    Verdict,
    make_term_capacity,
)

MOST_REASONS = 4
ASKED_PERSON = "ASKED_PERSON"


def reach_verdict(run: Run) -> Verdict:
    """This function will conclude a run and add its last two steps to the trace.

    Who asks for a person gets one, whatever the program found (Personal Information Protection Law of China, Art 24).
    Else a stop outranks a referral, a referral outranks the sums; a decline by the sums leaves open the line that fits.
    """
    found = run.findings
    stops = [one for one in found if one.verdict == "decline"] if found else []
    referrals = [one for one in found if one.verdict == "refer"] if found else []
    if run.input.asks_person:
        stops, referrals = [], [Finding(FindingRule.referral("consent", ASKED_PERSON), {}), *referrals]
    own = () if stops or referrals else _shortfalls(run)
    _trace_should_not_lend(run, own)
    verdict: Verdict
    small: Approved | None = None
    if stops:
        small = _explored(run) if run.input.exploration else None
        fits = small is not None and run.input.application.amount_minor <= small.limit_minor
        verdict = small if small and fits else _declined(run, _with_score(run, stops), stops, smaller=small)
    elif referrals:
        verdict = Referred(reasons=tuple(one.reason for one in referrals[:MOST_REASONS]))
    elif own:
        verdict = _declined(run, own, [], smaller=_approved(run) if run.limit_minor else None)
    else:
        verdict = _approved(run)
    asked = run.input.application
    run.step(
        "verdict",
        verdict.kind,
        {
            "amount_minor": asked.amount_minor,
            "months": asked.months,
            "limit_minor": small.limit_minor if small else run.limit_minor,
            "reasons": None
            if isinstance(verdict, Approved)
            else ", ".join([one.code for one in verdict.reasons]) or None,
        },
        outcome=Outcome.PASSED if verdict.kind == "approved" else Outcome.REFUSED,
    )
    return verdict


def conclude_by_person(run: Run, referral: Verdict, *, act: PersonAct) -> Verdict:
    """This function will turn a referral into what a person concluded, and add her step to the trace.

    She chooses whether and how much, never the price: rate and grade are the table's, and the limit stays within what
    the month carries. Raises: AssertionError outside those bounds.
    """
    assert isinstance(referral, Referred), "a person decides only what the policy sends to one"
    verdict: Verdict
    if act.agreed:
        assert 0 < act.limit_minor <= run.limit_minor and not act.reasons, "within what the month carries"
        whole = _approved(run)
        within = tuple(
            replace(one, amount_minor=min(one.amount_minor, act.limit_minor)) for one in whole.capacities
        )
        verdict = replace(whole, limit_minor=act.limit_minor, capacities=within)
    else:
        assert 0 < len(act.reasons) <= MOST_REASONS and act.limit_minor == 0, "a decline has its reasons"
        reasons = tuple(Reason(code=code, figures={}, rule="person") for code in act.reasons)
        verdict = _declined(run, reasons, [], smaller=None)
    run.step(
        "person",
        verdict.kind,
        {"by": act.by, "limit_minor": act.limit_minor or None, "reasons": ", ".join(act.reasons) or None},
        version="person",
        outcome=Outcome.PASSED if act.agreed else Outcome.REFUSED,
    )
    return verdict


def _explored(run: Run) -> Approved | None:
    """The small line of somebody whom the exploration budget lets in although her risk is above the cut-off.

    Whatever else speaks against her, and above all what her month does not bear (G3), stands among the reasons and bars it.
    """
    chance, product = run.input.exploration, run.input.product
    assert chance is not None
    afford = [one.code for one in _shortfalls(run) if one.code.startswith("AFFORD_")]
    found = explore(
        chance,
        reasons=[one.reason.code for one in run.findings] + afford,
        pd_ppm=run.pd_ppm,
        fits_minor=run.limit_minor,
        step_minor=product.amount_step_minor,
        least_minor=product.amount_min_minor,
    )
    run.step(
        STEP,
        found.answer.value,
        {
            "reason": chance.budget.reason,
            "bucket_ppm": found.bucket_ppm,
            "share_ppm": chance.budget.share_ppm,
            "propensity_ppm": found.propensity_ppm,
            "limit_minor": found.limit_minor,
            "month_count": chance.spent.count,
            "month_money_minor": chance.spent.money_minor,
        },
        version=f"{chance.budget.id} {chance.budget.version}",
        outcome=Outcome.PASSED if found.limit_minor else Outcome.NOT_TRIGGERED,
    )
    return _approved(run, limit_minor=found.limit_minor) if found.limit_minor else None


def _approved(run: Run, *, limit_minor: int | None = None) -> Approved:
    assert run.price and run.affordability
    least = run.input.product.amount_min_minor
    limit = run.limit_minor if limit_minor is None else limit_minor
    capacities: list[TermCapacity] = []
    for one in run.capacities:
        amount = one.amount_minor if one.amount_minor < limit else limit
        capacities.append(make_term_capacity(one.months, amount if amount >= least else 0))
    return Approved(
        limit_minor=limit,
        currency=run.input.product.currency,
        grade=str(run.values["grade.grade"]),
        annual_rate_ppm=run.price.annual_rate_ppm,
        expires_on=run.input.on_date + timedelta(days=run.rules.policy.line_days),
        affordable_minor=run.affordability.affordable_minor,
        capacities=tuple(capacities),
    )


def _declined(
    run: Run, reasons: tuple[Reason, ...], stops: list[Finding], *, smaller: Approved | None
) -> Declined:
    return Declined(
        reasons=reasons[:MOST_REASONS],
        helps=find_helps(run, stops, smaller=smaller),
        no_helps=run.rules.policy.no_helps,
        smaller=smaller,
    )


def _trace_should_not_lend(run: Run, shortfalls: tuple[Reason, ...]) -> None:
    assert run.affordability
    unaffordable = any(one.code.startswith("AFFORD_") for one in shortfalls)
    run.step(
        "should_not_lend",
        "triggered" if unaffordable else "not_triggered",
        {
            "instalment_minor": run.values["capacity.instalment_minor"],
            "affordable_minor": run.affordability.affordable_minor,
        },
        version=f"house {run.input.house.jurisdiction} {run.input.house.version}",
        outcome=Outcome.REFUSED if unaffordable else Outcome.NOT_TRIGGERED,
    )


def _shortfalls(run: Run) -> tuple[Reason, ...]:
    """Why what was asked does not fit the month, or the limit; nothing when it fits both."""
    assert run.affordability
    asked, month = run.input.application, run.affordability
    instalment = int(run.values["capacity.instalment_minor"] or 0)
    found: list[Reason] = []
    if instalment > month.affordable_minor:
        code = "AFFORD_INSTALMENT" if month.affordable_minor else "AFFORD_NOTHING_LEFT"
        figures: Figures = {
            "amount_minor": asked.amount_minor,
            "months": asked.months,
            "instalment_minor": instalment,
            "income_minor": month.income_minor,
            "surplus_minor": month.surplus_minor,
            "affordable_minor": month.affordable_minor,
            "currency": asked.currency,
        }
        found.append(Reason(code=code, figures=figures, rule="should_not_lend"))
    budget = int(run.values["budget.limit_minor"] or 0)
    if asked.amount_minor <= min(budget, run.input.house.line_max_minor, run.input.product.amount_max_minor):
        return tuple(found)
    caps = [
        (budget, str(run.values.get("budget.reason", "LIMIT_GRADE")), "budget"),
        (run.input.house.line_max_minor, "LIMIT_HOUSE", "limit"),
        (run.input.product.amount_max_minor, "LIMIT_PRODUCT", "limit"),
    ]
    limit, code, rule = min(caps, key=lambda one: one[0])
    figures = {"amount_minor": asked.amount_minor, "limit_minor": limit, "currency": asked.currency}
    found.append(Reason(code=code, figures=figures, rule=rule))
    if rule == "budget":
        found += _score_reasons(run)
    return tuple(found[:MOST_REASONS])


def _with_score(run: Run, stops: list[Finding]) -> tuple[Reason, ...]:
    """The stops' own reasons, then, where the score was the cause, what lowered it."""
    found = [one.reason for one in stops]
    if any(one.by_score for one in stops):
        found += _score_reasons(run)
    return tuple(found[:MOST_REASONS])


def _score_reasons(run: Run) -> list[Reason]:
    """What cost points against the cohort, the heaviest first. What is absent cost nothing and is no reason (G2)."""
    below = sorted((one for one in run.contributions() if one.points < 0), key=lambda one: one.points)
    return [Reason(code=one.reason, figures=_figures(run, one), rule="score") for one in below]


def _figures(run: Run, one: Contribution) -> Figures:
    spec = next(feature for feature in run.rules.policy.features if feature.name == one.name)
    assert isinstance(one.value, int)
    return {"points": one.points} | value_figure("current", one.value, unit=spec.unit, decimals=spec.decimals)
