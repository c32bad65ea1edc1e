"""What a choice takes off the rate: a shorter loan, a smaller one. Dated text, compiled so that it only ever lowers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from puhui.core.dated import HouseText
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import StrictFile, StrictTable

MOST_PPM = 100_000  # a concession of ten points a year would be another product
MOST_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Concession:
    """What is taken off up to a bound."""

    at_most: int  # months, or minor units, the bound included
    annual_rate_ppm: int  # off the rate, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Concessions(HouseText):
    """All concessions in force from one day to another; the smallest bound first."""

    rate_least_ppm: int  # concessions stop here
    commitment_days: int  # a conditional commitment binds so many days, last day inclusive
    terms: tuple[Concession, ...]  # by number of months
    amounts: tuple[Concession, ...]  # by amount, minor units

    def off_ppm(self, *, months: int, amount_minor: int) -> int:
        """Return what a choice takes off the rate, ppm a year."""
        return _off(self.terms, months) + _off(self.amounts, amount_minor)

    def lower(self, rate_ppm: int, *, months: int, amount_minor: int) -> int:
        """Return the rate of a choice, from the rate without concessions; never higher than that one."""
        off = self.off_ppm(months=months, amount_minor=amount_minor)
        return max(rate_ppm - off, min(rate_ppm, self.rate_least_ppm))


NO_CONCESSIONS = Concessions(
    jurisdiction="",
    version="",
    sha256="",
    valid_from=date.min,
    valid_to=None,
    rate_least_ppm=0,
    commitment_days=7,
    terms=(),
    amounts=(),
)


def _off(rows: tuple[Concession, ...], value: int) -> int:
    return next((one.annual_rate_ppm for one in rows if value <= one.at_most), 0)


def parse_concessions(text: str, *, file: str) -> Concessions:
    """This function will compile a file of concessions; `file` names it in errors. Raises: PolicyInvalid."""
    source = StrictFile(text, file=file)
    head = source.table("offers")
    dated = take_house(head, text=text)
    least, days = head.integer("rate_least_ppm"), head.integer("commitment_days")
    head.done()
    if least < 0 or not 1 <= days <= MOST_DAYS:
        raise head.invalid("rate_least_ppm is negative, or commitment_days not between 1 and 90")
    terms = _rows(source.rows("term", called="months_at_most"), "months_at_most")
    amounts = _rows(source.rows("amount", called="amount_at_most_minor"), "amount_at_most_minor")
    source.done()
    return Concessions(
        **dated,
        rate_least_ppm=least,
        commitment_days=days,
        terms=terms,
        amounts=amounts,
    )


def _rows(rows: list[StrictTable], key: str) -> tuple[Concession, ...]:
    found: list[Concession] = []
    for row in rows:
        one = Concession(at_most=row.integer(key), annual_rate_ppm=row.integer("annual_rate_ppm"))
        row.done()
        if one.at_most < 1 or not 0 < one.annual_rate_ppm <= MOST_PPM:
            raise row.invalid(f"{key} is below 1, or annual_rate_ppm not between 1 and {MOST_PPM}")
        found.append(one)
    ordered = tuple(sorted(found, key=lambda one: one.at_most))
    for small, large in pairwise(ordered):
        if small.at_most == large.at_most:
            raise rows[0].invalid(f"{key} {small.at_most} stands twice")
        if small.annual_rate_ppm < large.annual_rate_ppm:
            raise rows[0].invalid(
                f"{key} {small.at_most} takes off less than {large.at_most}: less risk must not cost more"
            )
    return ordered
