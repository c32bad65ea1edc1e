"""What a proof is said to be worth, held against real people: fitted on half of the rows, measured on the other half.

Taiwan's card customers show how many of six bills they paid on time; Spain's applicants show their income and how long
they have been in their job. What we would know of them without the proof comes from the same rows; the price is the shipped
one. The cohort's figures are those of the fitting half. For every person of the other half the worth is worked out before
her own figures are looked at; then her own proof is priced. Three statements are counted: no change, at most the typical
fall, at most the largest fall. The same is done with another mix of people, which nobody told the cohort of.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.values import DecisionInput, SeenFact
from puhui.evidence.domain import CohortAtom, EvidenceKind, values_of
from puhui.lab.properties.story import CAP
from puhui.lab.properties.worlds import START, TODAY, make_case, make_variants
from puhui.offers.domain.negotiate import Choice, Standing, price_choice
from puhui.offers.domain.worth import Worth, find_worth, price_with
from puhui.products.domain import Method

SEED = 20261122
PPM = 1_000_000
GROUPS = 24  # of equal size into which a continuous figure falls in the cohort
PESETAS = 10_000  # fen for a thousand pesetas a month: the middle applicant then earns 12,500 yuan
CHOICE = Choice(amount_minor=10_000_00, months=12, method=Method.EQUAL_INSTALMENT, due_day=None)
Fields = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthPerson:
    """One real row."""

    known: Mapping[str, int]  # facts of the credit file that we would have without a proof
    shows: Fields  # what her proof would show
    shifted: bool  # whether she belongs to the other mix


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthSource:
    """One set of real rows and the proof that is read of it."""

    name: str  # "Taiwan, bills on time"
    kind: str  # evidence kind
    mix: str  # who the other mix is, in words
    people: tuple[WorthPerson, ...]  # every row


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthRates:
    """What was said of the people of a half and what came, in percent of them."""

    count: int  # people
    said_no_change: float  # mean of what was said
    seen_no_change: float  # whose price stayed
    said_typical: float  # mean share said to fall by at most the typical fall, of those whose price falls
    seen_typical: float  # who did
    seen_at_most: float  # whose price fell by at most the largest fall said: 100 is promised


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthMeasured:
    """One source: how its statements held."""

    source: WorthSource  # rows and proof
    fitted: int  # people of the fitting half
    same: WorthRates  # the other half, as it is
    shifted: WorthRates  # the other half's people of the other mix


def read_taiwan(path: Path) -> WorthSource:
    """This function will read UCI 350 (gzip CSV): bills paid on time of the last six, and the card's use before."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        people = tuple(_of_taiwan(row) for row in csv.DictReader(file))
    return WorthSource(
        name="Taiwan, bills on time", kind="utility_bills", mix="limits below 100,000", people=people
    )


