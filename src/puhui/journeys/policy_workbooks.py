"""An analyst takes a policy text as a workbook, edits its tables, and gives it back as a draft of a new text."""

from __future__ import annotations

from datetime import datetime

from puhui.core.refusals import Refusal
from puhui.journeys import policy_texts
from puhui.protection.texts.domain import PolicyText
from puhui.protection.texts.queries import get_text
from puhui.protection.texts.workbook.blame import find_cell
from puhui.protection.texts.workbook.excel import read_workbook, write_workbook


class WorkbookTextInvalid(Refusal):
    """Every cell can be read, and together they say what the compiler refuses."""

    field = "file"


class WorkbookTextUnknown(Refusal):
    """No text of the house has this path, so there is nothing to make a workbook of."""

    field = "text"
    status = 404


def write_standing(path: str) -> bytes:
    """This function will return a text that holds, held or will hold as an .xlsx file. Raises: WorkbookTextUnknown."""
    standing = policy_texts.list_standing()
    if path not in standing:
        raise WorkbookTextUnknown(path=path)
    return write_workbook(text=standing[path], path=path)


def write_draft(text_id: str) -> tuple[str, bytes]:
    """This function will return the path of a draft and its .xlsx file. Raises: PolicyTextUnknown."""
    text = get_text(text_id)
    return text.path, write_workbook(text=text.text, path=text.path)


def draft(*, body: bytes, by: str, now: datetime) -> PolicyText:
    """This function will read a workbook, compile what it says beside all other texts, and keep it as a draft.

    Raises: those of `read_workbook`; WorkbookTextInvalid, FirstDayPast and the others of `policy_texts.draft`.
    """
    returned = read_workbook(body)
    folder = returned.path.partition("/")[0]
    try:
        return policy_texts.draft(folder=folder, text=returned.text, by=by, now=now)
    except policy_texts.PolicyTextInvalid as error:
        why = str(error.facts["why"])
        cell, name = find_cell(returned, why)
        raise WorkbookTextInvalid(cell=cell, name=name, why=why) from None
