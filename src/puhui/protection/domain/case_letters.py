"""What letters about a complaint say: its receipt and its final answer."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from puhui.core.writing import format_day
from puhui.protection.domain.cases import Case, CaseOutcome
from puhui.protection.domain.letters import FilledLetter, LetterKind

OUTCOMES = {
    CaseOutcome.UPHELD: ("您说得对", "you were right"),
    CaseOutcome.PARTLY_UPHELD: ("部分属实", "you were right in part"),
    CaseOutcome.NOT_UPHELD: ("未发现问题", "we found no fault"),
    CaseOutcome.ANSWERED: ("已答复", "answered"),
    CaseOutcome.HELPED: ("已提供帮助", "help was given"),
}


def fill_case_letter(
    *, kind: LetterKind, case: Case, answer: str, days: int, zone: str, language: str
) -> FilledLetter:
    """This function will fill a letter about a complaint: her words, its clock, and our answer where there is one.

    `days` is the time that the house gives itself; dates are those of the lender's `zone`.
    """
    chinese = language.startswith("zh")

    def day(at: datetime) -> str:
        return format_day(at.astimezone(ZoneInfo(zone)).date(), "zh" if chinese else "en")

    values = {
        "case_number": case.number,
        "opened_on": day(case.opened_at),
        "due_on": day(case.due_at),
        "said": case.text,
        "complaint_days": str(days),
        "closed_on": day(case.closed_at) if case.closed_at else "–",
        "outcome": OUTCOMES[case.outcome][0 if chinese else 1] if case.outcome else "–",
        "answer": answer or "–",
    }
    return FilledLetter(kind=kind, number=case.number, values=values)
