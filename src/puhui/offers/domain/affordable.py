"""The last test of affordability: what all her loans together ask for in a month (guarantee G3)."""

from __future__ import annotations

from puhui.core.refusals import InputRefused
from puhui.offers.domain.quote import Quote


class DrawNotAffordable(InputRefused):
    """The highest payment of the draw, beside what running loans ask for, is more than a month bears."""

    field = "amount"


def left_of_month(*, affordable_minor: int, committed_minor: int) -> int:
    """This function will return the highest payment that a month still bears beside running loans, minor units."""
    return max(0, affordable_minor - committed_minor)


def check_affordable(*, quote: Quote, affordable_minor: int, committed_minor: int) -> None:
    """This function will do nothing where the highest payment of `quote` fits what a month bears.

    `affordable_minor` is what the decision found a month to bear, `committed_minor` what running loans already ask for
    in a month; both in minor units of the quote's currency. Raises: DrawNotAffordable.
    """
    highest = max(row.payment_minor for row in quote.rows)
    left = left_of_month(affordable_minor=affordable_minor, committed_minor=committed_minor)
    if highest > left:
        raise DrawNotAffordable(payment_minor=highest, left_minor=left, currency=quote.currency)
