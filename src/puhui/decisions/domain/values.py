"""The values of a decision: everything that it saw, and everything that came out, each hashed and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from puhui.core.fields import draft_of
from puhui.core.trace import TraceStep
from puhui.decisions.domain.affordability import Affordability
from puhui.decisions.domain.application import ApplicationInput
from puhui.decisions.domain.exploration import ExplorationChance
from puhui.decisions.domain.prices import Benefit, Price

SEMANTICS_VERSION = 1  # of the evaluator in `decide`; an old version stays callable beside a new one
Figures = dict[str, int | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFact:
    """A fact as the decision saw it."""

    name: str  # e.g. "bureau.inq_last_6mths"
    value: int | str | bool | None  # scaled integers, never floats
    event_at: datetime  # when it was true
    known_at: datetime  # when we learnt it
    source: str  # from whom


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseLimits:
    """What the house policy says that a decision needs."""

    jurisdiction: str  # of the lender
    version: str  # day of the house policy
    sha256: str  # its content hash
    cap_ppm: int  # cap of the all-in annual cost
    cap_basis: str  # "effective" or "nominal"
    line_max_minor: int  # largest line of one person
    essential_floor_minor: int  # least spending a month in her region
    reserve_ppm: int  # share of the surplus kept for surprises


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """What the product says that a decision needs."""

    id: str  # stable name
    version: str  # day of the product file
    sha256: str  # its content hash
    currency: str  # ISO 4217 code
    amount_min_minor: int  # smallest draw
    amount_max_minor: int  # largest draw
    amount_step_minor: int  # draws are multiples of it
    terms: tuple[int, ...]  # months on offer, ascending
    fee_minor: int  # charged with every instalment
    rounding: str  # of the level instalment, a name of core.rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAct:
    """What a person concluded where the policy sends a request to one. The price stays the table's."""

    by: str  # login of the member of staff
    agreed: bool  # whether money may be lent
    limit_minor: int  # the line she may have, 0 when not agreed
    reasons: tuple[str, ...]  # codes of the reason texts when not agreed, one to four


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """All that a decision may depend on. The same input gives the same bytes for ever."""

    semantics_version: int  # rules of the evaluator
    application_id: str  # whose request
    decided_at: datetime  # instant of the decision, UTC
    on_date: date  # its business date
    application: ApplicationInput  # what she asks and says
    facts: tuple[SeenFact, ...]  # by name
    house: HouseLimits  # limits of the house
    product: ProductTerms  # what can be lent
    benefits: tuple[Benefit, ...]  # what lowers the price, filled by later stages
    policy_sha256: str  # credit policy
    model_sha256: str  # scorecard
    prices_sha256: str  # price table
    evaluator_sha256: str  # source of the evaluator that first ran; a replay may run a later release
    person: PersonAct | None = None  # what a person concluded; only where the policy refers
    asks_person: bool = False  # whether she wants a person to decide, not a program
    exploration: ExplorationChance | None = None  # only where a text in force may explore her refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, with her own figures."""

    code: str  # code of the reason texts
    figures: Figures  # what its sentence may name
    rule: str  # table and row, or step, that gave it


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What would change the answer, with what it would then be."""

    code: str  # code of the reason texts
    amount_minor: int  # that could then be lent, 0 when no amount can be promised
    months: int  # over which term, 0 when none
    instalment_minor: int  # a month, 0 when none
    total_minor: int  # paid back in all, 0 when none
    now: bool  # whether it can be had at once, without waiting for anything
    figures: Figures  # what its sentence may name beside these


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCapacity:
    """The most that a term allows within the line."""

    months: int  # term
    amount_minor: int  # largest amount within limit and affordability, 0 if none


_Draft = draft_of(TermCapacity)


def make_term_capacity(months: int, amount_minor: int) -> TermCapacity:
    """This function will make a TermCapacity in half the time of its constructor: an approval has one for each term."""
    made = _Draft()
    made.months = months
    made.amount_minor = amount_minor
    made.__class__ = TermCapacity
    done: TermCapacity = made
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A line may be granted."""

    limit_minor: int  # the line
    currency: str  # of the limit
    grade: str  # of the risk
    annual_rate_ppm: int  # contract rate of draws
    expires_on: date  # last day of the line
    affordable_minor: int  # largest monthly payment that counts as affordable
    capacities: tuple[TermCapacity, ...]  # by term: a draw above them should not be lent (G3)
    kind: str = field(default="approved")  # tag in stored text


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """What was asked for is not lent."""

    reasons: tuple[Reason, ...]  # one to four, the heaviest first
    helps: tuple[Help, ...]  # what would help, what can be had at once first
    no_helps: tuple[str, ...]  # codes of what does not help
    smaller: Approved | None  # the smaller line that is open at once, if any
    kind: str = field(default="declined")  # tag in stored text


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """A person has to look."""

    reasons: tuple[Reason, ...]  # one to four
    kind: str = field(default="referred")  # tag in stored text


Verdict = Approved | Declined | Referred


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What came out, with its trace."""

    verdict: Verdict  # the answer
    points: int  # score, higher is safer
    pd_ppm: int  # probability of default
    grade: str  # of the risk
    price: Price  # rate and its parts
    affordability: Affordability  # the month's sum
    instalment_minor: int  # highest monthly payment of what was asked, at this rate
    limit_minor: int  # what could be lent at most, whatever the verdict
    trace: tuple[TraceStep, ...]  # step by step

    @property
    def line(self) -> Approved | None:
        """The line that may be granted: the one approved, or the smaller one beside a decline."""
        if isinstance(self.verdict, Approved):
            return self.verdict
        return self.verdict.smaller if isinstance(self.verdict, Declined) else None
