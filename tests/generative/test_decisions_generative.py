"""Properties of every decision, on generated people: it replays, risk and only risk raises the price, nothing that a
month cannot bear is lent, and what is absent is not priced. A failing case prints its own seed (`@reproduce_failure`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.canonical import canonical_bytes
from puhui.core.rounding import Rounding
from puhui.core.trace import Outcome, TraceStep
from puhui.decisions.domain import Approved, Benefit, Declined, HouseLimits, Referred, decide, replay
from puhui.decisions.domain.asking import Finding
from puhui.decisions.domain.capacity import Terms, find_capacity, find_payments
from puhui.decisions.domain.codec import read_decision, read_input
from puhui.decisions.domain.policy import CreditPolicy
from puhui.decisions.domain.prices import highest_rate, is_rate_within_cap
from puhui.decisions.domain.quick import compile_scorecard
from puhui.decisions.domain.remember import ROOM, remember
from puhui.decisions.domain.score_step import compile_score_step
from puhui.decisions.domain.scorecard import Scorecard
from puhui.decisions.domain.tables import Table, Value
from puhui.products.domain import Method, affordable_principal, build_schedule
from tests.decisions_kit import ASKED, CLEAN, HOUSE, build_input, compiled, facts, product, rules, scorecard

STEP = product().amount_step_minor
columns = st.fixed_dictionaries(
    {
        "hit": st.sampled_from(["hit", "thin", "none", None]),
        "delinq_2yrs": st.none() | st.integers(0, 8),
        "inq_last_6mths": st.none() | st.integers(0, 6),
        "inq_last_12m": st.none() | st.integers(0, 18),
        "inq_fi": st.none() | st.integers(-1, 8),
        "acc_now_delinq": st.none() | st.sampled_from([0, 0, 0, 0, 1, 2]),
        "open_il_12m": st.none() | st.integers(0, 4),
        "open_il_24m": st.none() | st.integers(0, 7),
        "revol_util_permille": st.none() | st.integers(0, 1500),
        "all_util_percent": st.none() | st.integers(0, 200),
        "total_bal_il_minor": st.none() | st.integers(0, 40_000_000),
    }
)
requests = st.fixed_dictionaries(
    {
        "amount_minor": st.integers(5, 2000).map(lambda steps: steps * STEP),
        "months": st.sampled_from(product().terms),
        "income_minor": st.integers(1_00, 60_000_00),
        "rent_minor": st.integers(0, 8_000_00),
        "living_minor": st.integers(0, 8_000_00),
        "other_instalments_minor": st.integers(0, 6_000_00),
        "other_lenders": st.integers(1, 9),
    }
)


@settings(max_examples=150, deadline=None, print_blob=True)
@given(columns, requests)
def test_every_decision_replays_and_reads_back(seen: dict[str, Any], asked: dict[str, Any]) -> None:
    """G6: stored text → input → decision → the same text; reading and writing again changes no byte."""
    input = build_input(seen=facts(**{**dict.fromkeys(CLEAN), **seen}), **asked)
    input_text = canonical_bytes(input).decode()
    output_text = canonical_bytes(decide(input, rules=rules())).decode()
    again = replay(input_text=input_text, output_text=output_text, rules=rules())
    assert again.identical and again.same_evaluator and again.first_difference is None
    assert canonical_bytes(read_input(input_text)).decode() == input_text
    assert canonical_bytes(read_decision(output_text)).decode() == output_text


@settings(max_examples=200, deadline=None, print_blob=True)
@given(columns, requests)
def test_nothing_unaffordable_is_lent(seen: dict[str, Any], asked: dict[str, Any]) -> None:
    """G3, and the shape of every answer: bounds of the line, at most four reasons, helps that keep their word."""
    decision = decide(build_input(seen=facts(**{**dict.fromkeys(CLEAN), **seen}), **asked), rules=rules())
    verdict, month = decision.verdict, decision.affordability
    if isinstance(verdict, Approved):
        assert decision.instalment_minor <= month.affordable_minor
        assert asked["amount_minor"] <= verdict.limit_minor
    else:
        assert 1 <= len(verdict.reasons) <= 4
    if (line := decision.line) is not None:
        assert (
            product().amount_min_minor <= line.limit_minor <= HOUSE.line_max_minor
            and line.limit_minor % STEP == 0
        )
        for one in line.capacities:
            assert one.amount_minor <= line.limit_minor
            if one.amount_minor:
                highest = _payments(one.amount_minor, one.months, line.annual_rate_ppm)
                assert highest <= month.affordable_minor
    if isinstance(verdict, Declined):
        assert len(verdict.helps) <= 4 and verdict.no_helps
        for help in verdict.helps:
            assert not help.now or (decision.line and help.amount_minor <= decision.line.limit_minor)
            assert not help.now or help.instalment_minor <= month.affordable_minor
    if isinstance(verdict, Referred):
        assert decision.line is None
    assert is_rate_within_cap(decision.price.annual_rate_ppm, cap_ppm=240_000, basis="effective")


def _payments(amount: int, months: int, rate: int) -> int:
    rows = build_schedule(
        principal_minor=amount,
        annual_rate_ppm=rate,
        months=months,
        method=Method.EQUAL_INSTALMENT,
        value_date=date(2026, 11, 20),
    )
    return max(row.payment_minor for row in rows)


# Every feature of the shipped scorecard is riskier when it is higher.
RISKIER = {
    "inq_last_6mths": 6,
    "inq_fi": 8,
    "open_il_12m": 4,
    "open_il_24m": 7,
    "revol_util_permille": 1500,
    "all_util_percent": 200,
}


@settings(max_examples=200, deadline=None, print_blob=True)
@given(columns, st.sampled_from(sorted(RISKIER)), st.integers(0, 1500), st.integers(0, 1500), requests)
def test_more_risk_never_lowers_the_price(
    seen: dict[str, Any], name: str, low: int, high: int, asked: dict[str, Any]
) -> None:
    low, high = sorted((low % (RISKIER[name] + 1), high % (RISKIER[name] + 1)))
    clean = {**dict.fromkeys(CLEAN), **seen}
    safer = decide(build_input(seen=facts(**clean | {name: low}), **asked), rules=rules())
    riskier = decide(build_input(seen=facts(**clean | {name: high}), **asked), rules=rules())
    assert safer.pd_ppm <= riskier.pd_ppm
    assert safer.price.annual_rate_ppm <= riskier.price.annual_rate_ppm


@settings(max_examples=150, deadline=None, print_blob=True)
@given(columns, requests, st.sampled_from(sorted(RISKIER)))
def test_what_is_absent_scores_nothing(seen: dict[str, Any], asked: dict[str, Any], name: str) -> None:
    """G2: dropping a feature moves the points by exactly what it had given, and nothing else."""
    full = {**dict.fromkeys(CLEAN), **seen}
    before = decide(build_input(seen=facts(**full), **asked), rules=rules())
    after = decide(build_input(seen=facts(**full | {name: None}), **asked), rules=rules())
    steps = {one.step: one for one in next(s for s in before.trace if s.step == "score").children}
    feature = next(one.name for one in rules().policy.features if one.fact == f"bureau.{name}")
    given_points = int(steps[feature].value)
    assert after.points == before.points - given_points


@settings(max_examples=100, deadline=None, print_blob=True)
@given(columns, requests)
def test_what_she_says_never_moves_the_price(seen: dict[str, Any], asked: dict[str, Any]) -> None:
    """Income, spending, amount and term decide what fits; grade and price come from the file alone."""
    file = facts(**{**dict.fromkeys(CLEAN), **seen})
    one = decide(build_input(seen=file, **asked), rules=rules())
    other = decide(build_input(seen=file), rules=rules())
    assert (one.points, one.grade, one.price) == (other.points, other.grade, other.price)


@settings(max_examples=100, deadline=None, print_blob=True)
@given(columns, requests, st.integers(0, 300_000), st.integers(100_000, 240_000))
def test_benefits_and_caps_only_lower(
    seen: dict[str, Any], asked: dict[str, Any], off: int, cap: int
) -> None:
    file = facts(**{**dict.fromkeys(CLEAN), **seen})
    plain = decide(build_input(seen=file, **asked), rules=rules())
    house: HouseLimits = replace(HOUSE, cap_ppm=cap)
    benefit = Benefit(name="welcome", annual_rate_ppm=off)
    lower = decide(build_input(seen=file, house=house, benefits=(benefit,), **asked), rules=rules())
    assert 0 <= lower.price.annual_rate_ppm <= plain.price.annual_rate_ppm
    assert sum(part.annual_rate_ppm for part in lower.price.parts) == lower.price.annual_rate_ppm
    assert is_rate_within_cap(lower.price.annual_rate_ppm, cap_ppm=cap, basis="effective")


@settings(max_examples=100, deadline=None, print_blob=True)
@given(st.integers(0, 400_000), st.sampled_from(["effective", "nominal"]))
def test_the_highest_rate_stands_at_the_cap(cap: int, basis: str) -> None:
    """Inside, on and outside: the highest hundredth of a percent keeps the cap, the next one does not."""
    highest = highest_rate(cap_ppm=cap, basis=basis)
    assert is_rate_within_cap(highest, cap_ppm=cap, basis=basis)
    assert not is_rate_within_cap(highest + 100, cap_ppm=cap, basis=basis)


@settings(max_examples=300, deadline=None, print_blob=True)
@given(
    st.integers(1_00, 20_000_00),
    st.integers(1, 60),
    st.integers(0, 400_000),
    st.integers(0, 20_00),
    st.sampled_from([Rounding.HALF_EVEN, Rounding.UP, Rounding.DOWN]),
    st.sampled_from([1, 100, 100_00]),
)
def test_capacity_is_the_products_own(
    payment: int, months: int, rate: int, fee: int, rounding: Rounding, step: int
) -> None:
    """Differential: never less than `products.affordable_principal`, and its own schedule fits the payment."""
    terms = Terms(
        annual_rate_ppm=rate, step_minor=step, max_minor=200_000_00, fee_minor=fee, rounding=rounding
    )
    found = find_capacity(payment, months=months, terms=terms).amount_minor
    slow = affordable_principal(
        payment_minor=payment,
        annual_rate_ppm=rate,
        months=months,
        method=Method.EQUAL_INSTALMENT,
        max_minor=200_000_00,
        step_minor=step,
        fee_minor=fee,
        rounding=rounding,
    )
    assert found >= slow and found % step == 0
    # The last instalment may rise and fall from one fen to the next, so a halving search can stop below; not by steps.
    assert step < 100_00 or found - slow <= step
    if found:
        rows = build_schedule(
            principal_minor=found,
            annual_rate_ppm=rate,
            months=months,
            method=Method.EQUAL_INSTALMENT,
            value_date=date(2001, 1, 1),
            fee_minor=fee,
            rounding=rounding,
        )
        assert max(row.payment_minor for row in rows) <= payment
        payments = find_payments(found, months=months, terms=terms)
        assert payments.level_minor == rows[0].payment_minor
        assert payments.last_minor == rows[-1].payment_minor
        assert payments.total_minor == sum(row.payment_minor for row in rows)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(columns, st.integers(0, 1_000_000), st.sampled_from("ABCDEF"), st.integers(0, 6_000_00))
def test_generated_python_says_what_the_tables_say(
    seen: dict[str, Any], pd: int, grade: str, others: int
) -> None:
    """Differential: the compiled evaluator against the conditions read row by row."""
    policy = compiled()
    values: dict[str, Value] = {f"bureau.{name}": value for name, value in seen.items()}
    values |= {"score.pd_ppm": pd, "grade.grade": grade, "application.other_instalments_minor": others}
    for table in policy.tables.values():
        hits = [
            number
            for number, row in enumerate(table.rows)
            if all(row.conditions[name].holds(values[name]) for name in table.inputs)
        ]
        found = policy.evaluators[table.name](values)
        assert found == (hits if table.kind == "collect" else hits[0])
        _check_ask(policy, table, values, hits)


def _check_ask(policy: CreditPolicy, table: Table, values: dict[str, Value], hits: list[int]) -> None:
    """What a decision is told of a table: its outputs, findings and step say the rows that apply, and nothing else."""
    known, trace, findings = dict(values), list[TraceStep](), list[Finding]()
    policy.asks[table.name](known, trace, findings)
    rows = [table.rows[number] for number in hits]
    [step] = trace
    assert (step.step, step.version) == (table.name, f"{policy.id} {policy.version}")
    if table.kind != "collect":
        assert known == values | rows[0].given and not findings and not step.children
        assert step.because == {name: values[name] for name in table.inputs} | {"row": rows[0].id}
        assert (step.value, step.outcome) == (
            ", ".join(str(one) for one in rows[0].outputs.values()),
            Outcome.PASSED,
        )
        return
    assert known == values and step.value == str(len(rows)) and step.because == {"rules": len(table.rows)}
    assert step.outcome is (Outcome.REFUSED if rows else Outcome.NOT_TRIGGERED)
    assert [(one.step, one.value, one.because, one.outcome) for one in step.children] == [
        (row.id, row.outputs["reason"], {name: values[name] for name in row.written}, Outcome.REFUSED)
        for row in rows
    ]
    assert [(one.reason.code, one.reason.rule, one.verdict, one.help) for one in findings] == [
        (row.outputs["reason"], f"{table.name}.{row.id}", row.outputs["verdict"], row.outputs["help"])
        for row in rows
    ]


@settings(max_examples=100, deadline=None, print_blob=True)
@given(st.dictionaries(st.sampled_from([one.name for one in scorecard().features]), st.integers(-10, 3000)))
def test_a_score_is_the_sum_of_its_table(values: dict[str, int]) -> None:
    score = scorecard().evaluate(values)
    expected = scorecard().base_points
    for feature in scorecard().features:
        if feature.name in values:
            place = sum(1 for cut in feature.cuts if values[feature.name] >= cut)
            expected += feature.points[place]
    assert score.points == expected and score.pd_ppm == scorecard().pd_of(expected)
    assert len(score.reasons) <= 4 and ASKED.currency == "CNY"


def _of_every_kind() -> Scorecard:
    """The shipped scorecard with special values, a feature of words, one that prices silence, and one of wide cuts."""
    first, second, third, fourth, *rest = scorecard().features
    made = (
        replace(first, special={-1: -7, 5: 3}),
        replace(second, cuts=(), points=(), categories={"a": -4, "b": 6}, best_points=6),
        replace(third, absent_points=-2),
        replace(fourth, cuts=(0, 1000, 100_000), points=(-9, -1, 0, 4), special={7: -3}, best_points=4),
        *rest,
    )
    return replace(scorecard(), features=made)


CARDS = [scorecard(), _of_every_kind(), replace(scorecard(), features=scorecard().features[:2])]
NAMES = [one.name for one in scorecard().features]


@settings(max_examples=150, deadline=None, print_blob=True)
@given(
    st.sampled_from(CARDS),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.integers(-10, 20) | st.integers(-10, 150_000) | st.sampled_from([None, "a", "b", "c"]),
    ),
)
def test_the_compiled_score_says_what_the_scorecard_says(
    card: Scorecard, values: dict[str, int | str | None]
) -> None:
    """Differential: points, reasons and every line of the trace against the plain evaluation."""
    names = {one.name: f"bureau.{one.name}" for one in card.features}
    step = compile_score_step(card, facts=names, version="card 1")
    points, steps, absent, reasons = step({fact: values.get(name) for name, fact in names.items()})
    score = card.evaluate(values)
    assert (points, reasons) == (score.points, score.reasons)
    assert compile_scorecard(card)(values) == (score.points, score.pd_ppm, score.reasons)
    assert absent == sum(one.value is None for one in score.contributions)
    assert steps == tuple(
        TraceStep(
            step=one.name,
            value=f"{one.points:+d}",
            because={"value": one.value, "lost_points": one.lost_points, "reason": one.reason},
            version="card 1",
            outcome=Outcome.NOT_TRIGGERED if one.value is None else Outcome.PASSED,
        )
        for one in score.contributions
    )


def test_a_table_remembers_no_more_than_it_has_room_for() -> None:
    asked: list[object] = []

    def find(value: int | str | None) -> str:
        asked.append(value)
        return f"of {value}"

    table = remember(find)
    assert [table[3], table[None], table[3]] == ["of 3", "of None", "of 3"] and asked == [3, None]
    for value in range(ROOM + 5):
        assert table[value] == f"of {value}"
    assert len(table) == ROOM and table[ROOM + 4] == f"of {ROOM + 4}" and len(asked) == ROOM + 7
