"""Programmes: a card with a budget of its own, a waiver that nobody asks for, two groups, and what the desk counts of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from puhui.contact.queries import list_messages
from puhui.journeys import learn, relief_report
from puhui.loans.domain import EventKind, Loan
from puhui.loans.queries import list_events
from puhui.relief import operations as relief
from puhui.relief.domain import (
    CONTROL,
    NO_CHANGE,
    TREATED,
    AgreementState,
    LessonUnknown,
    ProgrammeMember,
    arm_of,
    budget_name,
    payments_of,
)
from puhui.relief.operations import WaiverPoolShort
from puhui.relief.queries import (
    get_given,
    get_lesson,
    get_pool_left,
    list_members,
    list_programmes,
    list_quizzes,
)
from puhui.runtime.transactions import transaction
from tests.journeys.test_relief_journey import asked, late, offered, sign
from tests.journeys.world import World, refuses
from tests.relief_kit import put_few_plans

FILE = "2026-11-22.toml"


@pytest.fixture
def texts(tmp_path: Path, settings: Any) -> Path:
    """The shipped texts with a small grid; the programmes are a file of their own, so that a test may change them."""
    shipped = Path(settings.POLICIES_DIR) / "programmes" / FILE
    put_few_plans(tmp_path, settings)
    (tmp_path / "programmes").unlink()
    (tmp_path / "programmes").mkdir()
    own = tmp_path / "programmes" / FILE
    own.write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    return own


def change(path: Path, name: str, **figures: str) -> None:
    """Replace figures of one programme."""
    head, *parts = path.read_text(encoding="utf-8").split("[[programme]]")
    for place, part in enumerate(parts):
        if f'name = "{name}"' in part:
            lines = [
                next(
                    (f"{key} = {value}" for key, value in figures.items() if line.startswith(f"{key} =")),
                    line,
                )
                for line in part.split("\n")
            ]
            parts[place] = "\n".join(lines)
    path.write_text("[[programme]]".join([head, *parts]), encoding="utf-8")


@pytest.fixture
def world(db: None, texts: Path) -> Iterator[World]:
    """A world after the first day of relief."""
    made = World(start=date(2026, 11, 23))
    yield made
    made.check()
    made.close()


def programme(name: str) -> Any:
    """A programme as its text says today."""
    return next(one for one in list_programmes() if one.name == name)


def glimmer() -> Any:
    """The programme of plans."""
    return programme("glimmer")


def members(name: str) -> list[ProgrammeMember]:
    """Who is in a programme."""
    return list_members(programme=name)


def test_a_programme_is_a_card_that_its_own_budget_pays(world: World, texts: Path) -> None:
    change(texts, "glimmer", control_ppm="0")
    loan = late(world)
    request, offer = offered(world, loan)
    place, card = next((n, one) for n, one in enumerate(offer.cards()) if one.programme == "glimmer")
    assert (card.plan.choice.deferral_months, card.plan.choice.extension) == (3, 9)
    assert card.plan.choice.rate_off_ppm == 90_000 and card.plan.choice.spreads_arrears
    costs = [one.plan.total_minor for one in offer.cards()]
    assert costs == sorted(costs) and sum(one.programme != "" for one in offer.cards()) == 1
    assert all(
        asks <= max(0, bears) for asks, bears in zip(card.plan.months, offer.answer.bears_minor, strict=False)
    )
    (member,) = members("glimmer")
    assert (member.arm, member.given_minor) == (TREATED, 0)
    before = get_pool_left(name=budget_name("glimmer"), total_minor=glimmer().budget_minor)
    signed = sign(world, request, offer, card=place)
    assert signed.state is AgreementState.RUNNING and signed.draw_minor == card.draw_minor
    left = get_pool_left(name=budget_name("glimmer"), total_minor=glimmer().budget_minor)
    assert before - left == card.draw_minor == get_given(programme="glimmer")
    assert payments_of(world.position(loan)) == card.plan.payments
    assert members("glimmer") == [member], "once"
    found = relief_report.report(world.today)
    (row,) = (one for one in found.programmes if one.name == "glimmer")
    assert (row.treated, row.control, row.given_minor) == (1, 0, card.draw_minor)
    assert found.drawn_minor == 0, "the pool of waivers paid nothing"


def test_who_is_only_watched_sees_the_same_cards_without_the_programme(world: World, texts: Path) -> None:
    change(texts, "glimmer", control_ppm="500000", causes='["illness", "job", "income_drop"]')
    arms = {arm_of(glimmer(), loan.id): loan for loan in of_both_groups(world, "glimmer")}
    due = world.position(arms[CONTROL]).rows[0].due_date
    world.live_until(due + timedelta(days=10))
    for arm, loan in arms.items():
        asked(world, loan, key=arm)
    cards = {arm: offered(world, loan, key=arm)[1].cards() for arm, loan in arms.items()}
    assert [one.programme for one in cards[CONTROL]] == [""] * len(cards[CONTROL])
    ordinary = [one.plan.choice for one in cards[CONTROL]]
    beside = [one.plan.choice for one in cards[TREATED] if not one.programme]
    assert beside == [one for one in ordinary if one in beside] and len(beside) >= len(ordinary) - 1
    assert len(cards[TREATED]) <= 5 and len(beside) >= 2
    assert any(one.programme for one in cards[TREATED])
    assert {one.loan_id: one.arm for one in members("glimmer")} == {
        loan.id: arm for arm, loan in arms.items()
    }


def test_a_programme_without_money_is_no_card(world: World, texts: Path) -> None:
    change(texts, "glimmer", control_ppm="0", budget_minor="1", rate_off_ppm="150_000")
    loan = late(world)
    _, offer = offered(world, loan)
    assert not any(one.programme and one.draw_minor for one in offer.cards())
    assert any(one.plan.choice == NO_CHANGE for one in (*offer.cards(), offer.answer.no_change))


def of_both_groups(world: World, name: str) -> list[Loan]:
    """Loans, as many as it takes until a programme that treats one half has one of each group: their ids are drawn."""
    rule, loans = programme(name), []
    for index in range(40):
        loans.append(world.running(index, months=12, amount_minor=600_000)[1])
        if len({arm_of(rule, loan.id) for loan in loans}) == 2:
            return loans
    raise AssertionError(f"forty loans in one group of {name}")


def month_late(world: World, loans: list[Loan]) -> list[Loan]:
    """Let the first instalment of these loans be late for over a month, with every morning's work done."""
    due = world.position(loans[0]).rows[0].due_date
    world.live_until(due + timedelta(days=32))
    return loans


