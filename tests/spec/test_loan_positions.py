"""What a loan means on a date, drawn as tables: 20,000.00 at 14.40 % over 12 months from 20 November 2026, 8.00 of
third party's fee with each instalment (1,807.51 a month), 0.05 % a day on late principal. Amounts in yuan.
"""

from __future__ import annotations

from datetime import date

import pytest

from puhui.loans.domain import LoanEvent, LoanState, Position, plan, position
from tests.golden import loan_values as values
from tests.spec.loan_tables import events_of, read, yuan

TERMS = values.terms()
PAID_OUT = "2026-11-20 | disburse | 20000.00 | -"


def story(rows: str) -> list[LoanEvent]:
    return events_of(TERMS, f"date | what | amount | note\n{PAID_OUT}\n{rows}")


def expect(events: list[LoanEvent], drawing: str) -> None:
    """Each row of the drawing is a date and the figures that must hold on it."""
    for row in read(drawing):
        found = position(terms=TERMS, events=events, as_of=date.fromisoformat(row.pop("as of")))
        told = {name: _tell(found, name) for name in row}
        assert told == {
            name: yuan(cell) if name not in {"state", "days"} else cell for name, cell in row.items()
        }, found.as_of


def _tell(found: Position, name: str) -> int | str:
    first_open = next((row for row in found.rows if row.open_minor), None)
    figures: dict[str, int | str] = {
        "due": found.due_minor,
        "late": found.late_minor,
        "penalty": found.penalty_outstanding_minor,
        "payoff": found.payoff_minor,
        "principal": found.principal_outstanding_minor,
        "credit": found.credit_minor,
        "next": found.next_due_minor,
        "withdraw": found.withdrawal_minor or 0,
        "instalment": first_open.payment_minor if first_open else 0,
        "last": found.rows[-1].payment_minor,
        "state": found.state.value,
        "days": str(found.dpd_days or ""),
    }
    return figures[name]


def test_paid_on_its_day() -> None:
    """Interest grows by the day; the fee is owed with its instalment, not before."""
    expect(
        story("2026-12-20 | repay | 1807.51 | -"),
        """
        as of      | due     | payoff   | principal | next    | state
        2026-11-20 | -       | 20000.00 | 20000.00  | 1807.51 | active
        2026-11-21 | -       | 20008.00 | 20000.00  | 1807.51 | active
        2026-12-19 | -       | 20232.00 | 20000.00  | 1807.51 | active
        2026-12-20 | -       | 18440.49 | 18440.49  | 1807.51 | active
        2026-12-21 | -       | 18447.63 | 18440.49  | 1807.51 | active
        """,
    )


def test_due_today_is_not_late() -> None:
    expect(
        story(""),
        """
        as of      | due     | late    | penalty | days | payoff
        2026-12-20 | 1807.51 | -       | -       |      | 20248.00
        2026-12-21 | 1808.29 | 1808.29 | 0.78    | 1    | 20255.92
        2026-12-30 | 1815.31 | 1815.31 | 7.80    | 10   | 20327.18
        """,
    )


def test_late_principal_bears_the_penalty_and_nothing_else() -> None:
    """0.05 % a day of 1,559.51 from the day after the due date until the day it is paid; interest stays as scheduled."""
    expect(
        story("2026-12-30 | repay | 1815.31 | -"),
        """
        as of      | due | penalty | payoff   | next
        2026-12-30 | -   | -       | 18511.87 | 1807.51
        2027-01-19 | -   | -       | 18654.64 | 1807.51
        """,
    )


def test_a_part_goes_to_penalty_fee_interest_principal() -> None:
    """On 30 December 255.80 settles penalty 7.80, fee 8.00 and interest 240.00; one yuan more is principal."""
    found = position(terms=TERMS, events=story("2026-12-30 | repay | 256.80 | -"), as_of=date(2026, 12, 30))
    [one] = found.allocations
    parts = (one.penalty_minor, one.fee_minor, one.interest_minor, one.principal_minor, one.credit_minor)
    assert parts == (7_80, 8_00, 240_00, 1_00, 0)


def test_the_oldest_instalment_first() -> None:
    events = story("2027-01-25 | repay | 2000.00 | -")
    found = position(terms=TERMS, events=events, as_of=date(2027, 1, 25))
    assert found.rows[0].open_minor == 0 and found.rows[0].paid_on == date(2027, 1, 25)
    assert found.rows[0].penalty_minor == 28_07  # 36 days of 1,559.51
    assert found.rows[1].paid_minor == 2_000_00 - 1_807_51 - 28_07
    assert found.rows[1].penalty_minor == 3_95  # 5 days of 1,578.22
    assert found.dpd_days == 5


