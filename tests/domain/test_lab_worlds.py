"""World files are read strictly, chance is common to all arms, and nothing latent reaches a policy or a log."""

from __future__ import annotations

import inspect
import os
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from puhui.journeys.remind import INVITE_DAY
from puhui.journeys.remind import LATE_DAYS as SENT_ON
from puhui.lab import observed
from puhui.lab.observed import COLUMNS, EVENTS, Acts, Asked, EventLog, Seen
from puhui.lab.policies.arms import LATE_DAYS, OFFER_DAY, NoAction, Relief, Reminders
from puhui.lab.simulate.pool import PolicyUnknown, WorkersLost, make_policy
from puhui.lab.simulate.report import CLAIMED, difference, render
from puhui.lab.simulate.run import ARMS, ORACLE, Tables, run
from puhui.lab.simulate.statistics import paired
from puhui.lab.worlds.engine import simulate_cohort
from puhui.lab.worlds.households import Households, make_cohort, make_steps
from puhui.lab.worlds.mechanisms import Form
from puhui.lab.worlds.reader import WorldInvalid
from puhui.lab.worlds.values import KINDS, parse_world, read_world
from tests.worlds_kit import NAMES, SEED, WORLDS, tables, world

FORMS = {
    "fixed": Form(
        does=lambda chance, given: np.full_like(chance, given["months"]), figures={"months": (0, 9)}
    )
}


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_shipped_world_has_a_source(name: str) -> None:
    read = read_world(WORLDS / f"{name}.toml")
    assert len(read.figures) > 90
    assert all(one.source.strip() for one in read.figures)
    assert any("assumed" not in one.source for one in read.figures), "some figures have a source"


