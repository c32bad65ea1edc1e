"""What would change if other texts had decided: past requests decided again under a draft, and who goes in or out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from puhui.core.rounding import Rounding, divide
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.values import Approved, DecisionInput, ProductTerms

VERDICTS = ("approved", "declined", "referred")  # in the order in which they are shown
MOST_UNLIKE = 20  # ids that are shown
STEP_PPM = 1_000  # changes of a price are counted in tenths of a point


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A decision that was made, with all that it saw."""

    id: str  # text(26)
    input: DecisionInput  # what it saw
    verdict: str  # one of VERDICTS
    annual_rate_ppm: int  # price
    limit_minor: int  # line granted, 0 when none
    pd_ppm: int  # probability of default


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapSet:
    """Past requests under the texts that decided and under others."""

    counts: dict[tuple[str, str], int]  # (verdict then, verdict now) → how many
    price_steps: dict[
        int, int
    ]  # change of the price of those approved twice, in steps of STEP_PPM → how many
    pd_in_ppm: int | None  # mean probability of default, as now seen, of those only now approved
    pd_out_ppm: int | None  # mean probability of default, as then seen, of those only then approved
    limits_then_minor: int  # sum of the lines granted then
    limits_now_minor: int  # sum of the lines granted now
    unlike: tuple[str, ...]  # ids of the first decisions whose verdict changes

    @property
    def total(self) -> int:
        """How many were decided again."""
        return sum(self.counts.values())

    def approved_ppm(self, *, now: bool) -> int | None:
        """Share approved, then or now; None when there are none."""
        part = sum(count for verdicts, count in self.counts.items() if verdicts[now] == VERDICTS[0])
        return divide(part * 1_000_000, self.total, Rounding.HALF_EVEN) if self.total else None


def find_swaps(past: Iterable[PastDecision], *, rules: Rules, product: ProductTerms | None = None) -> SwapSet:
    """This function will decide past requests again under `rules`, and `product` where it is the same product's.

    A request whose amount or term the product no longer lends counts as declined: today's form refuses it.
    """
    counts: Counter[tuple[str, str]] = Counter()
    steps: Counter[int] = Counter()
    pds: dict[bool, list[int]] = {True: [], False: []}
    then_minor = now_minor = 0
    unlike: list[str] = []
    for one in past:
        verdict, rate, limit, pd = _decide(one.input, rules, product)
        counts[one.verdict, verdict] += 1
        then_minor, now_minor = then_minor + one.limit_minor, now_minor + limit
        if verdict != one.verdict and len(unlike) < MOST_UNLIKE:
            unlike.append(one.id)
        goes_in, went_in = verdict == VERDICTS[0], one.verdict == VERDICTS[0]
        if goes_in and went_in:
            steps[divide(rate - one.annual_rate_ppm, STEP_PPM, Rounding.HALF_EVEN)] += 1
        elif goes_in or went_in:
            pds[goes_in].append(pd if goes_in else one.pd_ppm)
    return SwapSet(
        counts=dict(counts),
        price_steps=dict(sorted(steps.items())),
        pd_in_ppm=_mean(pds[True]),
        pd_out_ppm=_mean(pds[False]),
        limits_then_minor=then_minor,
        limits_now_minor=now_minor,
        unlike=tuple(unlike),
    )


def _decide(input: DecisionInput, rules: Rules, product: ProductTerms | None) -> tuple[str, int, int, int]:
    """Verdict, price, line and risk under other texts."""
    terms = product if product is not None and product.id == input.product.id else input.product
    asked = input.application
    fits = (
        terms.amount_min_minor <= asked.amount_minor <= terms.amount_max_minor
        and asked.amount_minor % terms.amount_step_minor == 0
        and asked.months in terms.terms
    )
    decision = decide(
        replace(
            input,
            product=terms,
            policy_sha256=rules.policy.sha256,
            model_sha256=rules.model.sha256,
            prices_sha256=rules.prices.sha256,
            evaluator_sha256=rules.evaluator_sha256,
            person=None,
        ),
        rules=rules,
    )
    verdict = decision.verdict
    if not fits:
        return VERDICTS[1], decision.price.annual_rate_ppm, 0, decision.pd_ppm
    limit = verdict.limit_minor if isinstance(verdict, Approved) else 0
    return verdict.kind, decision.price.annual_rate_ppm, limit, decision.pd_ppm


def _mean(values: list[int]) -> int | None:
    return divide(sum(values), len(values), Rounding.HALF_EVEN) if values else None
