"""The policy compiler: what cannot be proved does not compile, and the message names file, table, row and line."""

from __future__ import annotations

import pytest

from puhui.decisions.domain.conditions import ConditionInvalid, parse_condition, parse_type
from puhui.decisions.domain.policy import compile_policy
from puhui.decisions.domain.prices import parse_prices
from puhui.decisions.domain.reason_texts import fill, parse_reason_texts
from puhui.decisions.domain.rules import bind_rules
from puhui.decisions.domain.scorecard import Scorecard
from puhui.protection.domain.strict import PolicyInvalid
from tests.decisions_kit import (
    POLICY_TEXT,
    PRICES_TEXT,
    REASONS_TEXT,
    compiled,
    prices,
    reasons,
    rules,
    scorecard,
)

FILE = "credit/2025-01-01.toml"
ROW_B = '  { id = "b", when = { "score.pd_ppm" = ">= 22_000, < 32_000" }, then = { grade = "B" } },\n'


def refused(old: str, new: str) -> str:
    assert old in POLICY_TEXT, f"the shipped policy no longer holds {old!r}"
    with pytest.raises(PolicyInvalid) as caught:
        compiled(POLICY_TEXT.replace(old, new, 1), FILE)
    assert str(caught.value).startswith(FILE)
    return str(caught.value)


def test_the_shipped_policy_compiles_and_fits() -> None:
    policy = rules().policy
    assert policy.version == "2025-01-01" and set(policy.tables) == {"grade", "stops", "budget"}
    assert "def table_grade(v):" in policy.source and policy.source == compiled().source


# what is planted | what it becomes | what the message must say
PLANTED = [
    ("gap", ROW_B, "", "table grade: gap, no row for score.pd_ppm = 22000"),
    ("overlap", ">= 22_000, < 32_000", ">= 21_000, < 32_000", "table grade, rows a and b: overlap at score.pd_ppm = 21000"),
    ("gap for an absent fact", '  { id = "silent"', '  # { id = "silent"', "table budget: gap, no row for bureau.hit = missing"),
    ("empty row", ">= 90_000", ">= 90_000, < 80_000", "row f: score.pd_ppm: '>= 90_000, < 80_000': nothing satisfies it"),
    ("unknown field", 'kind = "unique"\n', 'kind = "unique"\ncolour = "red"\n', "unknown field colour"),
    ("unknown field in a row", '{ id = "a", when', '{ id = "a", note = "x", when', "table grade, row a: unknown field note"),
    ("unknown field in an output", 'then = { grade = "A" }', 'then = { grade = "A", rate = 1 }', "row a, then: unknown field rate"),
    ("missing output", 'then = { grade = "A" }', "then = { }", "table grade, row a, then: grade is missing"),
    ("output of another type", 'then = { grade = "A" }', "then = { grade = 1 }", "grade is 1, not a text"),
    ("output outside its type", 'then = { grade = "A" }', 'then = { grade = "Z" }', "grade is 'Z', outside its type"),
    ("amount outside its type", "limit_minor = 10_000_000", "limit_minor = 90_000_000", "limit_minor is 90000000, outside its type"),
    ("condition on a stranger", '"score.pd_ppm" = "< 22_000"', '"score.points" = "> 600"', "'score.points' is not one of the table's inputs"),
    ("condition outside the type", "< 22_000", "< 22_000_000", "22000000 is outside 0..1000000"),
    ("condition that is prose", "< 22_000", "low", "'low' is no comparison"),
    ("missing where never missing", "< 22_000", "missing | < 22_000", "never missing"),
    ("choice that is none", '"bureau.hit" = "none"', '"bureau.hit" = "nobody"', "'nobody' is not one of hit, thin, none"),
    ("input that nobody knows", 'inputs = ["score.pd_ppm"]', 'inputs = ["score.pd_pmm"]', "'score.pd_pmm' is not a fact"),
    ("reason without words", 'reason = "LATE_OFTEN"', 'reason = "LATE_OFTTEN"', "'LATE_OFTTEN' has no text"),
    ("help without words", 'help = "HELP_TIME"', 'help = "HELP_TIM"', "'HELP_TIM' has no text"),
    ("verdict of its own", 'verdict = "decline", reason = "LATE_OFTEN"', 'verdict = "approve", reason = "LATE_OFTEN"', "verdict is 'approve'"),
    ("one reason twice", '"bureau.delinq_2yrs" = ">= 6" }, then = { verdict = "decline", reason = "LATE_OFTEN"',
     '"bureau.delinq_2yrs" = ">= 6" }, then = { verdict = "decline", reason = "LATE_ELSEWHERE"', "they give one reason"),
    ("two rows of one id", 'id = "late_often"', 'id = "late_now"', "two rows have one id"),
    ("row id that is code", 'id = "late_often"', 'id = "x\\n    return 0"', "is no id"),
    ("table name that is code", 'name = "grade"\nkind', 'name = "grade(v): pass #"\nkind', "is no name"),
    ("unknown kind", 'kind = "collect"', 'kind = "any"', "kind is 'any'"),
    ("two tables of one name", 'name = "stops"', 'name = "grade"', "the name 'grade' is taken"),
    ("step left out", '"capacity", "budget", "limit"', '"capacity", "limit"', "flow leaves out 'budget'"),
    ("step unknown", '"facts", "score"', '"facts", "luck", "score"', "flow names 'luck'"),
    ("step too early", '"score", "grade", "stops", "price"', '"price", "score", "grade", "stops"', "price reads grade.grade"),
    ("table too early", '"facts", "score", "grade"', '"facts", "grade", "score"', "grade reads score.pd_ppm"),
    ("verdict not last", '"limit", "verdict"]', '"verdict", "limit"]', "begin with facts and end with verdict"),
    ("feature without its fact", 'fact = "bureau.inq_fi"', 'fact = "bureau.inq"', "'bureau.inq' is not declared"),
    ("feature of a word", 'fact = "bureau.inq_fi"', 'fact = "bureau.hit"', "is no integer"),
    ("feature twice", 'name = "inq_fi"', 'name = "all_util"', "named twice"),
    ("improvable stranger", '"inq_fi", "open', '"age", "open', "improvable names 'age'"),
    ("type that is none", '"integer 0..1000"', '"number"', "is no type"),
    ("type turned round", '"integer 0..1000"', '"integer 9..1"', "is no type"),
    ("date and name differ", 'version = "2025-01-01"', 'version = "2025-01-02"', "must be one day"),
    ("a field is missing", "line_days = 365\n", "", "line_days is missing"),
    ("a field of another type", "line_days = 365", 'line_days = "365"', "line_days is '365', not an integer"),
    ("true is no number", "line_days = 365", "line_days = true", "line_days is True"),
    ("unknown head field", "line_days = 365", "line_days = 365\ncolour = 1", "unknown field colour"),
    ("not TOML", "[policy]", "[policy", "not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says"), [one[1:] for one in PLANTED], ids=[one[0] for one in PLANTED]
)
def test_a_planted_fault_is_refused(old: str, new: str, says: str) -> None:
    assert says in refused(old, new)


