"""Programmes: relief that the house offers by itself to loans that fit, by dated text, with a budget and a control group.

A *plan* programme adds a plan to the options of whoever asks and fits; a *waiver* programme (无条件减免) gives without being
asked. Who falls into the control group follows from the programme and the loan alone, so it is fixed before anything is known
of how she fares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from puhui.core.money import MAX_MINOR
from puhui.loans.domain import LoanState, Position, RowState
from puhui.protection.domain.dated_head import take_version
from puhui.protection.domain.strict import OPEN, StrictFile, StrictTable
from puhui.relief.domain.budget import PPM
from puhui.relief.domain.options import ReliefChoice
from puhui.relief.domain.policy import CAUSES, WAIVERS

TREATED, CONTROL = "treated", "control"
PLAN = "plan"
KINDS = (PLAN, "waiver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One programme, compiled."""

    name: str  # short word
    kind: str  # "plan" or "waiver"
    version: str  # day of its file
    titles: dict[str, str]  # "zh", "en" → as people call it
    valid_from: date  # first day
    valid_to: date | None  # first day no longer offered, None = until it is ended
    causes: tuple[str, ...]  # of hardship, for a plan; () = any
    regions: tuple[str, ...]  # beginnings of region codes; () = everywhere
    dpd_least: int  # days past due, from
    dpd_most: int  # to
    outstanding_most_minor: int  # principal outstanding at most, minor units
    budget_minor: int  # that it may give up in all, minor units
    control_ppm: int  # share of the eligible that gets nothing and is only watched, ppm
    choice: ReliefChoice  # what it changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeMember:
    """A loan that a programme found eligible."""

    id: str  # text(26)
    programme: str  # its name
    version: str  # of the programme's file
    customer_id: str  # whose
    loan_id: str  # which loan
    arm: str  # "treated" or "control"
    on_date: date  # business date on which it was found
    dpd_days: int  # days past due then
    late_minor: int  # late then, minor units
    given_minor: int  # given up for it, minor units; 0 for control
    at: datetime  # UTC


def parse_programmes(text: str, *, file: str) -> tuple[Programme, ...]:
    """This function will compile a file of programmes. Raises: PolicyInvalid naming file and field."""
    source = StrictFile(text, file=file)
    head = source.table("programmes")
    version = take_version(head)
    head.done()
    rows = source.rows("programme", called="name")
    found = tuple(_programme(row, version) for row in rows)
    source.done()
    if len({one.name for one in found}) != len(found):
        raise head.invalid("a programme stands twice")
    return found


def _programme(row: StrictTable, version: str) -> Programme:
    kind = row.choice("kind", KINDS)
    causes = row.texts("causes")
    if unknown := set(causes) - set(CAUSES):
        raise row.invalid(f"no such cause: {', '.join(sorted(unknown))}")
    found = Programme(
        name=row.text("name"),
        kind=kind,
        version=version,
        titles={"zh": row.text("title_zh"), "en": row.text("title_en")},
        valid_from=row.day("valid_from"),
        valid_to=row.day_or("valid_to", OPEN),
        causes=causes,
        regions=row.texts("regions"),
        dpd_least=row.integer("dpd_least"),
        dpd_most=row.integer("dpd_most"),
        outstanding_most_minor=row.integer("outstanding_most_minor"),
        budget_minor=row.integer("budget_minor"),
        control_ppm=row.integer("control_ppm"),
        choice=ReliefChoice(
            deferral_months=row.integer("deferral_months"),
            extension=row.integer("extension"),
            rate_off_ppm=row.integer("rate_off_ppm"),
            pauses_interest=row.flag("pauses_interest"),
            waiver=row.choice("waiver", WAIVERS),
            spreads_arrears=row.flag("spreads_arrears"),
        ),
    )
    row.text("source")
    row.done()
    if not 0 <= found.dpd_least <= found.dpd_most or not 0 <= found.control_ppm <= PPM // 2:
        raise row.invalid("dpd_least is above dpd_most, or control_ppm is not between 0 and 500000")
    if not 0 < found.budget_minor <= MAX_MINOR or found.outstanding_most_minor <= 0:
        raise row.invalid("budget_minor and outstanding_most_minor are above zero")
    if found.choice == ReliefChoice() or (found.choice.pauses_interest and not found.choice.deferral_months):
        raise row.invalid("it changes nothing, or pauses interest of no month")
    only = ReliefChoice(waiver=found.choice.waiver)
    if found.kind == "waiver" and found.choice != only:
        raise row.invalid("a waiver programme waives and changes nothing else")
    return found


def fits(
    programme: Programme, *, position: Position, region_code: str, cause: str | None, on_date: date
) -> bool:
    """This function will tell whether a loan is eligible on a day; `cause` None: nobody asked (waiver programmes)."""
    if on_date < programme.valid_from or (programme.valid_to is not None and on_date >= programme.valid_to):
        return False
    if position.state is not LoanState.ACTIVE or position.semantics_version == 1:
        return False
    if cause is not None and programme.causes and cause not in programme.causes:
        return False
    if programme.regions and not region_code.startswith(programme.regions):
        return False
    return (
        programme.dpd_least <= position.dpd_days <= programme.dpd_most
        and position.principal_outstanding_minor <= programme.outstanding_most_minor
    )


def budget_name(programme: str) -> str:
    """This function will name the budget of a programme among the pools."""
    return f"p-{programme}"[:16]


def arm_of(programme: Programme, loan_id: str) -> str:
    """This function will put a loan into its group: a hash of programme and loan, below the share or not."""
    digest = sha256(f"{programme.name}:{programme.version}:{loan_id}".encode()).digest()
    return CONTROL if int.from_bytes(digest[:8]) % PPM < programme.control_ppm else TREATED


def waived_by(programme: Programme, position: Position) -> tuple[tuple[str, int], ...]:
    """This function will return what a waiver programme gives up of a loan, (component, minor units)."""
    late = [row for row in position.rows if row.state is RowState.LATE]
    interest = sum(max(0, row.interest_minor - row.paid_interest_minor) for row in late)
    parts = [
        ("penalty", position.penalty_outstanding_minor if programme.choice.waiver != "none" else 0),
        ("interest", interest if programme.choice.waiver == "penalty_interest" else 0),
    ]
    return tuple((name, amount) for name, amount in parts if amount > 0)