def _of_taiwan(row: Mapping[str, str]) -> WorthPerson:
    late = [int(float(row[f"PAY_{month}"])) for month in (0, 2, 3, 4, 5, 6)]
    limit, bill = int(float(row["LIMIT_BAL"])), max(0, int(float(row["BILL_AMT1"])))
    known = {
        "bureau.revol_util_permille": min(10_000, bill * 1000 // max(1, limit)),
        "bureau.inq_last_6mths": min(3, sum(one >= 2 for one in late)),  # stands for a file that shows strain
    }
    return WorthPerson(
        known=known, shows={"months": 2 * sum(one <= 0 for one in late)}, shifted=limit < 100_000
    )


def read_spain(path: Path) -> Iterable[WorthSource]:
    """This function will read the instalment credit of 4,454 Spanish applicants (CSV): income, and years in the job."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if _number(row["Income"]) and row["Seniority"] != ""]
    income = tuple(_of_spain(row, lambda row: _income(row)) for row in rows)
    job = tuple(
        _of_spain(row, lambda row: {"months": min(720, _number(row["Seniority"]) * 12)}) for row in rows
    )
    mix = "younger than 35"
    yield WorthSource(name="Spain, income", kind="salary_flow", mix=mix, people=income)
    yield WorthSource(name="Spain, years in the job", kind="employment", mix=mix, people=job)


def _income(row: Mapping[str, str]) -> Fields:
    return {"months": 12, "total_minor": 12 * _number(row["Income"]) * PESETAS}


def _of_spain(row: Mapping[str, str], shows: Callable[[Mapping[str, str]], Fields]) -> WorthPerson:
    debt, assets = _number(row["Debt"]), max(1, _number(row["Assets"]))
    known = {
        "bureau.inq_last_6mths": 2 if row["Records"] == "yes" else 0,
        "bureau.all_util_percent": min(1000, debt * 100 // assets),
    }
    return WorthPerson(known=known, shows=shows(row), shifted=_number(row["Age"]) < 35)


def _number(text: str) -> int:
    return int(float(text)) if text not in ("", "NA") else 0


class _Pricer:
    """The shipped pricer for people of whom only a few facts are known."""

    def __init__(self) -> None:
        variant = make_variants(SEED, count=1)[0]
        self.rules: Rules = variant.rules
        self.kinds: Mapping[str, EvidenceKind] = variant.kinds
        self._base = make_case(SEED, 0, [variant]).input
        self._standing = Standing(
            product=variant.product, concessions=variant.concessions, base_rate_ppm=0, limit_minor=0, payment_minor=0,
            cap=CAP, value_date=TODAY,
        )  # fmt: skip
        self.all_in = cache(self._all_in)

    def input_of(self, known: Mapping[str, int]) -> DecisionInput:
        """Her file as a decision sees it."""
        seen: list[tuple[str, int | str]] = [("bureau.hit", "hit"), *known.items()]
        facts = [
            SeenFact(name=name, value=value, event_at=START, known_at=START, source="rows")
            for name, value in seen
        ]
        return replace(self._base, facts=tuple(sorted(facts, key=lambda one: one.name)))

    def rate(self, known: Mapping[str, int]) -> int:
        """Her contract rate without a proof."""
        run = run_flow(self.input_of(known), rules=self.rules)
        assert run.price is not None
        return run.price.annual_rate_ppm

    def _all_in(self, rate_ppm: int) -> int:
        return price_choice(
            CHOICE, standing=replace(self._standing, base_rate_ppm=rate_ppm)
        ).all_in.apr_nominal_ppm


def measure(source: WorthSource, *, seed: int = SEED) -> WorthMeasured:
    """This function will fit the cohort on a random half of the rows and hold what is said against the other half.

    The cohort is fitted for each grade of price, as a house does whose proofs go with what it knows already.
    """
    pricer, random = _Pricer(), Random(seed)
    order = list(range(len(source.people)))
    random.shuffle(order)
    half = len(order) // 2
    fit, rest = order[:half], order[half:]
    kind = pricer.kinds[source.kind]
    rate_of: dict[tuple[tuple[str, int], ...], int] = {}

    def rate(person: WorthPerson) -> int:
        key = tuple(sorted(person.known.items()))
        if key not in rate_of:
            rate_of[key] = pricer.rate(person.known)
        return rate_of[key]

    groups: dict[int, list[WorthPerson]] = {}
    for place in fit:
        groups.setdefault(rate(source.people[place]), []).append(source.people[place])
    atoms = {grade: fit_atoms([one.shows for one in people], kind) for grade, people in groups.items()}
    said = _said(pricer, kind, atoms, rate)
    others = [source.people[place] for place in rest if rate(source.people[place]) in atoms]
    return WorthMeasured(
        source=source,
        fitted=half,
        same=_count(pricer, kind, others, said, rate),
        shifted=_count(pricer, kind, [one for one in others if one.shifted], said, rate),
    )


def fit_atoms(shown: Sequence[Fields], kind: EvidenceKind) -> tuple[CohortAtom, ...]:
    """This function will turn what people showed into a cohort's atoms: figures with few values as they are, others by
    the middle of GROUPS groups of equal size. Shares add up to the whole.
    """
    names = [one.name for one in kind.fields if one.name in shown[0]]
    ordered = sorted(shown, key=lambda one: tuple(one[name] for name in names))
    counted: Counter[tuple[int, ...]] = Counter()
    distinct = Counter(tuple(one[name] for name in names) for one in ordered)
    if len(distinct) <= GROUPS * 4:
        counted = distinct
    else:
        for group in range(GROUPS * 4):
            part = ordered[group * len(ordered) // (GROUPS * 4) : (group + 1) * len(ordered) // (GROUPS * 4)]
            if part:
                middle = part[len(part) // 2]
                counted[tuple(middle[name] for name in names)] += len(part)
    shares = _shares(list(counted.values()))
    rest = {one.name: one.least for one in kind.fields}
    return tuple(
        CohortAtom(share_ppm=share, fields={**rest, **dict(zip(names, values, strict=True))})
        for values, share in zip(counted, shares, strict=True)
        if share
    )


def _shares(counts: Sequence[int]) -> list[int]:
    """Parts per million that add up to the whole."""
    total, given, found = sum(counts), 0, []
    before = 0
    for count in counts:
        before += count
        found.append(before * PPM // total - given)
        given += found[-1]
    return found


def _said(
    pricer: _Pricer,
    kind: EvidenceKind,
    atoms: Mapping[int, tuple[CohortAtom, ...]],
    rate: Callable[[WorthPerson], int],
) -> Callable[[WorthPerson], Worth]:
    memo: dict[tuple[tuple[str, int], ...], Worth] = {}

    def say(person: WorthPerson) -> Worth:
        key = tuple(sorted(person.known.items()))
        if key not in memo:
            held = rate(person)
            memo[key] = find_worth(
                pricer.input_of(person.known),
                rules=pricer.rules,
                kind=kind,
                atoms=atoms[held],
                basis="measured",
                held_ppm=held,
                all_in=pricer.all_in,
            )
        return memo[key]

    return say


def _count(
    pricer: _Pricer,
    kind: EvidenceKind,
    people: Sequence[WorthPerson],
    said: Callable[[WorthPerson], Worth],
    rate: Callable[[WorthPerson], int],
) -> WorthRates:
    memo: dict[tuple[object, ...], int] = {}
    no_change = seen_no = falls = typical = at_most = 0
    said_typical = 0.0
    for person in people:
        worth, held = said(person), rate(person)
        shown = values_of(kind, {**{one.name: one.least for one in kind.fields}, **person.shows})
        bins = tuple(one.bin_of(shown[one.fact]) for one in pricer.rules.policy.proofs if one.fact in shown)
        key = (tuple(sorted(person.known.items())), bins)
        if key not in memo:
            memo[key] = price_with(pricer.input_of(person.known), rules=pricer.rules, shown=shown)[0]
        fall = max(0, pricer.all_in(held) - pricer.all_in(min(held, memo[key])))
        no_change += worth.no_change_ppm
        seen_no += fall == 0
        at_most += fall <= worth.at_most_ppm
        if fall:
            falls += 1
            typical += fall <= worth.typical_ppm
            said_typical += worth.typical_share_ppm / PPM
    count = len(people)
    return WorthRates(
        count=count,
        said_no_change=no_change / count / 10_000,
        seen_no_change=100 * seen_no / count,
        said_typical=100 * said_typical / max(1, falls),
        seen_typical=100 * typical / max(1, falls),
        seen_at_most=100 * at_most / count,
    )
