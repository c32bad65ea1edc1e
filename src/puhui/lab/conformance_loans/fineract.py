"""The Fineract families: runs each case's timeline and counts its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from puhui.lab.conformance_loans.fineract_checks import COUNTED, compare_key
from puhui.lab.conformance_loans.fineract_events import Reader
from puhui.lab.conformance_loans.fineract_terms import (
    Case,
    FeatureUnsupported,
    day,
    decimals_of,
    read_terms,
)
from puhui.loans.domain.engine import BookPosition, position
from puhui.loans.domain.engine.lateness import days_past_due

CORE = frozenset(
    [
        "emi_schedule",
        "repayment",
        "loan_general",
        "charges",
        "down_payment",
        "reschedule",
        "rate_change",
        "delinquency",
        "interest_pause",
        "refund",
        "credit_balance_refund",
        "interest_waiver",
        "write_off",
        "grace",
        "month_end",
        "equal_principal",
        "unit_schedule",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, compared."""

    case: str  # the case's id
    family: str  # fineract_plain, _core, _other or _niche
    group: str  # the case's group
    key: str  # which counted key
    number: int  # which entry of the case's checks
    difference: str  # "" if it agrees


def family_of(case: Case) -> str:
    """This function will name the family of a case's checks."""
    if case.get("priority", 1) != 1:
        return "fineract_niche"
    return "fineract_core" if case.get("group") in CORE else "fineract_other"


def malformed(case: Case) -> str:
    """This function will tell why a case cannot be run at all, "" if it can."""
    for name, kind in (("group", str), ("terms", Mapping), ("events", list), ("checks", list)):
        if not isinstance(case.get(name), kind):
            return f"malformed: {name} is missing or no {kind.__name__.lower()}"
    if not case["checks"] or not all(isinstance(row, Mapping) for row in (*case["events"], *case["checks"])):
        return "malformed: no checks, or an event or a check that is no object"
    return ""


def run_case(case: Case) -> Iterator[Check]:
    """This function will replay a case's timeline and yield each of its checks; the first schedule that an independent
    recomputation reproduced counts for `fineract_plain` instead. A case that cannot be run is one check that disagrees.
    """
    family, plain = family_of(case), case.get("first_schedule_reproduced") is not None
    name, group = str(case.get("id")), str(case.get("group"))
    if why := malformed(case):
        yield Check(case=name, family=family, group=group, key="case", number=0, difference=why)
        return
    run = CaseRun(case=case)
    for number, entry in enumerate(case["checks"]):
        differences = run.differences(entry)
        for key, difference in differences.items():
            its = family
            if key == "schedule" and plain:
                its, plain = "fineract_plain", False
            yield Check(case=name, family=its, group=group, key=key, number=number, difference=difference)


@dataclass(slots=True)
class CaseRun:
    """A case while it is run: what was read, and why it cannot go on."""

    case: Case
    reader: Reader | None = None  # opened at the first check
    done: int = 0  # events read
    failure: str = ""  # why no check after this one can agree

    def differences(self, entry: Case) -> dict[str, str]:
        """This function will read on to a check's events and return the difference of each counted key."""
        keys = [key for key in COUNTED if key in entry]
        try:
            self.read_to(entry)
        except Exception as error:
            return dict.fromkeys(keys, reason(error))
        return {key: self.tried(key, entry) for key in keys}

    def read_to(self, entry: Case) -> None:
        """This function will read the events up to those that a check stands after, from the first one again where an
        earlier check stood after more of them.
        """
        events, after = self.case["events"], entry["after_events"]
        if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= len(events):
            raise FeatureUnsupported(f"a check after {after} of {len(events)} events")
        if self.reader is None or after < self.done:
            self.reader, self.done = open_reader(self.case), 0
        while self.done < after:
            self.reader.read(events[self.done])
            self.done += 1

    def tried(self, key: str, entry: Case) -> str:
        """This function will compare one counted key, or tell why it cannot be compared."""
        try:
            return self.compare(key, entry)
        except Exception as error:
            return reason(error)

    def compare(self, key: str, entry: Case) -> str:
        """This function will compare one counted key with our position."""
        assert self.reader is not None
        as_of, t = day(entry["as_of"]), self.case["terms"]
        if key == "status" and self.reader.is_rejected:
            return "" if str(entry[key]).lower() == "rejected" else f"status rejected, not {entry[key]}"
        found = position_now(self.reader, as_of)
        late = days_past_due(
            position=found,
            events=self.reader.events,
            as_of=as_of,
            grace_days=int(t.get("arrears_grace_days") or 0),
        )
        bucket = [(name, first, last) for name, first, last in t.get("delinquency_bucket") or ()]
        return compare_key(key, entry[key], found, decimals_of(t), late, bucket)


def reason(error: Exception) -> str:
    """This function will say why a check cannot agree."""
    if isinstance(error, FeatureUnsupported):
        return f"unsupported: {error}"
    if isinstance(error, KeyError):
        return f"malformed: {error} is missing, or a value of it unknown"
    return f"failed: {type(error).__name__} {error}"


def open_reader(case: Case) -> Reader:
    """This function will make the reader of a case, its contract read."""
    reader = Reader(terms=read_terms(case), decimals=decimals_of(case["terms"]))
    reader.read_contract(case)
    return reader


def position_now(reader: Reader, as_of: date) -> BookPosition:
    """This function will return the position as the last event left it."""
    return position(terms=reader.terms, events=reader.events, as_of=reader.clock or as_of)
