"""Drafts of policy texts, their moves, and how a draft differs from the text that holds."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from puhui.core.refusals import Refusal
from puhui.protection.domain.strict import PolicyInvalid

MOST = 200_000  # characters of a text


class PolicyTextTooLong(Refusal):
    """A text is longer than any policy that a person can read."""

    field = "text"


def tidy(text: str) -> str:
    """This function will return what was sent with plain ends of lines. Raises: PolicyTextTooLong, of nothing as well."""
    if not 0 < len(text) <= MOST:
        raise PolicyTextTooLong(most=MOST)
    return text.replace("\r\n", "\n")


class TextFolder(StrEnum):
    """Which folder of policies a text belongs to."""

    CREDIT = "credit"  # credit policy
    PRICES = "prices"  # price table
    PRODUCTS = "products"  # product
    EXPLORATION = "exploration"  # budget of exploration below the cut-off


class TextState(StrEnum):
    """How far a text is."""

    DRAFTED = "drafted"  # compiles; nobody is decided by it
    PUBLISHED = "published"  # two people: holds from its first day on
    DROPPED = "dropped"  # will never hold


class TextAct(StrEnum):
    """One move of a text."""

    DRAFT = "draft"  # it was checked and kept
    PUBLISH = "publish"  # two people let it hold
    DROP = "drop"  # somebody gave it up


# The one table of moves. A published text is never taken back; a newer one follows it.
TRANSITIONS: dict[tuple[TextState | None, TextAct], TextState] = {
    (None, TextAct.DRAFT): TextState.DRAFTED,
    (TextState.DRAFTED, TextAct.PUBLISH): TextState.PUBLISHED,
    (TextState.DRAFTED, TextAct.DROP): TextState.DROPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """One text that the house wrote."""

    id: str  # text(26)
    folder: TextFolder  # where it belongs
    name: str  # of its file, e.g. "2026-12-01.toml"
    text: str  # all of it
    sha256: str  # content hash, the identity that decisions store
    valid_from: date  # its first day
    state: TextState  # how far it is
    drafted_by: str  # login of the first person
    drafted_at: datetime  # UTC
    agreed_by: str  # login of the second person, empty until published
    published_at: datetime | None  # UTC

    @property
    def path(self) -> str:
        """Where it stands below a policies folder."""
        return f"{self.folder.value}/{self.name}"


# table that names version and day
HEAD = {TextFolder.CREDIT: "policy", TextFolder.PRICES: "prices", TextFolder.EXPLORATION: "exploration"}


def name_of(folder: TextFolder, text: str) -> tuple[str, date]:
    """This function will return the file name that a text asks for and its first day. Raises: PolicyInvalid."""
    try:
        body: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"not TOML: {error}", file=folder.value) from None
    head = body.get(HEAD[folder]) if folder in HEAD else body
    if not isinstance(head, dict):
        raise PolicyInvalid(f"there is no table [{HEAD[folder]}]", file=folder.value)
    first, id = head.get("valid_from"), head.get("id")
    if type(first) is not date:
        raise PolicyInvalid("valid_from is not a day", file=folder.value)
    if not isinstance(id, str) or not id.replace("-", "").isalnum() or not id.isascii():
        raise PolicyInvalid("id: letters, digits and dashes", file=folder.value)
    return (f"{first}.toml" if folder in HEAD else f"{id}-{first}.toml"), first


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of a comparison."""

    before: int  # its number in the older text, 0 when it is not there
    after: int  # its number in the newer text, 0 when it is not there
    text: str  # without its end

    @property
    def sign(self) -> str:
        """`+` for a new line, `-` for one that goes, empty for one that stays."""
        return "" if self.before and self.after else "-" if self.before else "+"


def compare_texts(before: str, after: str) -> tuple[TextLine, ...]:
    """This function will lay two texts side by side, line by line."""
    old, new = before.splitlines(), after.splitlines()
    found: list[TextLine] = []
    for kind, i, i_end, j, j_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [TextLine(before=i + k + 1, after=j + k + 1, text=old[i + k]) for k in range(i_end - i)]
            continue
        found += [TextLine(before=k + 1, after=0, text=old[k]) for k in range(i, i_end)]
        found += [TextLine(before=0, after=k + 1, text=new[k]) for k in range(j, j_end)]
    return tuple(found)