def some(world: World, count: int) -> list[Loan]:
    """So many loans, paid out."""
    return [world.running(index, months=12, amount_minor=600_000)[1] for index in range(count)]


def test_the_waiver_that_nobody_asks_for_is_given_once(world: World, texts: Path) -> None:
    change(texts, "plain_waiver", control_ppm="0")
    (loan,) = month_late(world, some(world, 1))
    (member,) = members("plain_waiver")
    waived = [one for one in list_events(loan_id=loan.id) if one.kind is EventKind.WAIVE]
    assert member.given_minor == sum(one.amount_minor for one in waived) > 0
    told = [one for one in list_messages(loan.customer_id) if one.template == "programme_waived"]
    assert len(told) == 1
    left = get_pool_left(name=budget_name("plain_waiver"), total_minor=100_000_00)
    assert left == 100_000_00 - member.given_minor
    world.live_until(world.today + timedelta(days=3))  # it goes on being late, and the job goes on looking
    again = [one for one in list_events(loan_id=loan.id) if one.kind is EventKind.WAIVE]
    assert again == waived and members("plain_waiver") == [member]


def test_the_last_yuan_of_a_programme_is_given_to_one(world: World, texts: Path) -> None:
    change(texts, "plain_waiver", control_ppm="0", budget_minor="10000")
    first, second = month_late(world, some(world, 2))
    given = {one.loan_id: one.given_minor for one in members("plain_waiver")}
    assert len(given) == 1, "what is left does not cover the second one"
    (who,) = given
    left = get_pool_left(name=budget_name("plain_waiver"), total_minor=10_000)
    assert left == 10_000 - given[who] >= 0 and given[who] > left
    waived = {
        loan.id: sum(one.amount_minor for one in list_events(loan_id=loan.id) if one.kind is EventKind.WAIVE)
        for loan in (first, second)
    }
    assert waived == {who: given[who], **{one.id: 0 for one in (first, second) if one.id != who}}
    other = next(one for one in (first, second) if one.id != who)
    rest = ProgrammeMember(
        id="x", programme="plain_waiver", version="2026-11-22", customer_id=other.customer_id, loan_id=other.id,
        arm=TREATED, on_date=world.today, dpd_days=32, late_minor=1, given_minor=left, at=world.now,
    )  # fmt: skip
    for said in (True, False):  # the last fen, asked for twice
        with transaction():
            assert relief.enrol(member=rest, budget_minor=10_000, currency="CNY") is said
    assert get_pool_left(name=budget_name("plain_waiver"), total_minor=10_000) == 0
    with pytest.raises(WaiverPoolShort), transaction():
        relief.draw_pool(
            name=budget_name("plain_waiver"), total_minor=10_000, currency="CNY", agreement_id="y", amount_minor=1,
            now=world.now,
        )  # fmt: skip


