"""The public values and functions of products, in one place for the stages that come after."""

from puhui.products.domain.by_options import affordable_principal, build_schedule
from puhui.products.domain.cost import (
    AllInCost,
    CapBasis,
    CapRule,
    CostAboveCap,
    FittedSchedule,
    all_in_cost,
    fit_under_cap,
    is_within_cap,
)
from puhui.products.domain.options import LoanOptions, OptionsInvalid
from puhui.products.domain.product import (
    AmountNotOffered,
    DueDayNotOffered,
    FeeItem,
    MethodNotOffered,
    MethodTerms,
    Product,
    ProductInvalid,
    TermNotOffered,
    check_draw,
    largest_draw,
    parse_product,
)
from puhui.products.domain.schedule import (
    CLASSIC,
    Method,
    ScheduleRow,
    level_instalment,
    move_schedule,
    split_principal,
)

__all__ = [
    "CLASSIC",
    "AllInCost",
    "AmountNotOffered",
    "CapBasis",
    "CapRule",
    "CostAboveCap",
    "DueDayNotOffered",
    "FeeItem",
    "FittedSchedule",
    "LoanOptions",
    "Method",
    "MethodNotOffered",
    "MethodTerms",
    "OptionsInvalid",
    "Product",
    "ProductInvalid",
    "ScheduleRow",
    "TermNotOffered",
    "affordable_principal",
    "all_in_cost",
    "build_schedule",
    "check_draw",
    "fit_under_cap",
    "is_within_cap",
    "largest_draw",
    "level_instalment",
    "move_schedule",
    "parse_product",
    "split_principal",
]