def test_beyond_what_is_due() -> None:
    """A repay goes no further than it means to: the running instalment, or the one asked for; the rest is a credit."""
    expect(
        story("2026-12-10 | repay | 2000.00 | -"),
        """
        as of      | due | credit | principal | payoff
        2026-12-10 | -   | 192.49 | 18440.49  | 18352.49
        2026-12-20 | -   | 192.49 | 18440.49  | 18440.49
        """,
    )
    expect(
        story("2026-12-10 | repay | 2000.00 | through 2"),
        """
        as of      | due     | credit
        2026-12-10 | -       | -
        2027-01-20 | 1615.02 | -
        """,
    )


def test_prepay_levels_again() -> None:
    """5,000.00 on 20 January after the instalment: ten instalments stay on their days, each lower."""
    expect(
        story(
            """
            2026-12-20 | repay  | 1807.51 | -
            2027-01-20 | repay  | 1807.51 | -
            2027-01-20 | prepay | 5000.00 | -
            """
        ),
        """
        as of      | principal | next    | last    | payoff
        2027-01-20 | 11862.27  | 1273.92 | 1273.90 | 11862.27
        2027-01-21 | 11862.27  | 1273.92 | 1273.90 | 11866.86
        """,
    )


def test_prepay_inside_a_period_keeps_its_interest_so_far() -> None:
    """5,000.00 on 5 December, 15 of 30 days in: 120.00 of interest so far is kept, the other half is on 15,000."""
    events = story("2026-12-05 | prepay | 5000.00 | -")
    before = position(terms=TERMS, events=events[:1], as_of=date(2026, 12, 5))
    found = position(terms=TERMS, events=events, as_of=date(2026, 12, 5))
    assert before.payoff_minor - found.payoff_minor == 5_000_00
    assert found.interest_accrued_minor == 120_00
    assert found.rows[0].interest_minor == 120_00 + 90_00
    assert [row.due_date for row in found.rows] == [row.due_date for row in TERMS.rows]


def test_prepay_pays_what_is_due_first() -> None:
    events = story("2026-12-25 | prepay | 3000.00 | -")
    found = position(terms=TERMS, events=events, as_of=date(2026, 12, 25))
    [one] = found.allocations
    assert (one.penalty_minor, one.fee_minor, one.interest_minor) == (3_90, 8_00, 240_00)
    assert one.principal_minor == 3_000_00 - 251_90
    assert found.due_minor == 0 and found.rows[1].prepaid_minor == 3_000_00 - 1_811_41


@pytest.mark.parametrize(
    ("day", "payoff", "interest"),
    [
        ("2026-11-20", "20000.00", "0.00"),  # the day of the payout
        ("2026-12-05", "20120.00", "120.00"),  # half way through the first period
        ("2026-12-20", "20248.00", "240.00"),  # on a due date: its fee is owed, the next ones are not
        (
            "2027-01-05",
            "20374.69",
            "354.21",
        ),  # 16 days after an unpaid due date: 12.48 penalty, 16/31 of 221.29
    ],
)
def test_payoff(day: str, payoff: str, interest: str) -> None:
    events = story(f"{day} | payoff | {payoff} | -")
    found = position(terms=TERMS, events=events, as_of=date.fromisoformat(day))
    assert found.state is LoanState.CLOSED and found.closed_on == date.fromisoformat(day)
    assert found.paid_interest_minor == yuan(interest) and found.credit_minor == 0
    later = position(terms=TERMS, events=events, as_of=date(2028, 1, 1))
    assert later.payoff_minor == later.due_minor == later.payments_left == 0


def test_what_was_paid_ahead_lowers_the_payoff() -> None:
    """Interest counts to the payoff's day: 1,807.51 on 25 November and the rest on 30 November cost 80.00 in all."""
    events = story("2026-11-25 | repay | 1807.51 | -")
    assert position(terms=TERMS, events=events, as_of=date(2026, 11, 30)).payoff_minor == 20_080_00 - 1_807_51


def test_withdraw() -> None:
    """Within 14 days after the payout, the last one inclusive: principal and the interest of the days, nothing else."""
    expect(
        story(""),
        """
        as of      | withdraw
        2026-11-20 | 20000.00
        2026-12-04 | 20112.00
        2026-12-05 | -
        """,
    )
    expect(
        story("2026-12-04 | withdraw | 20112.00 | -"),
        """
        as of      | state     | payoff | principal
        2026-12-04 | withdrawn | -      | -
        2027-12-04 | withdrawn | -      | -
        """,
    )


