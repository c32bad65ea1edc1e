"""The relief policy: which plans may be offered and what is assumed of households, compiled from dated text."""

from __future__ import annotations

from dataclasses import dataclass

from puhui.core.canonical import content_hash
from puhui.core.dated import HouseText
from puhui.core.money import MAX_MINOR
from puhui.protection.domain.strict import OPEN, StrictFile, StrictTable
from puhui.relief.domain.budget import MOST_MONTHS, PPM, BudgetScenario

ANY = "any"
CAUSES = ("job", "illness", "income_drop", "timing", "forgot", "dispute", "disaster")
WAIVERS = ("none", "penalty", "penalty_interest")
LEAST_CONFIDENCE_PPM = 900_000  # G8; a file may be stricter, never looser
CARDS_LEAST = 3
PATIENCE_DAYS = 7  # where a file says nothing
REVIEW_LEAST_DAYS = 7  # so that she has time to answer
WAITS_MOST = 12  # months; who is without income for longer than that needs another plan
OWN_WAITS_MOST = 6  # so that a plan ends
PLANS_MOST = 5_000  # so that an answer comes while she waits


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefGrid:
    """All choices, of which a plan is one value each. The first of each list changes nothing."""

    due_moves_days: tuple[int, ...]  # days by which due dates move back
    deferral_months: tuple[int, ...]  # months without instalments
    extensions: tuple[int, ...]  # instalments more
    rates_off_ppm: tuple[int, ...]  # off the annual rate, ppm
    interest_pauses: tuple[bool, ...]  # whether deferred months bear no interest: breathing space
    waivers: tuple[str, ...]  # what of the arrears is given up
    last_due_months_most: int  # no instalment is due later than so many months from the day of asking


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortHousehold:
    """One kind of household among those who would be offered a plan."""

    name: str  # of the kind
    weight: int  # how many of them beside the others, whole number above zero
    means_ppm: int  # of the surplus, what it has to pay with, ppm
    pays_ppm: int  # of what it can pay, what it pays, ppm
    gives_up_months: int  # months in a row with less than half paid; then nothing more is paid
    recovery_ppm: int  # of what is owed then, what still comes back, ppm
    takes_cheaper_ppm: int  # share who take a plan that costs less than no change, ppm
    takes_dearer_ppm: int  # share who take any other plan, ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """What happens before the first payment that only the hoped-for income could bear."""

    before_days: int  # days before it is due on which she is asked whether the income is back
    waits_most: int  # how often it may wait a month, free of interest, while she has not said so


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefPolicy(HouseText):
    """A compiled file."""

    confidence_ppm: int  # least chance that a month bears its instalment, ppm
    discount_ppm: int  # yearly cost of the lender's money, ppm
    cards_most: int  # cards shown, "no change" apart
    settlement_least_ppm: int  # least share of the payoff that settles, ppm
    settlement_late_days: int  # days past due from which a settlement may be offered
    pool_minor: int  # for waivers that lose against no action, a calendar year, minor units; 0 = none
    patience_days: int  # days past due after which a signed plan counts as broken
    grid: ReliefGrid  # choices
    scenarios: tuple[tuple[str, BudgetScenario], ...]  # by cause; "any" where a cause has none of its own
    cohort: tuple[CohortHousehold, ...]  # who would be offered a plan
    review: ReviewRule | None = None  # None = a payment is due whether the income came back or not
    own_waits_most: int = 0  # how often a payment of a plan may wait a month on her word alone

    @property
    def waits_most(self) -> int:
        """The most months by which payments of a plan may come to wait."""
        return self.own_waits_most + (self.review.waits_most if self.review else 0)

    def scenarios_of(self, cause: str) -> tuple[BudgetScenario, ...]:
        """Return the scenarios of a cause of hardship."""
        own = tuple(one for name, one in self.scenarios if name == cause)
        return own or tuple(one for name, one in self.scenarios if name == ANY)


