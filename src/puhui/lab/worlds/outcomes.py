"""What is counted of a cohort, and over which months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from puhui.lab.planbook import PlanBook
from puhui.lab.worlds.households import DAILY, MONTH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of each household of a cohort. Money in minor units as floats."""

    cured: Flags  # nothing late at day 60 under the terms in force, as the relief report counts it
    paying: Flags  # cured, and an instalment paid since day 0
    redefault: Flags  # 30 days past due or written off on some day of the six months after day 60
    lost: Flags  # given up, at the latest a year after the longest plan
    months_short: Floats  # months in which living took more than there was
    unmet: Floats  # what was missing for living
    npv: Floats  # present value of what the lender received, less its costs
    complaints: Floats  # complaints
    cost: Floats  # interest and penalties that the terms in force at the end ask of her since day 0
    asked: Flags  # whether she asked for help
    signed: Flags  # whether she signed a plan
    borne: Floats  # months of a signed plan whose instalment the true surplus bore
    plan_months: Floats  # months of a signed plan that were counted for it
    waited: Floats  # months by which payments of a signed plan waited in the days lived one by one


def calendar_months(day_zero: date) -> dict[int, int]:
    """This function will return the whole calendar months of the days lived one by one: first day by last day."""
    ends = [day for day in range(DAILY + 1) if (day_zero + timedelta(days=day + 1)).day == 1]
    return {last: before + 1 for before, last in pairwise(ends)}


def early_share(book: PlanBook, plan: Ints, day: int) -> Floats:
    """This function will return what a plan asks for in the two months after `day`, minor units."""
    rows = book.due_day[plan] <= day + 2 * MONTH
    last = rows.sum(axis=1)
    return np.asarray(book.until[plan, last], np.float64)