def test_reverse() -> None:
    """A reversed payment never happened: the instalment is late from its due date."""
    expect(
        story(
            """
            2026-12-20 | repay   | 1807.51 | -
            2026-12-20 | reverse | -       | of 2
            """
        ),
        """
        as of      | due     | days | penalty
        2026-12-21 | 1808.29 | 1    | 0.78
        """,
    )


def test_freeze() -> None:
    """Asked on 5 January, frozen for 14 days: 15 days count before, none inside, and they count on from the 19th."""
    expect(
        story("2027-01-05 | penalty_freeze | - | until 2027-01-19"),
        """
        as of      | penalty | days
        2027-01-04 | 11.70   | 15
        2027-01-05 | 11.70   | 16
        2027-01-18 | 11.70   | 29
        2027-01-19 | 12.48   | 30
        2027-01-20 | 13.26   | 31
        """,
    )
    expect(
        story(
            """
            2027-01-05 | penalty_freeze | - | until 2027-01-19
            2027-01-10 | penalty_thaw   | - | -
            """
        ),
        """
        as of      | penalty
        2027-01-09 | 11.70
        2027-01-10 | 12.48
        """,
    )


def test_buckets() -> None:
    days = {
        "2026-12-20": "M0",
        "2026-12-21": "M1",
        "2027-01-19": "M1",
        "2027-01-20": "M2",
        "2027-07-01": "M6+",
    }
    for day, bucket in days.items():
        assert position(terms=TERMS, events=story(""), as_of=date.fromisoformat(day)).bucket == bucket, day


def test_paid_to_the_end() -> None:
    rows = "\n".join(f"{row.due_date} | repay | 1807.51 | -" for row in TERMS.rows)
    found = position(terms=TERMS, events=story(rows), as_of=date(2027, 11, 20))
    assert found.state is LoanState.CLOSED and found.credit_minor == 0
    assert (found.paid_minor, found.paid_interest_minor, found.paid_fee_minor) == (21_690_12, 1_594_12, 96_00)


def test_a_late_payment_after_the_payoff_is_a_credit() -> None:
    """Nothing that has arrived is lost, even where the checks would have refused it."""
    events = story("2026-12-05 | payoff | 20120.00 | -\n2026-12-06 | repay | 100.00 | -")
    assert position(terms=TERMS, events=events, as_of=date(2026, 12, 6)).credit_minor == 100_00


def test_never_paid_out() -> None:
    pending = position(terms=TERMS, events=[], as_of=date(2026, 12, 1))
    assert pending.state is LoanState.PENDING and pending.payoff_minor == 0
    for rows in ("2026-11-21 | disburse_returned | 20000.00 | -",):
        back = position(terms=TERMS, events=story(rows), as_of=date(2026, 12, 1))
        assert back.state is LoanState.CANCELLED
        assert back.payoff_minor == back.principal_outstanding_minor == back.disbursed_minor == 0
        assert back.next_due_date is None and back.payments_left == 0
    cancelled = events_of(TERMS, "date | what | amount | note\n2026-11-21 | cancel | - | -")
    assert position(terms=TERMS, events=cancelled, as_of=date(2026, 12, 1)).state is LoanState.CANCELLED


def test_the_future_of_mock_up_07() -> None:
    """On 8 March 2027 with three instalments paid, 20 June shows where she will stand if each is paid on its day."""
    rows = "\n".join(f"{row.due_date} | repay | 1807.51 | -" for row in TERMS.rows[:3])
    found = plan(terms=TERMS, events=story(rows), today=date(2027, 3, 8), as_of=date(2027, 6, 20))
    assert found.payoff_minor == 8_682_49 and found.paid_principal_minor == 11_317_51
    assert (found.next_due_date, found.next_due_minor) == (date(2027, 7, 20), 1_807_51)
    assert found.paid_interest_minor == 1_279_06 and found.payments_left == 5
    assert found.payoff_saves_minor == 355_06
    assert [row.state.value for row in found.rows] == ["paid"] * 3 + ["planned"] * 4 + ["due"] * 5
    assert [row.balance_minor for row in found.rows[2:9]] == [
        15_265_11,
        13_648_78,
        12_013_06,
        10_357_71,
        8_682_49,
        6_987_17,
        5_271_51,
    ]
