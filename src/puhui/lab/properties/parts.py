"""The functions under test, in one value, so that a test can put a broken one in the place of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from puhui.decisions.domain.decide import decide
from puhui.evidence.domain import facts_of_proofs
from puhui.offers.domain.negotiate import solve
from puhui.offers.domain.quote import build_quote, for_value_date
from puhui.offers.domain.standing import standing_price

Function = Callable[..., Any]  # a broken part need not have the type of the whole one


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is put to the test."""

    decide: Function = decide
    facts_of_proofs: Function = facts_of_proofs
    standing_price: Function = standing_price
    build_quote: Function = build_quote
    for_value_date: Function = for_value_date
    solve: Function = solve