def parse_relief(text: str, *, file: str) -> ReliefPolicy:
    """This function will compile a relief policy; `file` names it in errors. Raises: PolicyInvalid naming the field."""
    source = StrictFile(text, file=file)
    head = source.table("relief")
    jurisdiction, version = head.text("jurisdiction"), head.text("version")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    if version != valid_from.isoformat() or not file.endswith(f"{version}.toml"):
        raise head.invalid("version, valid_from and the name of the file must be one day")
    if valid_to is not None and valid_to <= valid_from:
        raise head.invalid("valid_to is not after valid_from")
    confidence = _within(head, "confidence_ppm", LEAST_CONFIDENCE_PPM, PPM)
    discount = _within(head, "discount_ppm", 0, PPM)
    cards = _within(head, "cards_most", CARDS_LEAST, 5)
    least = _within(head, "settlement_least_ppm", 0, PPM)
    late = _within(head, "settlement_late_days", 1, 3660)
    pool = _within(head, "pool_minor", 0, MAX_MINOR) if head.has("pool_minor") else 0
    patience = _within(head, "patience_days", 0, 60) if head.has("patience_days") else PATIENCE_DAYS
    review = _review(head)
    own_waits = _within(head, "own_waits_most", 0, OWN_WAITS_MOST) if head.has("own_waits_most") else 0
    head.done()
    grid = _grid(source.table("grid"))
    scenarios = tuple(_scenario(row) for row in source.rows("scenario", called="cause"))
    households = source.rows("household", called="name")
    cohort = tuple(_household(row) for row in households)
    source.done()
    if not any(name == ANY for name, _ in scenarios):
        raise head.invalid('[[scenario]] has no row of cause "any"')
    if not cohort:
        raise head.invalid("[[household]] has no row")
    if len({one.name for one in cohort}) != len(cohort):
        raise households[0].invalid("name stands twice")
    return ReliefPolicy(
        jurisdiction=jurisdiction, version=version, sha256=content_hash(text.encode()),
        valid_from=valid_from, valid_to=valid_to, confidence_ppm=confidence, discount_ppm=discount,
        cards_most=cards, settlement_least_ppm=least, settlement_late_days=late,
        pool_minor=pool, patience_days=patience, grid=grid, scenarios=scenarios, cohort=cohort,
        review=review, own_waits_most=own_waits,
    )  # fmt: skip


def _within(row: StrictTable, key: str, least: int, most: int) -> int:
    value = row.integer(key)
    if not least <= value <= most:
        raise row.invalid(f"{key} is {value}, not between {least} and {most}")
    return value


def _list(row: StrictTable, key: str, most: int) -> tuple[int, ...]:
    values = row.integers(key)
    if not values or values[0] != 0 or list(values) != sorted(set(values)) or values[-1] > most:
        raise row.invalid(f"{key} is not a rising list of whole numbers from 0 to at most {most}")
    return values


def _grid(row: StrictTable) -> ReliefGrid:
    """The lists of choices, each from nothing upwards, together not more than can be searched while she waits."""
    moves, deferrals = _list(row, "due_moves_days", 28), _list(row, "deferral_months", 12)
    extensions, rates = _list(row, "extensions", 60), _list(row, "rates_off_ppm", PPM)
    pauses = row.flags("interest_pauses")
    if pauses not in ((False,), (False, True)):
        raise row.invalid("interest_pauses is neither [false] nor [false, true]")
    waivers = row.texts("waivers", required=True)
    if waivers != WAIVERS[: len(waivers)] or not waivers:
        raise row.invalid(f"waivers is not the beginning of {', '.join(WAIVERS)}")
    last = _within(row, "last_due_months_most", 1, MOST_MONTHS)
    row.done()
    count = len(moves) * len(deferrals) * len(extensions) * len(rates) * len(pauses) * len(waivers)
    if count > PLANS_MOST:
        raise row.invalid(f"the lists make {count} plans, more than {PLANS_MOST}")
    return ReliefGrid(
        due_moves_days=moves, deferral_months=deferrals, extensions=extensions, rates_off_ppm=rates,
        interest_pauses=pauses, waivers=waivers, last_due_months_most=last,
    )  # fmt: skip


def _review(row: StrictTable) -> ReviewRule | None:
    """Both keys or none: a text without them asks nothing before a payment."""
    if not (row.has("review_before_days") or row.has("review_waits_most")):
        return None
    return ReviewRule(
        before_days=_within(row, "review_before_days", REVIEW_LEAST_DAYS, 28),
        waits_most=_within(row, "review_waits_most", 1, WAITS_MOST),
    )


def _scenario(row: StrictTable) -> tuple[str, BudgetScenario]:
    cause = row.choice("cause", (ANY, *CAUSES))
    found = BudgetScenario(
        weight=_within(row, "weight", 1, PPM),
        later_months=_within(row, "later_months", 0, MOST_MONTHS),
        regained_ppm=_within(row, "regained_ppm", 0, 2 * PPM),
        spending_ppm=_within(row, "spending_ppm", 1, 5 * PPM),
        longer_ppm=_within(row, "longer_ppm", 0, 5 * PPM) if row.has("longer_ppm") else 0,
    )
    row.text("source")
    row.done()
    return cause, found


def _household(row: StrictTable) -> CohortHousehold:
    found = CohortHousehold(
        name=row.text("name"),
        weight=_within(row, "weight", 1, PPM),
        means_ppm=_within(row, "means_ppm", 0, 20 * PPM),
        pays_ppm=_within(row, "pays_ppm", 0, PPM),
        gives_up_months=_within(row, "gives_up_months", 1, MOST_MONTHS),
        recovery_ppm=_within(row, "recovery_ppm", 0, PPM),
        takes_cheaper_ppm=_within(row, "takes_cheaper_ppm", 0, PPM),
        takes_dearer_ppm=_within(row, "takes_dearer_ppm", 0, PPM),
    )
    row.text("source")
    row.done()
    return found
