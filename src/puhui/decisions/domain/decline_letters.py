"""What the letter about a declined application says: why, and what would change it, with her own figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from puhui.core.writing import format_day, format_money, format_rate
from puhui.decisions.domain.reason_texts import ReasonTexts, fill
from puhui.decisions.domain.stored import Application, StoredDecision
from puhui.decisions.domain.values import Declined, Help, Reason
from puhui.protection.domain import FilledLetter, LetterKind, LetterTable

NOTHING_HELPS = (
    "这次没有能马上改变结果的办法；以后可以再申请。",
    "Nothing would change it at once; you may apply again later.",
)
HELP_FIGURES = ("amount_minor", "months", "instalment_minor", "total_minor")


def fill_decline_letter(
    *,
    application: Application,
    stored: StoredDecision,
    texts: ReasonTexts,
    applied_on: date,
    decided_on: date,
    question_days: int,
    currency: str,
    language: str,
) -> FilledLetter:
    """This function will fill the letter on why an application was declined, in the words of `texts`.

    The principal reasons come first, the heaviest first (12 CFR 1002.9(b)(2), row US-04). The decision is a declined one.
    """
    verdict, tongue = stored.decision.verdict, "zh" if language.startswith("zh") else "en"
    assert isinstance(verdict, Declined)

    def said(ones: Sequence[Reason | Help]) -> list[list[str]]:
        return [[_sentence(one, texts, tongue, currency)] for one in ones]

    values = {
        "application_number": application.number,
        "applied_on": format_day(applied_on, tongue),
        "decided_on": format_day(decided_on, tongue),
        "asked": format_money(stored.input.application.amount_minor, currency),
        "question_days": str(question_days),
        "output_hash": stored.output_hash[:16],
    }
    helps = said(verdict.helps) or [[NOTHING_HELPS[0 if tongue == "zh" else 1]]]
    tables = {
        "reasons": LetterTable(head=(), rows=said(verdict.reasons)),
        "helps": LetterTable(head=(), rows=helps),
    }
    return FilledLetter(kind=LetterKind.DECLINED, number=application.number, values=values, tables=tables)


def _sentence(one: Reason | Help, texts: ReasonTexts, tongue: str, currency: str) -> str:
    """The sentence of a reason or help with its figures: money, rates and dates written, anything else as it is."""
    words = texts.texts[one.code]
    figures = dict(one.figures)
    if isinstance(one, Help):
        figures |= {name: getattr(one, name) for name in HELP_FIGURES}

    def write(name: str, value: int | str) -> str:
        if name.endswith("_minor"):
            return format_money(int(value), currency)
        if name.endswith("_ppm"):
            return format_rate(int(value))
        if name.endswith("_date"):
            return format_day(date.fromisoformat(str(value)), tongue)
        return str(value)

    return fill(words.zh if tongue == "zh" else words.en, figures, write=write)
