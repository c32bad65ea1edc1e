"""House policy: what the lender itself enforces, dated, adopted from the rule packs at its strict side.

A house policy names every numeric row of its jurisdiction's pack: adopted under a limit, or not adopted with the
reason. A row that is neither is an error, so that a new row of the law cannot be overlooked; a limit looser than a
row it adopts is an error, too. `puhui.protection.domain.house_text` reads the files; this module is the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from puhui.core.time import start_of


class Side(Enum):
    """Which side of a number is strict, seen from the customer."""

    LOW = "low"  # less is stricter: a cap, a deadline of the lender
    HIGH = "high"  # more is stricter: a right of hers, a floor, a record kept
    EXACT = "exact"  # the law names one number
    WINDOW = "window"  # narrower is stricter


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitKind:
    """What a limit's name means; the closed list is LIMIT_KINDS."""

    unit: str  # unit of the value; "minor" stands for minor units of the policy's currency
    side: Side  # its strict side
    required: bool  # whether every house policy states it
    meaning: str  # in words, for the reference


def _kind(unit: str, side: Side, meaning: str, *, required: bool = False) -> LimitKind:
    return LimitKind(unit=unit, side=side, required=required, meaning=meaning)


_LOW, _HIGH = Side.LOW, Side.HIGH
LIMIT_KINDS: dict[str, LimitKind] = {
    # price
    "apr_cap": _kind("ppm_per_year", _LOW, "all-in annual cost, on the stated basis", required=True),
    "penalty_daily_rate": _kind("ppm_per_day", _LOW, "penalty interest a day on what is late", required=True),
    "daily_cost_cap": _kind("ppm_per_day", _LOW, "all charges a day, of the credit outstanding"),
    "total_cost_cap": _kind("ppm", _LOW, "all charges together, of the credit"),
    "default_charge": _kind("minor", _LOW, "all charges for being late"),
    "prepayment_fee": _kind("ppm", _LOW, "early repayment fee, of the amount repaid"),
    "apr_tolerance": _kind("ppm_per_year", _LOW, "largest error of a stated APR"),
    # amount and term
    "line_max": _kind("minor", _LOW, "line of one person", required=True),
    "bullet_term": _kind("months", _LOW, "term of a loan repaid at the end"),
    "entrusted_payment_above": _kind(
        "minor", _LOW, "loan above which the supplier is paid, not the borrower"
    ),
    "affordability_reserve": _kind(
        "ppm", _HIGH, "share of the surplus that a payment leaves alone", required=True
    ),
    "minimum_age": _kind("years_of_age", _HIGH, "youngest customer", required=True),
    # rights and clocks
    "withdrawal": _kind("days", _HIGH, "in which she may withdraw with interest only", required=True),
    "withdrawal_uninformed": _kind("months", _HIGH, "the same, when information was missing"),
    "withdrawal_repay": _kind("days", _HIGH, "to repay after withdrawal"),
    "quote_valid": _kind("days", _HIGH, "in which a quote binds us", required=True),
    "freeze": _kind("days", _HIGH, "of calm after she asks for help", required=True),
    "freeze_uses": _kind("times_per_year", _HIGH, "freezes in 12 months", required=True),
    "health_freeze_extra": _kind("days", _HIGH, "of calm after a mental-health treatment ends"),
    "complaint": _kind("days", _LOW, "to decide a complaint", required=True),
    "question": _kind("days", _LOW, "to answer a question", required=True),
    "help_clock": _kind("days", _LOW, "to come back to a request for help", required=True),
    "refund": _kind("days", _LOW, "to give back what was charged wrongly"),
    "adverse_action": _kind("days", _LOW, "to tell her of a decline"),
    "counteroffer": _kind("days", _LOW, "to tell her that a counteroffer lapsed"),
    "reasons_ask": _kind("days", _HIGH, "in which she may ask for reasons"),
    "reasons_answer": _kind("days", _LOW, "to give her the reasons"),
    "credit_objection": _kind("days", _LOW, "to answer an objection to credit data"),
    "arrears_notice": _kind("days", _LOW, "to tell her of arrears entered in a database"),
    "insurance_compare": _kind("days", _HIGH, "to compare insurance offers"),
    "line_close_notice": _kind("months", _HIGH, "notice before we end a line"),
    # contact
    "contact_window": _kind("local_time_window", Side.WINDOW, "in her own zone", required=True),
    "contact_daily_cap": _kind(
        "contacts_per_day", _LOW, "reminders and collection, all agents", required=True
    ),
    "contact_weekly_cap": _kind("contacts_per_7_days", _LOW, "the same, in a rolling week"),
    "contact_wait_after_talk": _kind("days", _HIGH, "without contact after a conversation"),
    "collection_cycle": _kind("days", _HIGH, "between two collection cycles"),
    "validation_notice": _kind("days", _LOW, "to send the notice of a debt after first contact"),
    "reminder_before": _kind("days", _HIGH, "before a due date the reminder goes out", required=True),
    "mandate_notice": _kind("days", _HIGH, "before a debit its notice goes out", required=True),
    # records
    "collection_record": _kind("months", _HIGH, "collection records are kept"),
    "decision_record": _kind("months", _HIGH, "records of applications are kept"),
    "impact_assessment_record": _kind("months", _HIGH, "impact assessments are kept"),
    "bad_record": _kind("months", Side.EXACT, "a bad record is kept after the bad event ends"),
    "bureau_report": _kind("days", _LOW, "to report an event to the bureau"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """One limit that the house enforces."""

    name: str  # one of LIMIT_KINDS
    value: int | str  # in `unit`; a window is "08:00-22:00"
    unit: str  # as in LIMIT_KINDS, money as <currency>_minor
    basis: str  # "effective" or "nominal" for the APR cap, empty otherwise
    rule_ids: tuple[str, ...]  # rows it is adopted from, () for the house's own figure
    law: str  # how sure we are of the law, for the trace: "house limit; law: unverified (CN-CFC-05)"
    note: str  # remark of the house, may be empty

    @property
    def rule_id(self) -> str:
        """First row that it is adopted from, empty for the house's own figure."""
        return self.rule_ids[0] if self.rule_ids else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A row without a number that the house fulfils."""

    rule_id: str  # row of the pack
    valid_from: date | None  # first day on which the law asks for it, None = not known
    valid_to: date | None  # first day on which it no longer does, None = not known
    met_by: str  # how the house fulfils it


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAdopted:
    """A numeric row that the house did not adopt; it merely warns."""

    rule_id: str  # row of the pack
    why: str  # the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class EssentialFloor:
    """The least that essential spending is taken to be in a region, whatever is typed."""

    region: str  # first two or four digits of the region code, "*" for everywhere else
    name_en: str  # name in English
    name_zh: str  # name in Chinese
    amount_minor: int  # a month, in the policy's currency
    source: str  # where the figure comes from


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePolicy:
    """What the lender enforces in one jurisdiction from one day to another."""

    id: str  # stable name ("house-cn")
    jurisdiction: str  # CN, EU, UK, US, or "*" for the strictest of all
    version: str  # the day of the text ("2026-11-01")
    hash: str  # hex SHA-256 of the file's text (of the policies joined, for the strictest)
    lender: str  # which kind of lender the policy is for
    currency: str  # ISO 4217 code of its amounts
    valid_from: date  # first day
    valid_to: date | None  # first day no longer valid, None = open
    limits: dict[str, Adopted]  # by name
    duties: tuple[Duty, ...]  # rows without a number that the house fulfils
    not_adopted: tuple[NotAdopted, ...]  # rows that merely warn
    floors: tuple[EssentialFloor, ...]  # essential spending by region, the most special first

    def _number(self, name: str) -> int:
        value = self.limits[name].value
        assert isinstance(value, int)
        return value

    def valid_on(self, on_date: date) -> bool:
        """Tell whether the policy is valid on a day."""
        return self.valid_from <= on_date and (self.valid_to is None or on_date < self.valid_to)

    def is_within(self, name: str, value: int | time) -> bool:
        """Tell whether `value` keeps the limit `name`; the limit itself is inside, a window's closing time is not."""
        if isinstance(value, time):
            first, last = parse_times(str(self.limits[name].value))
            return first <= value < last
        side, limit = LIMIT_KINDS[name].side, self._number(name)
        if side is Side.LOW:
            return value <= limit
        return value >= limit if side is Side.HIGH else value == limit

    def law_of(self, name: str) -> str:
        """Return what the trace says of a limit: "house limit; law: secondary (CN-CAP-01)"."""
        return self.limits[name].law

    def has_duty(self, rule_id: str, on_date: date) -> bool:
        """Tell whether the house fulfils a row, and the law asks for it on a day (unknown days count as asked)."""
        return any(
            duty.rule_id == rule_id and (duty.valid_from or date.min) <= on_date < (duty.valid_to or date.max)
            for duty in self.duties
        )

    def essential_floor(self, region_code: str) -> EssentialFloor:
        """Return the floor of a region by the longest prefix of its code (resident number, first six digits)."""
        return next(f for f in self.floors if f.region == "*" or region_code.startswith(f.region))

    def essential_floor_minor(self, region_code: str) -> int:
        """Return the least essential spending a month in a region, in minor units."""
        return self.essential_floor(region_code).amount_minor

    @property
    def apr_cap_ppm(self) -> int:
        """Cap of the all-in annual cost, millionths a year."""
        return self._number("apr_cap")

    @property
    def apr_cap_basis(self) -> str:
        """Basis of the cap: "effective" or "nominal"."""
        return self.limits["apr_cap"].basis

    @property
    def penalty_daily_rate_ppm(self) -> int:
        """Penalty interest, millionths a day."""
        return self._number("penalty_daily_rate")

    @property
    def line_max_minor(self) -> int:
        """Largest line of one person, minor units of `currency`."""
        return self._number("line_max")

    @property
    def affordability_reserve_ppm(self) -> int:
        """Share of the surplus that payments leave alone, millionths."""
        return self._number("affordability_reserve")

    @property
    def minimum_age(self) -> int:
        """Youngest customer, completed years."""
        return self._number("minimum_age")

    @property
    def withdrawal_days(self) -> int:
        """Calendar days in which she may withdraw with interest only."""
        return self._number("withdrawal")

    @property
    def quote_valid_days(self) -> int:
        """Calendar days in which a quote binds."""
        return self._number("quote_valid")

    @property
    def freeze_days(self) -> int:
        """Calendar days of calm after she asks for help."""
        return self._number("freeze")

    @property
    def freeze_uses_per_year(self) -> int:
        """Freezes in 12 months."""
        return self._number("freeze_uses")

    @property
    def complaint_days(self) -> int:
        """Calendar days to decide a complaint."""
        return self._number("complaint")

    @property
    def question_days(self) -> int:
        """Calendar days to answer a question."""
        return self._number("question")

    @property
    def help_clock_days(self) -> int:
        """Calendar days to come back to a request for help."""
        return self._number("help_clock")

    @property
    def contact_window(self) -> tuple[time, time]:
        """Local opening and closing time of contact; the closing time itself is outside."""
        return parse_times(str(self.limits["contact_window"].value))

    @property
    def contact_daily_cap(self) -> int:
        """Reminders and collection contacts a local day, all agents together."""
        return self._number("contact_daily_cap")

    @property
    def contact_weekly_cap(self) -> int | None:
        """The same in a rolling 7 days, None where the house has none."""
        return self._number("contact_weekly_cap") if "contact_weekly_cap" in self.limits else None

    @property
    def reminder_days_before(self) -> int:
        """Calendar days before a due date on which the reminder goes out."""
        return self._number("reminder_before")

    @property
    def mandate_notice_days(self) -> int:
        """Calendar days before a debit on which its notice goes out."""
        return self._number("mandate_notice")

    def case_days(self, kind: str) -> int:
        """Return the clock of a case ("complaint", "question" or "help"), calendar days."""
        return {
            "complaint": self.complaint_days,
            "question": self.question_days,
            "help": self.help_clock_days,
        }[kind]


def parse_times(window: str) -> tuple[time, time]:
    """This function will turn "08:00-22:00" (checked when the file was read) into two local times."""
    first, last = window.split("-")
    return time.fromisoformat(first), time.fromisoformat(last)


def last_instant(opened_at: datetime, *, days: int, zone: str) -> datetime:
    """This function will return the end of a clock of calendar days: the last second, in UTC, of the last local day.

    The day of `opened_at` is day 0 and the last day is inclusive, so 15 days from any time on 20 November end on
    5 December at 23:59:59 local time.
    """
    assert opened_at.tzinfo is not None and days >= 0
    day = opened_at.astimezone(ZoneInfo(zone)).date()
    return start_of(day + timedelta(days=days + 1), zone=zone) - timedelta(seconds=1)


def may_freeze(policy: HousePolicy, *, asked_at: datetime, earlier: Sequence[datetime]) -> bool:
    """This function will tell whether a request for help still freezes: fewer than the house's uses lie in the twelve
    months (365 days) before it. `earlier` holds the instants at which earlier freezes began.
    """
    recent = [one for one in earlier if timedelta(0) <= asked_at - one < timedelta(days=365)]
    return len(recent) < policy.freeze_uses_per_year
