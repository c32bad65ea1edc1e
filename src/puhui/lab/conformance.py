"""`make conformance`: do our figures agree with peers' and official ones?

A case is one line of JSON with an id, a kind (its family), inputs, an expected figure with its source, and a tolerance.
Nothing here knows a case by its id: a family's function turns the inputs into a call of `puhui.core` and the answer is
compared. What disagrees is listed with both figures, and the run fails.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from puhui.core import finance
from puhui.core.apr import TimedFlow, apr_effective, apr_nominal
from puhui.core.day_counts import DayCount, DayCountUnknown, day_count, parse_day_count, year_fraction
from puhui.core.periods import Period, PeriodUnit
from puhui.core.refusals import Refusal
from puhui.core.unit_periods import unit_periods_between, years_between
from puhui.lab.conformance_loans.report import LoanFamily, count_loans, is_loan

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "tests" / "conformance" / "cases"
SHARED = ROOT.parent / "shared" / "cases"
REPORT = ROOT / "build" / "conformance.json"
FAMILIES = ("apr", "day_count", "finance_function", "apr_cn_derived")
ONE_HUNDRED = Decimal(100)

Case = Mapping[str, Any]
Figures = dict[str, Fraction | bool]  # what we computed, by the name of the expected field


class CaseFileInvalid(Exception):
    """A line of a case file cannot be read; the message says which."""


class CaseUnsupported(Exception):
    """The case asks for a method, convention or function that we do not have; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One case, compared."""

    id: str  # of the case
    family: str  # its kind
    agrees: bool  # within its tolerance, or refused where it must be
    expected: str  # as the case says
    actual: str  # what we answer
    source: str  # where the expected figure comes from
    recalled: bool  # the case's text was recalled by its collectors, not read


@dataclass(slots=True)
class Tally:
    """A family's count."""

    agree: int = 0  # cases that agree
    of: int = 0  # cases
    reasons: list[str] = field(default_factory=list)  # why a case could not even be tried, each once


