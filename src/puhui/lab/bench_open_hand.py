"""How long it takes to tell one person the worth of every proof and to quote with all of them given.

Pure functions on the shipped policies, as the page calls them: no database and no page in it, one process.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from functools import cache

from puhui.evidence.domain import Cohort, facts_of_proofs, parse_cohort
from puhui.lab.properties.parts import Parts
from puhui.lab.properties.story import CAP, choice_of, make_quote
from puhui.lab.properties.worlds import POLICIES, START, TODAY, Case, make_case, make_variants
from puhui.offers.domain.negotiate import Choice, Standing, price_choice
from puhui.offers.domain.standing import with_proofs
from puhui.offers.domain.worth import find_worth

SEED = 20261122
PEOPLE = 200
GOAL_MS = 50


def measure_quotes() -> tuple[float, float]:
    """This function will return p50 and p99 of milliseconds for one person: every worth, then the best quote."""
    variants = make_variants(SEED, count=1)
    file = "evidence/cohort-2026-11-01.toml"
    kinds = variants[0].kinds
    cohort = parse_cohort((POLICIES / file).read_text(encoding="utf-8"), file=file, kinds=kinds)
    spent = []
    for number in range(PEOPLE):
        case = make_case(SEED, number, variants)
        begun = time.perf_counter()
        _all_worths(case, cohort)
        seen = with_proofs(case.input, facts_of_proofs(case.proofs, kinds=kinds, on_date=TODAY))
        rate = Parts().decide(seen, rules=case.variant.rules).price.annual_rate_ppm
        make_quote(case, Parts(), id=f"q{number}", base_ppm=rate, at=START)
        spent.append((time.perf_counter() - begun) * 1000)
    cuts = statistics.quantiles(spent, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _all_worths(case: Case, cohort: Cohort) -> None:
    amount, months, method = choice_of(case)
    choice = Choice(amount_minor=amount, months=months, method=method, due_day=None)
    rate = Parts().decide(case.input, rules=case.variant.rules).price.annual_rate_ppm
    standing = Standing(
        product=case.variant.product,
        concessions=case.variant.concessions,
        base_rate_ppm=rate,
        limit_minor=amount,
        payment_minor=amount,
        cap=CAP,
        value_date=TODAY,
    )

    @cache
    def all_in(rate_ppm: int) -> int:
        return price_choice(choice, standing=replace(standing, base_rate_ppm=rate_ppm)).all_in.apr_nominal_ppm

    for kind in case.variant.kinds.values():
        find_worth(
            case.input,
            rules=case.variant.rules,
            kind=kind,
            atoms=cohort.atoms[kind.code],
            basis=cohort.basis[kind.code],
            held_ppm=rate,
            all_in=all_in,
        )
