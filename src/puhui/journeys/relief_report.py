"""The relief desk reads what relief brings and costs, from the events of the loans themselves."""

from __future__ import annotations

from datetime import date

from puhui.journeys import house
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position, list_snapshots
from puhui.relief import queries as relief
from puhui.relief.domain import ReliefReport, make_report

MOST = 300  # newest late loans, agreements and members that a page counts


def report(today: date) -> ReliefReport:
    """This function will count reach, cure, lateness again and cost up to today."""
    late = {one.loan_id for one in list_snapshots(state=LoanState.ACTIVE, limit=MOST) if one.late_minor > 0}
    asked = relief.list_request_loans(limit=MOST)
    programmes = relief.list_programmes()
    return make_report(
        today=today,
        late=len(late),
        reached=len(late.intersection(asked)),
        requests=len(asked),
        signed=[(one.loan_id, house.today(one.signed_at)) for one in relief.list_signed(limit=MOST)],
        drawn_minor=relief.get_drawn(),
        members=relief.list_members(limit=MOST),
        programmes=programmes,
        given={one.name: relief.get_given(programme=one.name) for one in programmes},
        position_on=lambda loan_id, day: get_position(loan_id=loan_id, as_of=day),
    )