def test_an_unreachable_row_is_refused() -> None:
    """`first` lets earlier rows take cases away; a row that is left with none is an error."""
    table = 'name = "grade"\nkind = "unique"'
    text = POLICY_TEXT.replace(table, table.replace("unique", "first"), 1)
    assert compiled(text, FILE).tables["grade"].kind == "first"
    covered = text.replace('"< 22_000"', '"< 32_000"', 1)
    with pytest.raises(PolicyInvalid, match="table grade, row b: unreachable"):
        compiled(covered, FILE)


def test_the_line_of_the_table_is_named() -> None:
    line = POLICY_TEXT.splitlines().index('name = "grade"')  # the [[table]] above it, counted from 1
    assert refused(ROW_B, "").startswith(f"{FILE}:{line}:")


def test_a_risky_grade_may_not_be_cheaper() -> None:
    text = (
        POLICY_TEXT.replace('then = { grade = "E" }', 'then = { grade = "X" }')
        .replace("choice A B C D E F", "choice A B C D X F")
        .replace('"E | F"', '"X | F"')
        .replace('"grade.grade" = "E"', '"grade.grade" = "X"')
    )
    with pytest.raises(PolicyInvalid, match="grade 'X' has no price"):
        bind_rules(compiled(text), model=scorecard(), prices=prices(), evaluator_sha256="e")
    swapped = POLICY_TEXT.replace('then = { grade = "E" }', 'then = { grade = "@" }').replace(
        'then = { grade = "C" }', 'then = { grade = "E" }'
    ).replace('then = { grade = "@" }', 'then = { grade = "C" }')  # fmt: skip
    with pytest.raises(PolicyInvalid, match="risk rises and the price falls"):
        bind_rules(compiled(swapped), model=scorecard(), prices=prices(), evaluator_sha256="e")


def test_a_risky_grade_may_not_get_more() -> None:
    text = POLICY_TEXT.replace("limit_minor = 600_000, reason", "limit_minor = 1_300_000, reason", 1)
    with pytest.raises(PolicyInvalid, match="grade F gets more than a safer grade"):
        bind_rules(compiled(text), model=scorecard(), prices=prices(), evaluator_sha256="e")


def test_texts_that_do_not_fit_are_refused() -> None:
    def bound(text: str, model: Scorecard | None = None) -> None:
        bind_rules(compiled(text), model=model or scorecard(), prices=prices(), evaluator_sha256="e")

    with pytest.raises(PolicyInvalid, match="with that hash is not the scorecard"):
        bound(POLICY_TEXT.replace('model_sha256 = "', 'model_sha256 = "0', 1))
    with pytest.raises(PolicyInvalid, match="'revol_util' has 1 decimals in the scorecard"):
        bound(POLICY_TEXT.replace("decimals = 1", "decimals = 0", 1))
    with pytest.raises(PolicyInvalid, match="is not run by this release"):
        bound(POLICY_TEXT.replace("semantics_version = 1", "semantics_version = 2", 1))
    with pytest.raises(PolicyInvalid, match="prices are of CN"):
        bound(POLICY_TEXT.replace('jurisdiction = "CN"', 'jurisdiction = "EU"', 1))
    gone = POLICY_TEXT.replace('name = "inq_fi"', 'name = "inq_other"').replace('"inq_fi", "open', '"open')
    with pytest.raises(PolicyInvalid, match="the scorecard reads 'inq_fi'"):
        bound(gone)


