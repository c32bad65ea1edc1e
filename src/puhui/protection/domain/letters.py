"""Letters: what a customer can keep on paper, as dated bilingual text by rule pack, filled strictly.

A pack that asks for words of its own (an adverse action notice, a final answer with the ombudsman's address) has its own
letter of a kind; every other kind comes from the pack "*". A letter is a pure function of its values: the same day and the
same loan give the same bytes. A placeholder that no value fills is an error when the file is read, never a gap in a letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from html import escape

from puhui.protection.domain.strict import PolicyInvalid, StrictFile, StrictTable

ANY = "*"  # the pack of every jurisdiction that has no words of its own
_PLACE = re.compile(r"\{([a-z_]+)\}")
_TABLE = re.compile(r"\[\[([a-z_]+)\]\]")


class LetterKind(StrEnum):
    """What a letter is about."""

    STATEMENT = "statement"  # of account, on a date
    PAYOFF = "payoff"  # what closes the loan, on a date and the days after it
    SETTLED = "settled"  # that nothing is owed
    REMINDER = "reminder"  # what is coming
    ARREARS = "arrears"  # what is missing
    DECLINED = "declined"  # why, and what she can do: the adverse-action notice
    RECEIVED = "received"  # a complaint, with its number and its clock
    ANSWER = "answer"  # to a complaint, final
    RELIEF = "relief"  # the agreement that eases a loan
    CHANGE = "change"  # the agreement that changes how a running loan is repaid
    RECORD = "record"  # her credit record with us


HOUSE = frozenset(
    {
        "lender_name", "lender_address", "lender_licence", "authority", "complaint_channel", "customer_name", "on_date",
    }
)  # fmt: skip
LOAN = frozenset(
    {"loan_number", "contract_number", "product_name", "principal", "disbursed_on", "outstanding"}
)
CASE = frozenset({"case_number", "opened_on", "due_on", "said", "complaint_days"})
# kind → the values and the tables that its text may name; a text may leave some out.
VALUES: dict[LetterKind, frozenset[str]] = {
    LetterKind.STATEMENT: HOUSE | LOAN | {
        "paid", "paid_principal", "paid_interest", "paid_fee", "paid_penalty", "due", "late", "payoff", "credit",
    },
    LetterKind.PAYOFF: HOUSE | LOAN | {"payoff", "saves", "account_tail"},
    LetterKind.SETTLED: HOUSE | LOAN | {"closed_on", "paid"},
    LetterKind.REMINDER: HOUSE | LOAN | {"next_due", "next_due_on"},
    LetterKind.ARREARS: HOUSE | LOAN | {"late", "late_since", "days", "penalty", "penalty_rate", "freeze_days", "payoff"},
    LetterKind.DECLINED: HOUSE | {"application_number", "applied_on", "decided_on", "asked", "question_days", "output_hash"},
    LetterKind.RECEIVED: HOUSE | CASE,
    LetterKind.ANSWER: HOUSE | CASE | {"closed_on", "outcome", "answer"},
    LetterKind.RELIEF: HOUSE | {
        "loan_number", "contract_number", "valid_until", "total", "waived", "first", "first_on", "peak", "last_on", "record",
    },
    LetterKind.CHANGE: HOUSE | {
        "loan_number", "contract_number", "change_number", "valid_until", "total", "first", "first_on", "last_on", "rate",
    },
    LetterKind.RECORD: HOUSE | {
        "number_masked", "record_on", "first_on", "count", "due", "on_time", "record_hash", "record_signature", "record_key",
    },
}  # fmt: skip
TABLES: dict[LetterKind, frozenset[str]] = {
    LetterKind.STATEMENT: frozenset({"instalments", "payments"}),
    LetterKind.PAYOFF: frozenset({"payoff_days"}),
    LetterKind.ARREARS: frozenset({"late_rows"}),
    LetterKind.DECLINED: frozenset({"reasons", "helps"}),
    LetterKind.RELIEF: frozenset({"relief_changes", "relief_rows"}),
    LetterKind.CHANGE: frozenset({"changes", "change_compared", "change_rows"}),
    LetterKind.RECORD: frozenset({"record_rows"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """One letter of one pack, in both languages."""

    kind: LetterKind  # what it is about
    jurisdiction: str  # its pack, "*" for every one without words of its own
    version: str  # day of the file
    valid_from: date  # first day
    rules: tuple[str, ...]  # rows of the rule pack that ask for it
    titles: Mapping[str, str]  # language → title
    texts: Mapping[str, str]  # language → text with {values} and [[tables]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTable:
    """Figures or sentences of a letter. Without a head it is a list."""

    head: tuple[str, ...]  # names of the columns
    rows: Sequence[Sequence[str]]  # cells as written
    shape: str = "figures"  # figures: two columns begin at the left; pairs: one


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledLetter:
    """What one letter says of its own matter."""

    kind: LetterKind  # which letter
    number: str  # of what it is about
    values: Mapping[str, str]  # its own values, beside the lender's and the reader's
    tables: Mapping[str, LetterTable] = field(default_factory=dict)  # its tables


def parse_letters(text: str, *, file: str) -> tuple[LetterText, ...]:
    """This function will read a file of letters strictly; `file` names it in errors.

    Raises: PolicyInvalid for an unknown field or kind, a kind twice, a value or table that the kind does not have, or not the
    same ones in both languages.
    """
    source = StrictFile(text, file=file)
    head = source.table("letters")
    rows = source.rows("letter", called="kind")
    source.done()
    jurisdiction, version, valid_from = (
        head.text("jurisdiction"),
        head.text("version"),
        head.day("valid_from"),
    )
    head.done()
    if not file.endswith(f"{version}.toml"):
        raise head.invalid("version is the date in the name of the file")
    found = [_letter(row, jurisdiction=jurisdiction, version=version, valid_from=valid_from) for row in rows]
    if len({one.kind for one in found}) != len(found):
        raise PolicyInvalid("a kind of letter stands twice", file=file)
    return tuple(found)


def _letter(row: StrictTable, *, jurisdiction: str, version: str, valid_from: date) -> LetterText:
    kind = LetterKind(row.choice("kind", set(LetterKind)))
    rules = row.texts("rules")
    titles = {"en": row.text("title_en"), "zh": row.text("title_zh")}
    texts = {"en": row.text("text_en"), "zh": row.text("text_zh")}
    row.done()
    named = {tongue: (set(_PLACE.findall(said)), set(_TABLE.findall(said))) for tongue, said in texts.items()}
    if named["en"] != named["zh"]:
        raise row.invalid("the two languages name different values or tables")
    values, tables = named["en"]
    if unknown := sorted((values - VALUES[kind]) | (tables - TABLES.get(kind, frozenset()))):
        raise row.invalid(f"no such value or table: {', '.join(unknown)}")
    return LetterText(
        kind=kind, jurisdiction=jurisdiction, version=version, valid_from=valid_from, rules=rules, titles=titles, texts=texts
    )  # fmt: skip


def letter_in_force(
    letters: Sequence[LetterText], *, kind: LetterKind, jurisdiction: str, on_date: date
) -> LetterText:
    """This function will choose the newest letter of a kind on a day: the pack's own, else that of "*". Raises: LookupError."""
    for pack in (jurisdiction, ANY):
        valid = [
            one
            for one in letters
            if (one.kind, one.jurisdiction) == (kind, pack) and one.valid_from <= on_date
        ]
        if valid:
            return max(valid, key=lambda one: one.valid_from)
    raise LookupError(f"no letter {kind} for {jurisdiction} on {on_date}")


