"""Write verbs of policy texts. One door for every move; a published text becomes a file that is never edited."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from puhui.core.canonical import content_hash
from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.protection.texts.domain import TRANSITIONS, PolicyText, TextAct, TextFolder, TextState
from puhui.protection.texts.models import PolicyTextRow
from puhui.protection.texts.queries import PolicyTextUnknown
from puhui.runtime.rows import find_row, insert_if_absent, update_row
from puhui.runtime.transactions import require_transaction


class PolicyTextKnown(Refusal):
    """The same person drafted the same text before, or a text of this name holds already."""

    field = "text"
    status = 409


class PolicyTextMoveNotAllowed(Refusal):
    """A published or dropped text stays what it is."""

    field = "text"
    status = 409


class PolicyTextAltered(Exception):
    """The file of a published text is not what two people published. A fault of the machine, never of a customer."""


def record_draft(
    *, folder: TextFolder, name: str, text: str, valid_from: date, by: str, now: datetime
) -> PolicyText:
    """This function will keep a text that was found sound as a draft. Raises: PolicyTextKnown."""
    require_transaction()
    sha256 = content_hash(text.encode())
    row = PolicyTextRow(
        id=derive_id("policy text", folder.value, name, sha256, by),
        folder=folder.value,
        name=name,
        text=text,
        sha256=sha256,
        valid_from=valid_from,
        state=TRANSITIONS[None, TextAct.DRAFT].value,
        drafted_by=by,
        drafted_at=now,
    )
    if not insert_if_absent(row):
        raise PolicyTextKnown(name=name)
    return row.to_domain()


def move_text(*, id: str, act: TextAct, agreed_by: str, now: datetime) -> PolicyText:
    """This function will publish or drop a draft. Raises: PolicyTextUnknown, PolicyTextMoveNotAllowed."""
    require_transaction()
    row = find_row(PolicyTextRow, lock=True, id=id)
    if row is None:
        raise PolicyTextUnknown()
    after = TRANSITIONS.get((TextState(row.state), act))
    if after is None:
        raise PolicyTextMoveNotAllowed()
    row.state = after.value
    if act is TextAct.PUBLISH:
        assert agreed_by and agreed_by != row.drafted_by, "two people"
        row.agreed_by, row.published_at = agreed_by, now
    update_row(row, ["state", "agreed_by", "published_at"])
    return row.to_domain()


def write_file(text: PolicyText) -> None:
    """This function will put a published text where the loaders find it; again changes nothing.

    Raises: PolicyTextAltered when a file of this name says something else.
    """
    assert text.state is TextState.PUBLISHED, "only what two people published holds"
    root = Path(settings.PUBLISHED_DIR)
    target = root / text.path
    if target.exists():
        if content_hash(target.read_bytes()) != text.sha256:
            raise PolicyTextAltered(f"{target} is not the text that was published")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.{text.id}")
    half.write_text(text.text, encoding="utf-8", newline="")
    half.replace(target)  # whole or not at all
    os.utime(root)  # the loaders look at the time of change of the folder
