"""What is asked of the texts that the house wrote."""

from __future__ import annotations

from puhui.core.refusals import Refusal
from puhui.protection.texts.domain import PolicyText, TextState
from puhui.protection.texts.models import PolicyTextRow
from puhui.runtime.rows import find_row


class PolicyTextUnknown(Refusal):
    """There is no such text of the house."""

    field = "text"
    status = 404


def get_text(id: str) -> PolicyText:
    """This function will return one text. Raises: PolicyTextUnknown."""
    row = find_row(PolicyTextRow, id=id)
    if row is None:
        raise PolicyTextUnknown()
    return row.to_domain()


def list_texts(*, state: TextState | None = None) -> list[PolicyText]:
    """This function will return the house's own texts, the newest draft first."""
    rows = PolicyTextRow.objects.order_by("-drafted_at", "-id")
    return [row.to_domain() for row in rows if state is None or row.state == state.value]