def test_the_control_group_is_given_nothing_and_counted(world: World, texts: Path) -> None:
    change(texts, "plain_waiver", control_ppm="500000")
    loans = month_late(world, of_both_groups(world, "plain_waiver"))
    rule = programme("plain_waiver")
    arms = {loan.id: arm_of(rule, loan.id) for loan in loans}
    assert {one.loan_id: one.arm for one in members("plain_waiver")} == arms
    for one in members("plain_waiver"):
        waived = any(event.kind is EventKind.WAIVE for event in list_events(loan_id=one.loan_id))
        assert waived is (one.arm == TREATED) is (one.given_minor > 0)
    (row,) = (
        one
        for one in relief_report.report(world.today + timedelta(days=61)).programmes
        if one.name == "plain_waiver"
    )
    counts = list(arms.values())
    assert (row.treated, row.control) == (counts.count(TREATED), counts.count(CONTROL))
    assert row.given_minor == sum(one.given_minor for one in members("plain_waiver")) <= row.budget_minor
    assert row.treated_cured_ppm == row.control_cured_ppm == 0, "nobody paid"


def test_the_report_counts_reach_cure_and_lateness_again(world: World) -> None:
    loan = late(world)
    _, other = world.running(1, months=12, amount_minor=600_000)
    before = relief_report.report(world.today)
    assert (before.late, before.reached, before.reach_ppm, before.agreements) == (1, 0, 0, 0)
    assert before.cure_ppm is before.again_ppm is None
    request, offer = offered(world, loan)
    place = next(n for n, one in enumerate(offer.cards()) if one.plan.choice.spreads_arrears)
    sign(world, request, offer, card=place)
    now = relief_report.report(world.today)
    assert (now.late, now.requests, now.agreements, now.seen_60) == (0, 1, 1, 0)
    old = relief_report.report(world.today + timedelta(days=60))
    assert old.seen_60 == 1 and old.cure_ppm == 1_000_000 * old.cured and old.again_ppm is None
    rests = offer.cards()[place].plan.choice.deferral_months >= 3
    assert old.cured == rests, "nothing is asked for meanwhile"
    later = relief_report.report(world.today + timedelta(days=182))
    assert (later.seen_180, later.again, later.again_ppm) == (1, 1, 1_000_000), "nobody paid for months"
    assert other.id not in {one.loan_id for one in members("glimmer")}


def test_a_quiz_is_counted_kept_and_taken_once_for_a_key(world: World) -> None:
    _, loan = world.running()
    who = loan.customer_id
    questions = get_lesson("due_dates", on_date=world.today).quizzes["zh"]
    right = [one.right for one in questions]
    wrong = [-1] * len(questions)
    take = {"customer_id": who, "lesson": "due_dates", "now": world.now}
    assert learn.take_quiz(chosen=wrong, key="1", **take) == 0
    assert list_quizzes(customer_id=who) == {"due_dates": (0, len(questions))}
    assert learn.take_quiz(chosen=right, key="2", **take) == len(questions)
    assert learn.take_quiz(chosen=right, key="2", **take) == len(questions)
    assert list_quizzes(customer_id=who) == {"due_dates": (len(questions), len(questions))}, "the best one"
    learn.take_quiz(chosen=wrong, key="3", **take)
    assert list_quizzes(customer_id=who)["due_dates"][0] == len(questions), "a worse one takes nothing away"
    refuses(
        LessonUnknown,
        lambda: learn.take_quiz(customer_id=who, lesson="magic", chosen=[], key="4", now=world.now),
    )