def render_letter(
    *, letter: LetterText, language: str, values: Mapping[str, str], tables: Mapping[str, LetterTable]
) -> str:
    """This function will write the letter as a whole HTML page of the tags that paper knows.

    In its text an empty line ends a paragraph, "# " begins a heading, "- " a point, "> " the framed answer, and [[name]] alone on
    a line is a table. `values` and `tables` are as read: they are escaped here. Raises: KeyError for one that is missing.
    """
    short = "zh" if language.startswith("zh") else "en"
    title = escape(letter.titles[short])
    glue = "" if short == "zh" else " "  # a line that is broken in the file goes on
    blocks = [_block(block, values, tables, glue) for block in letter.texts[short].strip().split("\n\n")]
    foot = {
        "zh": f"{values['lender_name']}，{values['on_date']}。文本版本 {letter.jurisdiction} {letter.version}。",
        "en": f"{values['lender_name']}, {values['on_date']}. Text version {letter.jurisdiction} {letter.version}.",
    }[short]
    body = "\n".join([f"<h1>{title}</h1>", *blocks, f'<p class="quiet">{escape(foot)}</p>'])
    page = "zh-Hans" if short == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{page}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _block(text: str, values: Mapping[str, str], tables: Mapping[str, LetterTable], glue: str) -> str:
    lines = text.strip().split("\n")
    if (found := _TABLE.fullmatch(lines[0])) is not None:
        return _table(tables[found[1]])
    if lines[0].startswith("# "):
        below = _block("\n".join(lines[1:]), values, tables, glue) if lines[1:] else ""
        return f"<h2>{_fill(lines[0][2:], values)}</h2>\n{below}".rstrip("\n")
    if lines[0].startswith("> "):
        inner = "<br>".join(_fill(one, values) for one in _points(lines, "> ", glue))
        return f'<div class="answer"><p>{inner}</p></div>'
    if lines[0].startswith("- "):
        points = "\n".join(f"<li>{_fill(one, values)}</li>" for one in _points(lines, "- ", glue))
        return f"<ul>\n{points}\n</ul>"
    return f"<p>{_fill(glue.join(lines), values)}</p>"


def _points(lines: Sequence[str], mark: str, glue: str) -> list[str]:
    """Each begins with its mark; a line without one goes on with the point before."""
    points: list[str] = []
    for line in lines:
        if line.startswith(mark):
            points.append(line.removeprefix(mark))
        else:
            points[-1] += glue + line
    return points


def _fill(text: str, values: Mapping[str, str]) -> str:
    filled = _PLACE.sub(lambda place: escape(values[place[1]]), escape(text))
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", filled).replace("\n", "<br>")


def _table(table: LetterTable) -> str:
    if not table.head:
        return (
            "<ul>" + "".join(f"<li>{escape(' '.join(row))}</li>" for row in table.rows) + "</ul>"
            if table.rows
            else ""
        )
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return f'<table class="{table.shape}"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'