def main(cases: Path | None = None, *, written_to: Path = REPORT, with_loans: bool = False) -> int:
    """This function will compare the cases of `cases`, or of the stored files, print the counts, write them as JSON
    (build/conformance.json), and return 0 if all agree, 1 if not or if there are none, 2 if the cases cannot be read.
    """
    try:
        rows, notes = (list(read_cases(cases)), []) if cases else stored_cases()
    except (CaseFileInvalid, OSError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    loans = count_loans(rows if cases else None) if with_loans else ()
    outcomes = [compare(row) for row in rows if not (with_loans and is_loan(row))]
    for note in () if with_loans else notes:
        print(note)
    return report(outcomes, written_to=written_to, loans=loans)


def read_cases(path: Path) -> Iterator[Case]:
    """This function will yield the cases of a JSON-lines file (plain or .gz), blank lines left out.

    Raises: CaseFileInvalid naming the line, for what is no JSON object with an `id`; OSError.
    """
    raw = path.read_bytes()
    try:
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        raise CaseFileInvalid(f"{path}, line {number}: not UTF-8 text") from None
    except (EOFError, zlib.error) as error:
        raise CaseFileInvalid(f"{path}: not a gzip file ({error})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=Decimal)
        except (json.JSONDecodeError, InvalidOperation, RecursionError) as error:
            raise CaseFileInvalid(f"{path}, line {number}: not JSON ({error})") from None
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise CaseFileInvalid(f"{path}, line {number}: a case is a JSON object with a text `id`")
        yield row


def stored_cases() -> tuple[list[Case], list[str]]:
    """This function will gather the committed cases and, where that folder exists beside the repository, the shared
    ones; one id counts once, and the shared text of it is the one used. Files of another form are named, not counted.

    Raises: CaseFileInvalid, OSError.
    """
    by_id: dict[str, Case] = {}
    notes: list[str] = []
    for folder in (COMMITTED, SHARED):
        for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else []:
            rows = list(read_cases(path))
            if rows and not any("kind" in row for row in rows):
                notes.append(
                    f"left out: {path.name}, {len(rows)} cases that name no kind (not of the finance families)"
                )
                continue
            by_id.update({row["id"]: row for row in rows})
    return list(by_id.values()), notes


def compare(case: Case) -> Outcome:
    """This function will compute one case and compare each expected figure within the case's tolerance."""
    family = case["kind"] if isinstance(case.get("kind"), str) else "without_kind"
    expected = {
        name: case[name] for name in case if name == "expected" or name.startswith(("expected_", "cap"))
    }
    try:
        actual: Figures | str = compute(case)
    except Refusal as refusal:
        actual = f"refused: {refusal.code}"
    except CaseUnsupported as error:
        actual = f"unsupported: {error}"
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        actual = f"unsupported: it could not be computed ({type(error).__name__}: {error})"
    if isinstance(actual, str):
        agrees = actual.startswith("refused") and expected.get("expected", "") is None
        shown = actual
    else:
        tolerance = _fraction(case.get("tolerance") or 0)
        agrees = set(actual) == set(expected) and all(
            _same(actual[k], expected[k], tolerance) for k in actual
        )
        shown = ", ".join(_show(value) for value in actual.values())
    return Outcome(
        id=case["id"],
        family=family,
        agrees=agrees,
        expected=", ".join("a refusal" if value is None else str(value) for value in expected.values()),
        actual=shown,
        source=str(case.get("source") or case.get("provenance") or ""),
        recalled="recalled" in str(case.get("provenance", "")),
    )


def compute(case: Case) -> Figures:
    """This function will compute the figures that a case expects. Raises: CaseUnsupported; a Refusal."""
    family = COMPUTE.get(str(case.get("kind")))
    if family is None:
        raise CaseUnsupported(f"no family {case.get('kind')!r} here; known: {', '.join(FAMILIES)}")
    return family(case)


def report(outcomes: Sequence[Outcome], *, written_to: Path, loans: Sequence[LoanFamily] = ()) -> int:
    """This function will print what disagrees and the counts (families, recalled cases apart, total), write them as
    JSON, and return the exit status.
    """
    tallies: dict[str, Tally] = {}
    for one in outcomes:
        tally = tallies.setdefault(one.family, Tally())
        tally.of += 1
        tally.agree += one.agrees
        if one.actual.startswith("unsupported") and one.actual not in tally.reasons:
            tally.reasons.append(one.actual)
    wrong = [one for one in outcomes if not one.agrees]
    for one in wrong:
        print(
            f"disagrees: {one.family} {one.id}: expected {one.expected}; we say {one.actual} ({one.source})"
        )
    known = [name for name in FAMILIES if name in tallies]
    for name in (*known, *sorted(set(tallies) - set(known))):
        reasons = "; ".join(tallies[name].reasons[:3])
        print(
            f"family {name} agree {tallies[name].agree} of {tallies[name].of}"
            + (f" ({reasons})" if reasons else "")
        )
    recalled = [one for one in outcomes if one.recalled]
    if recalled:
        listed = " ".join(one.id + ("" if one.agrees else "(disagrees)") for one in recalled)
        print(
            f"recalled, listed apart: {listed} ({len(recalled)} cases, counted above; their text was recalled, not read)"
        )
    agree = len(outcomes) - len(wrong)
    written_to.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "agree": agree,
        "of": len(outcomes),
        "families": [
            {"name": n, "agree": t.agree, "of": t.of, "reasons": t.reasons}
            for n, t in sorted(tallies.items())
        ]
        + [one.plain() for one in loans],
        "recalled": [{"id": one.id, "agrees": one.agrees} for one in recalled],
        "disagreements": [
            {
                "id": one.id,
                "family": one.family,
                "expected": one.expected,
                "actual": one.actual,
                "source": one.source,
            }
            for one in wrong
        ],
    }
    written_to.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"agree {agree} of {len(outcomes)}")
    return 1 if wrong or not (outcomes or loans) or not all(one.is_met for one in loans) else 0


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
        per_year = _fraction(inputs.get("unit_periods_per_year", 12))
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


def _fraction(number: Any) -> Fraction:
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
        return _fraction(flow["t_years"])
    if "t_months" in flow:
        return _fraction(flow["t_months"]) / 12
    if "t_weeks" in flow:
        return _fraction(flow["t_weeks"]) / 52
    if "t_days" in flow:
        return _fraction(flow["t_days"]) / _fraction(inputs.get("days_in_year", 365))
    return years_between(start=_first_date(inputs), end=_date(flow["date"]), unit=_step(inputs))


def _in_unit_periods(flow: Case, inputs: Case) -> Fraction:
    if "t" in flow:
        return _fraction(flow["t"]) + _fraction(flow.get("f", 0))
    if "t_months" in flow:
        return _fraction(flow["t_months"])
    return unit_periods_between(start=_first_date(inputs), end=_date(flow["date"]), unit=_step(inputs))


def _step(inputs: Case) -> PeriodUnit:
    return PeriodUnit(inputs.get("period_unit", "month"))


def _first_date(inputs: Case) -> date:
    return min(_date(flow["date"]) for flow in inputs["advances"])


def _same(actual: Fraction | bool, expected: Any, tolerance: Fraction) -> bool:
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return expected is not None and abs(actual - _fraction(expected)) <= tolerance


def _show(value: Fraction | bool) -> str:
    return str(value) if isinstance(value, bool) else f"{value.numerator / value.denominator:.12g}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="make conformance", description="Compare our figures with peers' and official ones."
    )
    parser.add_argument(
        "--cases", type=Path, help="a file of cases, one JSON object a line (default: the stored ones)"
    )
    chosen: Path | None = parser.parse_args().cases
    sys.exit(main(chosen, with_loans=True))