def test_the_shipped_worlds_differ_in_form_and_not_only_in_figures() -> None:
    forms = [tuple(sorted(read_world(WORLDS / f"{name}.toml").form_names.items())) for name in NAMES[:3]]
    assert len(set(forms)) == 3


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('dated = "2026-11-22"', 'dated = "soon"', 'write dated = "YYYY-MM-DD"'),
        ("discretionary_share = { is = 0.7", "discretionary_share = { is = 1.7", "write a number from 0 to 1"),
        ('partial_daily = { is = 0.03, source = "assumed" }', "partial_daily = 0.03", "has no source"),
        ('partial_daily = { is = 0.03, source = "assumed" }', 'partial_daily = { is = 0.03, source = " " }', "source is empty"),
        ("partial_daily", "partial_dayly", "partial_daily: is missing"),
        ("[autopay]\\n", "[autopay]\\nfun = 1\\n", "fun: is unknown here"),
        ('form = "halving"', 'form = "doubling"', "write one of halving, saturating"),
        ('form = "halving"', 'form = "no.such:thing"', "install the module, put its folder on PYTHONPATH, or name another form"),
        ('name = "avoiding"', 'name = "distressed"', "give each one row"),
        ("[dispute]", "[quarrel]", "[dispute] is missing; add the table"),
        ("share = { is = 0.11", "share = { is = 0.21", "add up to 1.1; make it 1"),
        ("lost_least = { is = 0.25", "lost_least = { is = 0.9", "swap them"),
        ('effect = "some"', 'effect = "a:b"', "write one of none, some"),
        ('day_zero = "2026-12-15"', 'day_zero = "9999-12-15"', "day_zero: 9999-12-15 is out of bounds"),
        ("size = { is = 5000", "size = { is = 5000.7", "size: 5000.7 is no whole number"),
        ("months = { is = 6", "months = { is = 6.5", "months: 6.5 is no whole number"),
        ('name = "middle"', 'name = "short"', "'short' stands twice"),
        ('channel = "robot"', 'channel = "sms"', "'sms 08-12' stands twice"),
        ('channel = "robot"', 'channel = "ro bot"', "write one word"),
        ("[autopay]", "[[autopay]]", "[[autopay]] stands for rows; write [autopay]"),
        ("[autopay]\\n", "[autopay]\\ntakes = 1\\n", "a key or table stands twice"),
        ("paid = { is = 3", "paid = { is = 12", "is not below months"),
        ("[cost]", "[cost", "not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_world_names_line_and_remedy(was: str, becomes: str, says: str) -> None:
    text = (WORLDS / "towns.toml").read_text(encoding="utf-8")
    was, becomes = was.replace("\\n", "\n"), becomes.replace("\\n", "\n")
    assert was in text
    with pytest.raises(WorldInvalid) as caught:
        parse_world(text.replace(was, becomes, 1), file="towns.toml")
    assert says in str(caught.value) and str(caught.value).startswith("towns.toml")
    english, chinese = str(caught.value).splitlines()
    assert english != chinese and re.search(r"[\u4e00-\u9fff]", chinese), "said in both languages"
    whole_file = ("add the table",)
    assert caught.value.line or says.endswith(whole_file), "the line is named"
    if caught.value.line and becomes.split(" =")[0] in text:
        near = text.replace(was, becomes, 1).splitlines()[caught.value.line - 1]
        assert becomes.splitlines()[-1].split(" =")[0] in near or near.startswith("[")


def test_a_form_of_another_module_is_a_plug_in() -> None:
    text = (WORLDS / "towns.toml").read_text(encoding="utf-8")
    mine = text.replace('form = "exponential"', f'form = "{__name__}:fixed"').replace(
        "mean_months = { is = 4", "months = { is = 2"
    )
    read = replace(parse_world(mine, file="mine.toml"), size=50, shapes=world("towns").shapes)
    table = tables().of(read)
    homes = make_cohort(read, table.book, make_steps(table.book.longest), seed=SEED, cohort=0)
    assert set(np.unique(homes.back_day)) <= {0.0, 60.0}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("# 城镇\n[world]".encode("gbk"), "byte 3 is not UTF-8; save the file as UTF-8"),
        (bytes(range(256)), "save the file as UTF-8"),
        (b"", "[world] is missing"),
        (b'{"world": 1}', "not TOML"),
    ],
)
def test_a_file_that_is_no_world_says_so_in_both_languages(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "other.toml"
    path.write_bytes(data)
    with pytest.raises(WorldInvalid) as caught:
        read_world(path)
    assert says in str(caught.value) and caught.value.chinese in str(caught.value)
    with pytest.raises(WorldInvalid, match="cannot be read"):
        read_world(tmp_path / "none.toml")


def test_a_world_written_another_way_is_the_same_world(tmp_path: Path) -> None:
    text = (WORLDS / "towns.toml").read_text(encoding="utf-8")
    path = tmp_path / "towns.toml"
    figure = re.compile(r'^(\w+) = \{ is = ([^,]+), source = ("[^"]*") \}', re.M)
    others = ("\ufeff" + text.replace("\n", "\r\n"), figure.sub(r"\1 = { source=\3, is=\2 } # 中文", text),
              figure.sub(r"\1.is = \2\n\1.source = \3", text))  # fmt: skip
    first = replace(read_world(WORLDS / "towns.toml"), forms={})
    for other in others:
        path.write_text(other, encoding="utf-8", newline="")
        assert other != text and replace(read_world(path), forms={}) == first


def test_a_form_that_returns_what_cannot_be_is_named() -> None:
    text = (WORLDS / "towns.toml").read_text(encoding="utf-8")
    mine = text.replace('form = "exponential"', f'form = "{__name__}:fixed"').replace(
        "mean_months = { is = 4", "months = { is = 2"
    )
    read = parse_world(mine, file="mine.toml")
    chance = np.linspace(0, 1, 4)
    assert np.array_equal(read.forms["recovery"](chance, {"months": 2.0}), np.full(4, 2.0))
    with pytest.raises(ValueError, match="fixed returned -1 to -1; return finite numbers from 0 to inf"):
        read.forms["recovery"](chance, {"months": -1.0})
    with pytest.raises(WorldInvalid, match="install the module, put its folder on PYTHONPATH"):
        parse_world(mine.replace(f"{__name__}:fixed", "no.such:fixed"), file="mine.toml")


def test_every_arm_meets_the_same_households_with_the_same_luck() -> None:
    small, table = world("towns"), tables().of(world("towns"))
    steps = make_steps(table.book.longest)
    first = make_cohort(small, table.book, steps, seed=SEED, cohort=0)
    kept = {name: value.copy() for name, value in first.chance.items()}
    simulate_cohort(small, table.book, steps, first, make_policy("relief", table))
    again = make_cohort(small, table.book, steps, seed=SEED, cohort=0)
    other = make_cohort(small, table.book, steps, seed=SEED, cohort=1)
    for name, value in kept.items():
        assert np.array_equal(value, first.chance[name]), f"{name} was changed by a run"
        assert np.array_equal(value, again.chance[name]), name
    assert not np.array_equal(first.usual, other.usual)


def test_the_zero_effect_world_shows_no_gain_and_the_machinery_ran() -> None:
    found = run(world("zero-effect"), tables(), names=ARMS, cohorts_count=1, seed=SEED)
    for arm in ("reminders", "menu_by_lender_value", "extend_everyone", "relief", ORACLE):
        for one in CLAIMED:
            assert difference(found, arm, "no_action", one).sign * one.better <= 0, (SEED, arm, one.key)
    assert found.arms["relief"]["asked"].mean() > 0.1, "people asked"
    assert "no gain, as it must be" in render(found)


def test_months_of_plans_are_borne_although_the_announced_recovery_never_comes() -> None:
    base = world("towns")
    never = replace(base, given={**base.given, "shock": {**base.given["shock"], "regained": 0.0}})
    trusting = Tables(policy=replace(tables().policy, review=None))
    share = {}
    for name, these in (("reviewed", tables()), ("trusting", trusting)):
        found = run(never, these, names=("relief",), cohorts_count=1, seed=SEED, oracle=False).arms["relief"]
        assert found["plan_months"].sum() > 30, (SEED, name)
        share[name] = found["borne"].sum() / found["plan_months"].sum()
    assert share["reviewed"] >= 0.88 > share["trusting"], (SEED, share)


def test_months_of_plans_are_borne_although_new_misfortune_is_frequent() -> None:
    base = world("towns", size=1200)
    again = replace(base, given={**base.given, "shock": {**base.given["shock"], "again_monthly": 0.08}})
    fixed = Tables(policy=replace(tables().policy, own_waits_most=0))
    share = {}
    for name, these in (("waiting", tables()), ("fixed", fixed)):
        found = run(again, these, names=("relief",), cohorts_count=1, seed=SEED, oracle=False).arms["relief"]
        assert found["plan_months"].sum() > 100, (SEED, name)
        share[name] = found["borne"].sum() / found["plan_months"].sum()
    assert share["waiting"] >= 0.88 > share["fixed"], (SEED, share)


def test_any_world_with_every_effect_cut_shows_no_gain_whatever_its_figures_say() -> None:
    text = (WORLDS / "newcomers.toml").read_text(encoding="utf-8")
    none = parse_world(text.replace('effect = "some"', 'effect = "none"'), file="mine.toml")
    cut = world("newcomers").without_effect()
    assert none.zero_effect and none.given == cut.given and cut.given["card"]["takes"] == 0
    found = run(cut, tables(), names=ARMS, cohorts_count=1, seed=SEED)
    for arm in (*ARMS, ORACLE):
        for key in ("cured", "redefault", "months_short", "npv", "complaints", "cost"):
            assert np.array_equal(found.arms[arm][key], found.arms["no_action"][key]), (arm, key)
    assert found.arms["relief"]["asked"].mean() > 0.1, "people asked"


def test_two_processes_find_what_one_finds() -> None:
    told: dict[int, list[tuple[int, int, str]]] = {1: [], 2: []}
    found = {
        workers: run(
            world("towns", size=40), tables(), names=("reminders", "relief"), cohorts_count=2, seed=SEED, workers=workers,
            progress=lambda done, whole, arm, heard=told[workers]: heard.append((done, whole, arm)),
        )
        for workers in told
    }  # fmt: skip
    assert list(found[1].arms) == list(found[2].arms)
    for arm, columns in found[1].arms.items():
        for key, value in columns.items():
            assert np.array_equal(value, found[2].arms[arm][key]), (SEED, arm, key)
    assert sorted(told[1]) == sorted(told[2]) and len(told[1]) == 10


def test_a_loan_that_no_offer_fits_is_left_alone() -> None:
    small = world("towns", size=40)
    last = replace(small, shapes=(replace(small.shapes[0], months=6, paid=5),))
    found = run(last, tables(), names=("extend_everyone",), cohorts_count=1, seed=SEED)
    assert not found.arms["extend_everyone"]["signed"].any(), "nothing is left to spread the arrears over"


class Dying(NoAction):
    """A policy whose process is killed while it works."""

    name = "dying"

    def act(self, seen: Seen) -> Acts:
        """End the process, as the kernel does when memory is short."""
        os._exit(9)


def make_dying(book: object, table: object) -> NoAction:
    """The factory that is named."""
    return Dying()


def make_nameless(book: object, table: object) -> NoAction:
    """A factory of a policy that kept its parent's name."""
    return NoAction()


def test_a_process_that_dies_ends_the_run_with_its_remedy_and_names_are_not_mixed_up() -> None:
    small = world("towns", size=40)
    with pytest.raises(WorkersLost, match="--workers 1"):
        run(small, tables(), names=(f"{__name__}:make_dying",), cohorts_count=2, seed=SEED, workers=2)
    with pytest.raises(PolicyUnknown, match="calls itself 'no_action', which is taken"):
        run(small, tables(), names=(f"{__name__}:make_nameless",), cohorts_count=1, seed=SEED)
    with pytest.raises(ValueError, match=r"takes [\d.]+ GiB; write --size \d+ or less"):
        run(replace(small, size=900_000), tables(), names=(), cohorts_count=1, seed=SEED)


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for number in range(200):
        rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
        base = rng.exponential(1.0, 6_000)
        found = paired(base + 0.1 + rng.standard_normal(6_000), base, seed=number)
        held += found.low <= 0.1 <= found.high
    assert 180 <= held <= 199, f"seed {SEED}: {held} of 200"
    few = paired(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]), seed=1)
    assert (few.mean, few.low, few.high) == (1.0, 1.0, 1.0)


