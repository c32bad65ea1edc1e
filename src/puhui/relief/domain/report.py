"""What relief brings and costs: reach, cure at 60 days, lateness again at six months, what was given up, by programme."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from puhui.core.rounding import Rounding, divide
from puhui.loans.domain import LoanState, Position
from puhui.relief.domain.budget import PPM
from puhui.relief.domain.programmes import TREATED, Programme, ProgrammeMember

CURE_DAYS = 60  # after signing
AGAIN_DAYS = 182  # six months after signing
AGAIN_DPD = 30  # days past due that count as late again

PositionOn = Callable[[str, date], Position]  # loan id, date → where it stood


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeReport:
    """What one programme did."""

    name: str  # of the programme
    treated: int  # loans that got it
    control: int  # loans that were only watched
    given_minor: int  # given up, minor units
    budget_minor: int  # may be given up in all, minor units
    treated_cured_ppm: int | None  # share current 60 days later, ppm; None while none is so old
    control_cured_ppm: int | None  # the same of the control group


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefReport:
    """What relief did up to a day. Shares in ppm, None where nothing can be counted yet."""

    late: int  # loans late on the day
    reached: int  # of them, those whose borrower asked for relief
    reach_ppm: int | None  # share of them
    requests: int  # requests ever
    agreements: int  # agreements ever
    seen_60: int  # agreements signed at least 60 days ago
    cured: int  # of them, those without lateness 60 days after signing
    cure_ppm: int | None  # share
    seen_180: int  # agreements signed at least six months ago
    again: int  # of them, those 30 days late or worse at six months
    again_ppm: int | None  # share
    drawn_minor: int  # taken from waiver pools, minor units
    programmes: tuple[ProgrammeReport, ...]  # by name


def share(part: int, whole: int) -> int | None:
    """This function will return part of whole in ppm, None of nothing."""
    return divide(part * PPM, whole, Rounding.HALF_EVEN) if whole else None


def is_current(there: Position) -> bool:
    """This function will tell whether nothing of a loan is late: it runs on time, or is paid."""
    return there.state is LoanState.CLOSED or (there.state is LoanState.ACTIVE and there.late_minor == 0)


def make_report(
    *,
    today: date,
    late: int,
    reached: int,
    requests: int,
    signed: Sequence[tuple[str, date]],
    drawn_minor: int,
    members: Sequence[ProgrammeMember],
    programmes: Sequence[Programme],
    given: Mapping[str, int],
    position_on: PositionOn,
) -> ReliefReport:
    """This function will count. `signed`: loan and date of each agreement; `late`, `reached`: loans late today, and of them
    those with a request.
    """
    old_60 = [(loan, day) for loan, day in signed if day + timedelta(days=CURE_DAYS) <= today]
    old_180 = [(loan, day) for loan, day in signed if day + timedelta(days=AGAIN_DAYS) <= today]
    cured = sum(is_current(position_on(loan, day + timedelta(days=CURE_DAYS))) for loan, day in old_60)
    again = sum(_late_again(position_on(loan, day + timedelta(days=AGAIN_DAYS))) for loan, day in old_180)
    return ReliefReport(
        late=late, reached=reached, reach_ppm=share(reached, late), requests=requests, agreements=len(signed),
        seen_60=len(old_60), cured=cured, cure_ppm=share(cured, len(old_60)),
        seen_180=len(old_180), again=again, again_ppm=share(again, len(old_180)), drawn_minor=drawn_minor,
        programmes=tuple(_of_programme(one, members, given[one.name], today, position_on) for one in programmes),
    )  # fmt: skip


def _late_again(there: Position) -> bool:
    return there.dpd_days >= AGAIN_DPD or there.state is LoanState.WRITTEN_OFF


def _of_programme(
    programme: Programme,
    members: Sequence[ProgrammeMember],
    given_minor: int,
    today: date,
    position_on: PositionOn,
) -> ProgrammeReport:
    mine = [one for one in members if one.programme == programme.name]
    treated = [one for one in mine if one.arm == TREATED]
    control = [one for one in mine if one.arm != TREATED]

    def cured(group: Sequence[ProgrammeMember]) -> int | None:
        old = [one for one in group if one.on_date + timedelta(days=CURE_DAYS) <= today]
        good = sum(
            is_current(position_on(one.loan_id, one.on_date + timedelta(days=CURE_DAYS))) for one in old
        )
        return share(good, len(old))

    return ProgrammeReport(
        name=programme.name, treated=len(treated), control=len(control),
        given_minor=given_minor, budget_minor=programme.budget_minor,
        treated_cured_ppm=cured(treated), control_cured_ppm=cured(control),
    )  # fmt: skip
