"""Penalty on late principal: so much a day until it is paid, exact, rounded once for each instalment. Frozen days bear none."""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    K_CHARGE_OFF,
    K_PENALTY,
    S_BORNE,
    S_CHARGED_OFF,
    S_FREEZE,
    S_ROW,
    S_STOP,
    Book,
)
from puhui.loans.domain.engine.interest import PPM, half_even

STOPS = 2  # a charge-off ends interest, and penalties with it


def bear_penalty(b: Book, day: int) -> None:
    """This function will let late principal bear its penalty for every day after the last one counted, up to `day`."""
    since = b.s[S_BORNE]
    b.s[S_BORNE] = max(since, day)
    if not b.k[K_PENALTY] or day <= since or b.s[S_STOP]:
        return
    if b.s[S_CHARGED_OFF] and b.k[K_CHARGE_OFF] == STOPS:
        return
    for row in range(b.s[S_ROW]):
        late = b.principal[row] - b.paid[4 * row + 3] - b.waived[4 * row + 3]
        if late <= 0 or b.due[row] >= day:
            continue
        start = max(since, b.due[row])
        days = day - start - frozen_days(b, start, day)
        before = late_penalty_of(b, row)
        b.borne[row] += late * b.k[K_PENALTY] * days
        b.penalty[row] += late_penalty_of(b, row) - before


def late_penalty_of(b: Book, row: int) -> int:
    """This function will return the penalty that an instalment's late principal has borne, minor units."""
    return half_even(b.borne[row], PPM)


def frozen_days(b: Book, start: int, end: int) -> int:
    """This function will count the days of (start, end] that bear no penalty."""
    total = 0
    for i in range(b.s[S_FREEZE]):
        total += max(0, min(b.freeze_to[i], end) - max(b.freeze_from[i] - 1, start))
    return total


def freeze_penalty(b: Book, first: int, last: int) -> None:
    """This function will free the days from `first` to `last`, both inclusive, from penalty; what touches grows together."""
    at = b.s[S_FREEZE] - 1
    if at >= 0 and first <= b.freeze_to[at] + 1:
        b.freeze_to[at] = max(b.freeze_to[at], last)
        return
    b.freeze_from[at + 1] = first
    b.freeze_to[at + 1] = last
    b.s[S_FREEZE] += 1


def thaw_penalty(b: Book, day: int) -> None:
    """This function will end the running freeze: penalties count again from `day` on."""
    at = b.s[S_FREEZE] - 1
    if at >= 0:
        b.freeze_to[at] = min(b.freeze_to[at], day - 1)