def test_the_oracle_is_never_behind_no_action() -> None:
    found = run(world("downturn"), tables(), names=ARMS, cohorts_count=1, seed=SEED)
    best, base = found.arms[ORACLE], found.arms["no_action"]
    assert (best["npv"] >= base["npv"] - 1e-6).all() and (best["months_short"] <= base["months_short"]).all()
    assert best["months_short"].mean() < base["months_short"].mean()


def test_reminders_go_out_on_the_products_own_days() -> None:
    assert LATE_DAYS == SENT_ON and OFFER_DAY == INVITE_DAY


def latent() -> set[str]:
    """Names of what only the world knows."""
    shared = {"loan"}  # the loan is in the books
    return ({one.name for one in fields(Households)} - shared) | set(KINDS)


def test_no_latent_field_is_seen_by_a_policy_or_stands_in_a_log() -> None:
    told = {"income", "usual"}  # in Asked, as declared by her
    seen = {one.name for value in (Seen, Acts) for one in fields(value)}
    said = {one.name for one in fields(Asked)}
    assert not seen & latent()
    assert not (said - told - {"other"}) & latent()
    assert not set(COLUMNS) & latent() and not set(EVENTS) & (latent() - {"forges"})
    assert "worlds" not in inspect.getsource(observed).split('"""', 2)[2]


