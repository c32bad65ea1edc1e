"""What a customer may change on a running loan by herself: dated text, compiled strictly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from puhui.core.dated import HouseText
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import StrictFile

MOST_MONTHS = 24  # nobody waits longer for the next change
MOST_DAYS = 28
MOST_PPM = 100_000  # ten points a year would be another product


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTimeConcession:
    """What payments in a row on their day take off the rate."""

    payments_at_least: int  # so many or more
    annual_rate_ppm: int  # off the rate, ppm a year, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePolicy(HouseText):
    """A compiled file."""

    notice_days_least: int  # no payment falls due sooner than this because a due date moved
    due_day_wait_months: int  # a due date that moved stays this long
    payments_wait_months: int  # and so does a number of payments
    on_time: tuple[OnTimeConcession, ...]  # the most payments first

    def off_ppm(self, payments: int) -> int:
        """Return what so many payments on time take off the rate, ppm a year."""
        return next((one.annual_rate_ppm for one in self.on_time if payments >= one.payments_at_least), 0)

    def next_step(self, payments: int) -> OnTimeConcession | None:
        """Return the next concession for payments on time beyond so many, None where there is no more."""
        return next((one for one in reversed(self.on_time) if one.payments_at_least > payments), None)


def parse_changes(text: str, *, file: str) -> ChangePolicy:
    """This function will compile a file; `file` names it in errors. Raises: PolicyInvalid."""
    source = StrictFile(text, file=file)
    head = source.table("changes")
    rows = source.rows("on_time", called="payments_at_least")
    source.done()
    dated = take_house(head, text=text)
    notice = head.integer("notice_days_least")
    due_wait, payments_wait = head.integer("due_day_wait_months"), head.integer("payments_wait_months")
    head.done()
    if not (1 <= notice <= MOST_DAYS and 0 <= due_wait <= MOST_MONTHS and 0 <= payments_wait <= MOST_MONTHS):
        raise head.invalid(
            f"notice_days_least is not between 1 and {MOST_DAYS}, or a wait not between 0 and {MOST_MONTHS} months"
        )
    found = []
    for row in rows:
        one = OnTimeConcession(
            payments_at_least=row.integer("payments_at_least"), annual_rate_ppm=row.integer("annual_rate_ppm")
        )
        row.done()
        if one.payments_at_least < 1 or not 0 < one.annual_rate_ppm <= MOST_PPM:
            raise row.invalid(
                f"payments_at_least is below 1, or annual_rate_ppm not between 1 and {MOST_PPM}"
            )
        found.append(one)
    ordered = sorted(found, key=lambda one: -one.payments_at_least)
    for more, less in pairwise(ordered):
        if more.payments_at_least == less.payments_at_least or more.annual_rate_ppm < less.annual_rate_ppm:
            raise head.invalid("a number of payments stands twice, or more of them take off less")
    return ChangePolicy(
        **dated,
        notice_days_least=notice,
        due_day_wait_months=due_wait,
        payments_wait_months=payments_wait,
        on_time=tuple(ordered),
    )
