"""The finance families of `make conformance`: a case's inputs become a call of `puhui.core`, nothing here knows a case by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from puhui.core import finance
from puhui.core.apr import TimedFlow, apr_effective, apr_nominal
from puhui.core.day_counts import DayCount, DayCountUnknown, day_count, parse_day_count, year_fraction
from puhui.core.periods import Period, PeriodUnit
from puhui.core.unit_periods import unit_periods_between, years_between

FAMILIES = ("apr", "day_count", "finance_function", "apr_cn_derived")
ONE_HUNDRED = Decimal(100)

Case = Mapping[str, Any]
Figures = dict[str, Fraction | bool]  # what we computed, by the name of the expected field


class CaseUnsupported(Exception):
    """The case asks for a method, convention or function that we do not have; the message names it."""


def compute(case: Case) -> Figures:
    """This function will compute the figures that a case expects. Raises: CaseUnsupported; a Refusal."""
    family = COMPUTE.get(str(case.get("kind")))
    if family is None:
        raise CaseUnsupported(f"no family {case.get('kind')!r} here; known: {', '.join(FAMILIES)}")
    return family(case)


# Families ------------------------------------------------------------------------------------------------------------


def _apr(case: Case) -> Figures:
    """Annual percentage rates of timed flows; times are t + f unit-periods, years, months or dates."""
    inputs = case["inputs"]
    method = str(case.get("method", "")).lower()
    scale = _scale([flow["amount"] for flow in (*inputs["advances"], *inputs["payments"])])
    if "effective" in method:
        advances, payments = (_flows(inputs, side, scale, _in_years) for side in ("advances", "payments"))
        return {"expected": Fraction(apr_effective(advances=advances, payments=payments))}
    if "appendix_j" in method or "actuarial" in method or "nominal" in method:
        per_year = fraction(inputs.get("unit_periods_per_year", 12))
        advances, payments = (
            _flows(inputs, side, scale, _in_unit_periods) for side in ("advances", "payments")
        )
        nominal = apr_nominal(advances=advances, payments=payments, unit_periods_per_year=per_year)
        return {"expected": Fraction(nominal)}
    raise CaseUnsupported(f"method {case.get('method')!r}")


def _apr_cn(case: Case) -> Figures:
    """Both rates of monthly flows, and the 24 % cap tested on each basis."""
    inputs = case["inputs"]
    scale = _scale([flow["amount"] for flow in (*inputs["advances"], *inputs["payments"])])
    monthly = [_flows(inputs, side, scale, _in_unit_periods) for side in ("advances", "payments")]
    yearly = [_flows(inputs, side, scale, _in_years) for side in ("advances", "payments")]
    nominal = apr_nominal(advances=monthly[0], payments=monthly[1], unit_periods_per_year=12)
    effective = apr_effective(advances=yearly[0], payments=yearly[1])
    figures: Figures = {
        "expected_nominal_annual_pct": Fraction(nominal),
        "expected_effective_annual_pct": Fraction(effective),
    }
    for name in case:  # cap24_ok_nominal, cap24_ok_effective
        if name.startswith("cap"):
            cap, basis = name[3:].split("_ok_")
            figures[name] = (nominal if basis == "nominal" else effective) <= Decimal(cap)
    return figures


def _day_count(case: Case) -> Figures:
    """Days, parts of a year, or unit-periods between two dates."""
    inputs, unit, name = case["inputs"], case.get("unit", "years"), str(case.get("convention", ""))
    start, end = _date(inputs["start"]), _date(inputs["end"])
    spelled = name.lower()
    if "remark (c)" in spelled or "2008/48" in spelled or "2023/2225" in spelled or "2014/17" in spelled:
        step = PeriodUnit(inputs.get("period_unit", "month"))
        return {"expected": years_between(start=start, end=end, unit=step)}
    if "reg z" in spelled or "appendix j" in spelled or "app j" in spelled:
        step = PeriodUnit(inputs.get("period_unit", inputs.get("unit_period", "month")))
        multiple = int(inputs.get("multiple", 1))
        return {"expected": unit_periods_between(start=start, end=end, unit=step, multiple=multiple)}
    convention = _convention(name)
    termination = _date(inputs["termination_date"]) if inputs.get("termination_date") else None
    if unit == "days":
        days = day_count(start=start, end=end, convention=convention, termination=termination)
        return {"expected": Fraction(days)}
    reference = None
    if inputs.get("ref_start") and inputs.get("ref_end"):
        reference = Period(start=_date(inputs["ref_start"]), end=_date(inputs["ref_end"]))
    elif convention is DayCount.ACT_ACT_ICMA and start != end:
        reference = Period(start=min(start, end), end=max(start, end))  # the period is its own reference
    frequency = inputs.get("frequency") or inputs.get("periods_per_year")
    part = year_fraction(
        start=start,
        end=end,
        convention=convention,
        termination=termination,
        reference=reference,
        periods_per_year=None if frequency is None else int(frequency),
    )
    return {"expected": part}


def _finance(case: Case) -> Figures:
    """A function of the PMT and IRR family, by its spreadsheet name."""
    name = str(case.get("function", "")).lower()
    call = FUNCTIONS.get(name)
    if call is None:
        raise CaseUnsupported(f"function {case.get('function')!r}")
    return {"expected": Fraction(call(case["inputs"]))}


COMPUTE: dict[str, Callable[[Case], Figures]] = {
    "apr": _apr,
    "apr_cn_derived": _apr_cn,
    "day_count": _day_count,
    "finance_function": _finance,
}

# Input names of the cases → argument names of `core.finance`.
ARGUMENTS = {
    "r": "rate",
    "rate": "rate",
    "n": "periods",
    "nper": "periods",
    "p": "payment",
    "pmt": "payment",
    "pv": "present",
    "f": "future",
    "fv": "future",
    "w": "due",
    "when": "due",
    "type": "due",
    "per": "period",
    "guess": "guess",
    "values": "flows",
    "finance_rate": "finance_rate",
    "reinvest_rate": "reinvest_rate",
    "start": "first",
    "end": "last",
    "npery": "periods_per_year",
    "effect_rate": "effective",
    "nominal_rate": "nominal",
}
DUE = {"begin": finance.Due.BEGIN, "start": finance.Due.BEGIN, "b": finance.Due.BEGIN, "1": finance.Due.BEGIN}


def _named(inputs: Case, defaults: Mapping[str, int]) -> dict[str, Any]:
    """The inputs under our argument names, as exact numbers; an unknown input is an error, never left out."""
    named: dict[str, Any] = dict(defaults)
    for key, value in inputs.items():
        if key not in ARGUMENTS:
            raise CaseUnsupported(f"input {key!r}")
        argument = ARGUMENTS[key]
        if argument == "due":
            named[argument] = DUE.get(str(value).lower(), finance.Due.END)
        elif argument == "flows":
            named[argument] = [_decimal(flow) for flow in value]
        elif argument in ("period", "first", "last", "periods_per_year"):
            named[argument] = int(value)
        elif value is not None:
            named[argument] = _decimal(value)
    return named


def _plain(function: Callable[..., Decimal], **defaults: int) -> Callable[[Case], Decimal]:
    return lambda inputs: function(**_named(inputs, defaults))


def _dated(inputs: Case) -> tuple[list[finance.DatedAmount], DayCount]:
    flows = [
        finance.DatedAmount(on_date=_date(day), amount=_decimal(amount)) for day, amount in inputs["flows"]
    ]
    return flows, _convention(str(inputs.get("basis") or "ACT/365F"))


def _xirr(inputs: Case) -> Decimal:
    flows, convention = _dated(inputs)
    guess = inputs.get("guess")
    return finance.xirr(flows=flows, convention=convention, guess=None if guess is None else _decimal(guess))


def _xnpv(inputs: Case) -> Decimal:
    flows, convention = _dated(inputs)
    return finance.xnpv(
        rate=_decimal(inputs["r"] if "r" in inputs else inputs["rate"]), flows=flows, convention=convention
    )


FUNCTIONS: dict[str, Callable[[Case], Decimal]] = {
    "pmt": _plain(finance.pmt, present=0),
    "pv": _plain(finance.pv, payment=0),
    "fv": _plain(finance.fv, payment=0),
    "nper": _plain(finance.nper, present=0),
    "ipmt": _plain(finance.ipmt),
    "ppmt": _plain(finance.ppmt),
    "cumipmt": _plain(finance.cumipmt),
    "cumprinc": _plain(finance.cumprinc),
    "rate": _plain(finance.rate, payment=0, present=0),
    "effect": _plain(finance.effective_rate),
    "nominal": _plain(finance.nominal_rate),
    "npv": _plain(finance.npv),
    "irr": _plain(finance.irr),
    "mirr": _plain(finance.mirr),
    "xirr": _xirr,
    "xnpv": _xnpv,
}


# Reading -------------------------------------------------------------------------------------------------------------


def _decimal(number: Any) -> Decimal:
    if isinstance(number, bool) or not isinstance(number, int | Decimal | str):
        raise TypeError(f"{number!r} is no number")
    return Decimal(number)


def fraction(number: Any) -> Fraction:
    """A JSON number, or a text fraction such as "52/60", exactly."""
    return Fraction(number) if isinstance(number, str) else Fraction(_decimal(number))


def _date(text: Any) -> date:
    return date.fromisoformat(text)


def _convention(name: str) -> DayCount:
    try:
        return parse_day_count(name)
    except DayCountUnknown:
        raise CaseUnsupported(f"day count {name!r}") from None


def _scale(amounts: Sequence[Any]) -> int:
    """The power of ten that makes every amount a whole number."""
    exponents = [_decimal(amount).normalize().as_tuple().exponent for amount in amounts]
    return int(10 ** max(0, *(-e for e in exponents if isinstance(e, int)), 0))


def _flows(inputs: Case, side: str, scale: int, clock: Callable[[Case, Case], Fraction]) -> list[TimedFlow]:
    return [
        TimedFlow(at=clock(flow, inputs), amount_minor=int(_decimal(flow["amount"]) * scale))
        for flow in inputs[side]
    ]


def _in_years(flow: Case, inputs: Case) -> Fraction:
    if "t_years" in flow:
        return fraction(flow["t_years"])
    if "t_months" in flow:
        return fraction(flow["t_months"]) / 12
    if "t_weeks" in flow:
        return fraction(flow["t_weeks"]) / 52
    if "t_days" in flow:
        return fraction(flow["t_days"]) / fraction(inputs.get("days_in_year", 365))
    return years_between(start=_first_date(inputs), end=_date(flow["date"]), unit=_step(inputs))


def _in_unit_periods(flow: Case, inputs: Case) -> Fraction:
    if "t" in flow:
        return fraction(flow["t"]) + fraction(flow.get("f", 0))
    if "t_months" in flow:
        return fraction(flow["t_months"])
    return unit_periods_between(start=_first_date(inputs), end=_date(flow["date"]), unit=_step(inputs))


def _step(inputs: Case) -> PeriodUnit:
    return PeriodUnit(inputs.get("period_unit", "month"))


def _first_date(inputs: Case) -> date:
    return min(_date(flow["date"]) for flow in inputs["advances"])


def same(actual: Fraction | bool, expected: Any, tolerance: Fraction) -> bool:
    """This function will tell whether a figure is the expected one within `tolerance`; a yes or no must be the same."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return expected is not None and abs(actual - fraction(expected)) <= tolerance


def show_value(value: Fraction | bool) -> str:
    """This function will write a figure as the report shows it."""
    return str(value) if isinstance(value, bool) else f"{value.numerator / value.denominator:.12g}"