# condition | type | values that satisfy it | values that do not
CONDITIONS = [
    (">= 3, < 5", "integer 0..9", [3, 4], [2, 5, None]),
    ("= 0", "integer 0..9", [0], [1, None]),
    ("missing | >= 6", "integer 0..9", [None, 6, 9], [5]),
    ("<= 1 | >= 8", "integer 0..9", [0, 1, 8], [2, 7, None]),
    ("a | c", "choice a b c", ["a", "c"], ["b", None]),
    ("missing", "choice a b c", [None], ["a"]),
    ("> -5", "integer -9..9", [-4, 9], [-5]),
]


@pytest.mark.parametrize(("text", "type", "inside", "outside"), CONDITIONS)
def test_conditions_read_as_they_are_written(
    text: str, type: str, inside: list[object], outside: list[object]
) -> None:
    found = parse_condition(text, type=parse_type(type, may_be_missing=True))
    assert all(found.holds(one) for one in inside) and not any(found.holds(one) for one in outside)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "3", ">= 3 and < 5", "> 9", "<> 3", ">= 3,", "= 1.5", "a"])
def test_conditions_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ConditionInvalid):
        parse_condition(text, type=parse_type("integer 0..9", may_be_missing=True))


# --- prices ---


def test_prices_add_up_and_rise() -> None:
    rows = prices().grades
    assert [(row.grade, row.annual_rate_ppm) for row in rows] == [
        ("A", 112_000), ("B", 126_000), ("C", 144_000), ("D", 165_000), ("E", 191_000), ("F", 205_000),
    ]  # fmt: skip
    assert all(sum(part.annual_rate_ppm for part in row.parts) == row.annual_rate_ppm for row in rows)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "expected_loss_ppm = 34_000",
            "expected_loss_ppm = 19_000",
            "row B|B: costs less than the safer grade A",
        ),
        ("margin_ppm = 0", "margin_ppm = -1", "margin_ppm is negative"),
        ("margin_ppm = 0", "margin_ppm = 30_000", "above the cap of 240000 ppm (effective)"),
        ("margin_ppm = 0", "", "margin_ppm is missing"),
        ("margin_ppm = 0", "margin_ppm = 0\nluck_ppm = 1", "unknown field luck_ppm"),
        ("margin_ppm = 0", "margin_ppm = 0.5", "margin_ppm is 0.5, not an integer"),
        ('name = "B"', 'name = "A"', "named twice"),
        ('cap_basis = "effective"', 'cap_basis = "simple"', "cap_basis is 'simple'"),
    ],
)
def test_spoiled_prices_are_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_prices(PRICES_TEXT.replace(old, new, 1), file="prices/2026-07-01.toml")
    assert any(one in str(caught.value) for one in says.split("|"))


def test_a_safer_grade_may_not_expect_more_loss() -> None:
    text = PRICES_TEXT.replace("expected_loss_ppm = 52_000", "expected_loss_ppm = 33_000").replace(
        "margin_ppm = 18_000", "margin_ppm = 40_000"
    )
    with pytest.raises(PolicyInvalid, match=r"costs less|expects less loss"):
        parse_prices(text, file="prices/2026-07-01.toml")


# --- reason texts ---


def test_every_text_has_both_languages_and_the_same_figures() -> None:
    for one in reasons().texts.values():
        shown = fill(one.en, {name: 7 for name in one.figures}, write=lambda name, value: f"<{value}>")
        assert "{" not in shown and one.title_zh and one.zh


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('code = "HELP_TIME"', 'code = "HELP_CURE_LATE"', "named twice"),
        ('code = "HELP_TIME"', 'code = "help_time"', "in capitals"),
        ('figures = ["acc_now_delinq"]', "figures = []", "is no declared figure"),
        ("近两年有 {delinq_2yrs} 次", "近两年多次", "name different figures"),
        ('kind = "no_help"', 'kind = "hint"', "kind is 'hint'"),
        ("valid_from = 2026-11-01", "valid_from = 2026-11-02", "must be one day"),
    ],
)
def test_spoiled_texts_are_refused(old: str, new: str, says: str) -> None:
    assert old in REASONS_TEXT
    with pytest.raises(PolicyInvalid, match=says):
        parse_reason_texts(REASONS_TEXT.replace(old, new, 1), file="reasons-2026-11-01.toml")


def test_a_code_of_the_evaluator_without_words_is_refused() -> None:
    codes = frozenset(reasons().texts) - {"AFFORD_INSTALMENT"}
    with pytest.raises(PolicyInvalid, match="AFFORD_INSTALMENT has no text"):
        compile_policy(POLICY_TEXT, file=FILE, reason_codes=codes)