def test_an_invitation_reaches_no_more_people_than_an_unasked_offer_would() -> None:
    small, table = world("newcomers"), tables().of(world("newcomers"))
    steps, log = make_steps(table.book.longest), EventLog()
    homes = make_cohort(small, table.book, steps, seed=SEED, cohort=0)
    simulate_cohort(small, table.book, steps, homes, make_policy("relief", table), log)
    asked = {
        int(one) for day, event, who, _, _ in log.kept if (day, event) == (OFFER_DAY, "asked") for one in who
    }
    invited = {int(one) for _, event, who, _, _ in log.kept if event == "invited" for one in who}
    offer = EventLog()
    simulate_cohort(small, table.book, steps, homes, make_policy("extend_everyone", table), offer)
    took = {int(one) for _, event, who, _, _ in offer.kept if event == "signed" for one in who}
    late = {int(one) for _, event, who, _, _ in offer.kept if event == "shown" for one in who}
    assert len(invited) > 100 and 0 < len(asked & invited) < len(took)
    hers = {
        int(one) for day, event, who, _, _ in log.kept if event == "asked" and day < OFFER_DAY for one in who
    }
    assert invited <= late and late - invited <= hers, "everybody who is late and has not asked, once"


class Spy(Relief):
    """Relief that keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__(tables().of(world("newcomers")))
        self.shown: list[Asked] = []
        self.days: list[Seen] = []

    def act(self, seen: Seen) -> Acts:
        """Keep it."""
        self.days.append(seen)
        return super().act(seen)

    def menu(self, asked: Asked) -> np.ndarray:
        """Keep it."""
        self.shown.append(asked)
        return super().menu(asked)


def test_what_a_policy_is_shown_tells_no_true_income_of_who_understates() -> None:
    small = world("newcomers")
    table, spy, log = tables().of(small), Spy(), EventLog()
    steps = make_steps(table.book.longest)
    homes = make_cohort(small, table.book, steps, seed=SEED, cohort=0)
    simulate_cohort(small, table.book, steps, homes, spy, log)
    told = [
        (int(who), int(income), one.day)
        for one in spy.shown
        for who, income in zip(one.who, one.income, strict=True)
    ]
    shades = [(who, income, day) for who, income, day in told if homes.tells[who] == 1]
    assert shades and all(abs(income - homes.income(day)[who]) > 1 for who, income, day in shades)
    secret = {int(one) for name in ("usual", "essential", "other", "cash") for one in getattr(homes, name)}
    rows = log.rows(0)
    assert len(rows) > 300 and not {row[4] for row in rows if row[3] != "paid"} - {0} & secret
    seen = spy.days[40]
    seen.due[:] = 0
    assert simulate_cohort(small, table.book, steps, homes, Reminders()).npv.any(), "a policy holds copies"


def test_the_table_holds_what_the_solver_answers_and_what_the_household_can_bear() -> None:
    small = world("newcomers")
    table, spy = tables().of(small), Spy()
    steps = make_steps(table.book.longest)
    homes = make_cohort(small, table.book, steps, seed=SEED, cohort=0)
    simulate_cohort(small, table.book, steps, homes, spy)
    checked = 0
    for asked in spy.shown[::3]:
        for row, state in enumerate(table.states(asked)):
            if state not in table.cards:
                continue
            shown = {table.case(state).first + n: plan for n, plan in enumerate(table.case(state).plans)}
            fresh = type(table)(table.book, table.policy)
            assert table.cards[state] == fresh.solve(state), (SEED, state)
            rounded = table.budget(state)
            true_left = int(asked.income[row] - asked.spending[row] - asked.other[row])
            left = rounded.income_minor - rounded.spending_minor
            assert left <= true_left, state
            assert (
                left > true_left - 0.03 * int(table.book.instalment[state.loan]) or not rounded.income_minor
            ), state
            assert all(one in shown for one in table.cards[state])
            checked += 1
    assert checked > 10, checked


def test_an_unknown_policy_is_refused_with_the_names() -> None:
    with pytest.raises(PolicyUnknown, match="no_action, reminders"):
        make_policy("magic", tables().of(world("towns")))
    with pytest.raises(PolicyUnknown):
        make_policy("no.such:thing", tables().of(world("towns")))
    assert isinstance(make_policy("no_action", tables().of(world("towns"))), NoAction)
