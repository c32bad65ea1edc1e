"""Plain = compiled = columnar: the same source gives the same integers, whoever runs it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from puhui.batch.portfolio import generate
from puhui.batch.portfolio.columns import TermsTable, pack, read_columns, with_terms
from puhui.batch.portfolio.plain import value_plainly
from puhui.loans.domain.engine import BookEvent, BookPosition, LoanTerms, figures, position
from puhui.loans.domain.engine.codes import (
    Basis,
    ChargeTime,
    Kind,
    Method,
    Plan,
    ReAgeInterest,
    Recalculation,
    Unit,
)
from puhui.loans.domain.engine.lateness import days_past_due
from tests.batch.kit import ROOT, compiled_figures, kernel, plain_figures

SEED = 20_261_122
MONEY = (Kind.REPAY, Kind.REPAY, Kind.REPAY, Kind.GOODWILL, Kind.MERCHANT_REFUND, Kind.INTEREST_WAIVER)


def story(dice: random.Random) -> tuple[LoanTerms, list[BookEvent]]:
    """A random contract and what happens to it: payments, charges, changes of terms, losses, reversals."""
    start = date(2000, 1, 1) + timedelta(days=dice.randrange(14_000))
    terms = LoanTerms(
        currency="CNY",
        principal_minor=dice.randrange(1_000, 50_000_000),
        annual_rate_ppm=dice.choice([0, 36_500, 144_000, 360_000]),
        count=dice.randrange(1, 16),
        every=dice.randrange(1, 3),
        unit=dice.choice([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.MONTH]),
        start_date=start,
        method=dice.choice(list(Method)),
        plan=dice.choice(list(Plan)),
        basis=dice.choice(list(Basis)),
        recalculation=dice.choice(list(Recalculation)),
        vertical=dice.random() < 0.3,
        levels_again=dice.random() < 0.7,
        multiple_minor=dice.choice([0, 0, 100]),
        penalty_daily_ppm=dice.choice([0, 500]),
        stops_interest=dice.random() < 0.5,
        full_term_tranches=dice.random() < 0.5,
        parts_alone=dice.random() < 0.5,
    )
    events = [
        BookEvent(
            seq=1,
            kind=Kind.DISBURSE,
            value_date=start,
            booking_date=start,
            amount_minor=terms.principal_minor,
        )
    ]
    day = start
    for seq in range(2, dice.randrange(3, 12)):
        day += timedelta(days=dice.randrange(1, 50))
        events.append(happening(dice, seq, day, terms, events))
    return terms, events


def happening(
    dice: random.Random, seq: int, day: date, terms: LoanTerms, before: list[BookEvent]
) -> BookEvent:
    """One random event on a day."""
    kind = dice.choice(
        [
            *MONEY,
            *MONEY,
            Kind.CHARGE,
            Kind.RATE_CHANGE,
            Kind.EXTEND,
            Kind.RE_AGE,
            Kind.RE_AMORTISE,
            Kind.REVERSE,
            Kind.CHARGEBACK,
            Kind.INTEREST_PAUSE,
            Kind.CHARGE_OFF,
            Kind.PENALTY_FREEZE,
            Kind.DISBURSE,
            Kind.CAPITALISE,
            Kind.CAPITALISE_ADJUSTMENT,
            Kind.FEE_BUYDOWN,
        ]
    )
    paid = [event.seq for event in before if event.kind is Kind.REPAY]
    if kind in (Kind.REVERSE, Kind.CHARGEBACK) and not paid:
        kind = Kind.REPAY
    return BookEvent(
        seq=seq,
        kind=kind,
        value_date=day,
        booking_date=day,
        amount_minor=dice.randrange(1, terms.principal_minor // 2 + 2),
        of_seq=dice.choice(paid) if kind in (Kind.REVERSE, Kind.CHARGEBACK) else 0,
        annual_rate_ppm=dice.choice([0, 90_000, 240_000]),
        from_date=day + timedelta(days=dice.randrange(1, 30)),
        to_date=day + timedelta(days=dice.randrange(30, 60)),
        count=0 if kind is Kind.REVERSE else dice.randrange(1, 8),
        every=1,
        unit=terms.unit,
        interest=dice.choice(list(ReAgeInterest)),
        due_date=day,
        is_penalty=dice.random() < 0.5,
        charge_time=dice.choice([ChargeTime.DATE, ChargeTime.DATE, *ChargeTime]),
    )


def stories(count: int, seed: int) -> list[tuple[str, LoanTerms, list[BookEvent]]]:
    """Random loans; the seed is in every message."""
    dice = random.Random(seed)
    return [(f"{seed}-{n}", *story(dice)) for n in range(count)]


def owed_by_statement(shown: BookPosition) -> int:
    """The principal owed as the lines of the statement tell it."""
    owed = 0
    for line in shown.lines:
        if line.is_reversed or line.kind in (Kind.CHARGE_OFF, Kind.RE_AGE, Kind.RE_AMORTISE):
            continue
        if line.kind is Kind.DISBURSE:
            owed += line.amount_minor - line.over_minor
        else:
            is_more = line.kind in (Kind.CHARGEBACK, Kind.CAPITALISE)
            owed += line.principal_minor if is_more else -line.principal_minor
    return owed


def check_stories(count: int, seed: int) -> None:
    """Compiled = plain over the same columns, and = the position that a page shows."""
    loans, terms = stories(count, seed), TermsTable()
    table = with_terms(pack(loans, terms), terms)
    columns, day = read_columns(table), date(2045, 1, 1)
    compiled, plain = compiled_figures(columns, day.toordinal()), plain_figures(columns, day.toordinal())
    valued = 0
    for n, (loan_id, contract, events) in enumerate(loans):
        assert compiled[n] == plain[n], f"seed {seed}, loan {loan_id}"
        if compiled[n][figures.V_FAULT]:
            compiled[n] = value_plainly(columns, n, day.toordinal())
        else:
            valued += 1
        shown = position(terms=contract, events=events, as_of=day)
        found = (
            compiled[n][figures.V_OUTSTANDING],
            compiled[n][figures.V_CREDIT],
            compiled[n][figures.V_WRITTEN_OFF],
            compiled[n][figures.V_LENT],
        )
        assert found == (
            shown.outstanding_minor,
            shown.credit_minor,
            shown.written_off_minor,
            shown.lent_minor,
        ), f"seed {seed}, loan {loan_id}"
        left = shown.total("principal") - shown.total("paid_principal") - shown.total("waived_principal")
        assert left == owed_by_statement(shown), f"seed {seed}, loan {loan_id}: what is owed is asked for"
        late = days_past_due(position=shown, events=events, as_of=day, grace_days=0)
        assert compiled[n][figures.V_DAYS] == late.counted_days, f"seed {seed}, loan {loan_id}"
    assert valued > count * 2 // 3, f"seed {seed}: compiled code handed too many loans back"


def test_random_histories() -> None:
    check_stories(60, SEED)


@pytest.mark.release
def test_many_random_histories() -> None:
    for seed in range(SEED, SEED + 20):
        check_stories(200, seed)


@pytest.mark.parametrize("name", generate.MIXES)
def test_generated_mixes(name: str) -> None:
    """The mixes that speed is measured on: the same integers, and nothing handed back."""
    table = next(iter(generate.generate(generate.Mix(name, 60, SEED), kernel())))
    columns, day = read_columns(table), generate.AS_OF.toordinal()
    found = compiled_figures(columns, day)
    assert found == plain_figures(columns, day)
    assert not any(one[figures.V_FAULT] for one in found)
    assert sum(one[figures.V_PAID_PRINCIPAL] for one in found) > 0


@pytest.mark.release
def test_a_helper_edited_in_another_file_changes_the_compiled_result(tmp_path: Path) -> None:
    """A stale cache would go on giving the old figure."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    script = (
        "from tests.batch.test_kernel import stories, compiled_figures, TermsTable, pack, with_terms, read_columns\n"
        "t = TermsTable(); c = read_columns(with_terms(pack(stories(5, 1), t), t))\n"
        "print(sum(one[1] for one in compiled_figures(c, 740000)))\n"
    )
    helper = tmp_path / "src/puhui/loans/domain/engine/schedule.py"
    shutil.copytree(ROOT / "tests/batch", tmp_path / "tests/batch")
    (tmp_path / "tests/__init__.py").touch()

    def run() -> int:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={"PYTHONPATH": f"{tmp_path}/src:{tmp_path}", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout.split()[-1])

    before = run()
    text = helper.read_text(encoding="utf-8")
    helper.write_text(text.replace("b.s[S_LENT] += amount", "b.s[S_LENT] += 2 * amount"), encoding="utf-8")
    assert before > 0 and run() == 2 * before
