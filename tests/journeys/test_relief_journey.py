"""Relief from the press to the signed plan: frozen first, a budget, cards, a signature, and the very schedule that was shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from puhui.access import operations as access
from puhui.access.staff.operations import SecondPersonNeeded
from puhui.contact.queries import has_hold, list_messages
from puhui.journeys import (
    ask_for_help,
    relief_agree,
    relief_ask,
    relief_follow,
    relief_keep,
    relief_offer,
    relief_rests,
    relief_review,
    relief_text,
    relief_wait,
    staff_four_eyes,
    staff_relief,
)
from puhui.journeys.relief_agree import ReliefCardUnknown
from puhui.journeys.relief_offer import Month
from puhui.journeys.staff_relief import ReliefNotGrantable, ReliefPlaceUnknown
from puhui.loans.domain import Loan, LoanState
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import get_loan
from puhui.protection.queries import list_cases
from puhui.relief import operations as relief_operations
from puhui.relief.domain import (
    AgreementState,
    BudgetInvalid,
    ReliefAgreement,
    ReliefCannotWait,
    ReliefLoanNotRunning,
    ReliefNothingWaits,
    ReliefOffer,
    ReliefReason,
    ReliefRequest,
    ReliefRequestOver,
    ReliefReview,
    ReliefStep,
    ReliefWaitsSpent,
    RequestState,
    payments_of,
)
from puhui.relief.operations import ReliefOfferExpired, ReliefOfferReplaced, ReliefOfferStale, WaiverPoolShort
from puhui.relief.queries import (
    find_agreement,
    find_open_request,
    find_request,
    get_pool_left,
    get_relief_policy,
    list_agreements,
)
from puhui.runtime.transactions import transaction
from tests.journeys.test_after_the_money import pay
from tests.journeys.world import World, refuses
from tests.relief_kit import put_few_plans

SHORT = Month(
    income_minor=380_000, usual_income_minor=800_000, spending_minor=330_000, other_debts_minor=0, recovers_after_months=3
)  # fmt: skip
CODE = "424242"


@pytest.fixture(autouse=True)
def few_plans(tmp_path: Path, settings: Any) -> None:
    """The shipped texts with a small grid, so that a test does not work hundreds of plans out."""
    put_few_plans(tmp_path, settings)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world after the first day of relief."""
    made = World(start=date(2026, 11, 23))
    yield made
    made.check()
    made.close()


def late(world: World, **wish: object) -> Loan:
    """A loan whose first instalment is ten days late, in the evening at eleven."""
    _, loan = world.running(months=12, amount_minor=600_000, **wish)
    due = world.position(loan).rows[0].due_date
    world.live_until(due + timedelta(days=10))
    world.wait(hours=23 - world.now.hour - 8)
    return loan


def asked(world: World, loan: Loan, *, cause: str = "illness", key: str = "ask") -> ReliefRequest:
    """She pressed, and said why."""
    return relief_ask.start(
        customer_id=loan.customer_id, loan_id=loan.id, cause=cause, key=key, now=world.now
    )


def offered(
    world: World, loan: Loan, month: Month = SHORT, *, key: str = "b"
) -> tuple[ReliefRequest, ReliefOffer]:
    """She pressed, said why, and stated her budget."""
    request = find_open_request(loan_id=loan.id) or asked(world, loan)
    offer = relief_offer.state_budget(
        customer_id=loan.customer_id, request_id=request.id, month=month, key=key, now=world.now
    )
    return request, offer


def sign(
    world: World,
    request: ReliefRequest,
    offer: ReliefOffer,
    *,
    card: int = 0,
    key: str = "s",
    code: str = CODE,
) -> ReliefAgreement:
    """She asks for a code and signs."""
    relief_agree.request_code(
        customer_id=request.customer_id, request_id=request.id, code=CODE, key=f"c{key}", now=world.now
    )
    return relief_agree.agree(
        customer_id=request.customer_id, request_id=request.id, offer_id=offer.id, card=card, code=code,
        language="zh-hans", key=key, now=world.now,
    )  # fmt: skip


def test_from_the_press_at_night_to_the_new_schedule(world: World) -> None:
    loan = late(world)
    before = world.position(loan)
    pressed = ask_for_help.ask(customer_id=loan.customer_id, text="", key="h", now=world.now)
    assert pressed.frozen and has_hold(loan.customer_id, world.now, reason=ask_for_help.HELP)
    request = asked(world, loan)
    world.work()  # all plans are worked out ahead
    request, offer = offered(world, loan)
    assert 3 <= len(offer.cards()) <= 5
    costs = [one.plan.total_minor for one in offer.cards()]
    assert costs == sorted(costs) and offer.answer.no_change.refused is not None
    assert offer.answer.refused and all(one.reason for one in offer.answer.refused)
    chosen = offer.cards()[0].plan
    world.wait(days=2)  # she sleeps over it; every figure still holds
    signed = sign(world, request, offer)
    after = world.position(loan)
    assert payments_of(replace_date(after, offer.on_date)) == chosen.payments
    assert after.restructured or not chosen.restructured
    assert after.penalty_outstanding_minor <= before.penalty_outstanding_minor
    assert find_request(request.id).state is RequestState.AGREED  # type: ignore[union-attr]
    assert list_cases(loan.customer_id, open_only=True) == ()
    world.wait(hours=12)
    world.work()
    assert "relief_agreed" in {one.template for one in list_messages(loan.customer_id)}
    world.check()
    assert sign_again(world, request, offer).id == signed.id
    assert len(list_agreements(customer_id=loan.customer_id)) == 1
    first = chosen.payments[0]
    world.live_until(first.due_date)
    pay(world, loan, first.amount_minor, key="first")
    world.wait(minutes=5)
    world.work()
    assert world.position(loan).dpd_days == 0


def replace_date(there: object, on_date: date) -> object:
    """The same position read as of another date: what was late then is due then."""
    return replace(there, as_of=on_date)  # type: ignore[type-var]


def sign_again(world: World, request: ReliefRequest, offer: ReliefOffer) -> ReliefAgreement:
    """The browser sends the same form once more."""
    return relief_agree.agree(
        customer_id=request.customer_id, request_id=request.id, offer_id=offer.id, card=0, code=CODE,
        language="zh-hans", key="s", now=world.now,
    )  # fmt: skip


def test_the_same_press_twice_and_two_at_once_are_one_request(world: World) -> None:
    loan = late(world)
    first = asked(world, loan)
    assert asked(world, loan).id == first.id
    again = asked(world, loan, cause="job", key="other page")
    assert again.id == first.id and again.cause == "job", "a wrong choice is corrected, not a second request"
    assert len(list_cases(loan.customer_id)) == 1


def test_a_request_on_a_closed_or_foreign_loan_is_refused_and_leaves_nothing(world: World) -> None:
    _, loan = world.running(months=3)
    _, other = world.running(1, months=3)
    refuses(LoanNotYours, lambda: relief_ask.start(
        customer_id=other.customer_id, loan_id=loan.id, cause="job", key="k", now=world.now
    ))  # fmt: skip
    pay(world, loan, world.position(loan).payoff_minor, intent="payoff", key="end")
    world.wait(minutes=5)
    world.work()
    refuses(ReliefLoanNotRunning, lambda: asked(world, loan))


def test_budgets_that_leave_nothing_get_a_reason_and_a_way(world: World) -> None:
    loan = late(world)
    poor = replace(SHORT, income_minor=0, usual_income_minor=0)
    request, offer = offered(world, loan, poor)
    assert not offer.cards() and offer.answer.because is ReliefReason.MONTH_TOO_DEAR
    assert offer.answer.steps == (ReliefStep.PAUSE, ReliefStep.DEBT_ADVICE)
    assert find_request(request.id).state is RequestState.OFFERED  # type: ignore[union-attr]
    refuses(ReliefCardUnknown, lambda: sign(world, request, offer), but=frozenset(ONLY_CODES), field="card")
    refuses(
        BudgetInvalid, lambda: offered(world, loan, replace(SHORT, income_minor=-1), key="x"), field="income"
    )
    _, better = offered(world, loan, key="more")
    assert better.cards(), "another budget is another answer"


ONLY_CODES = {
    "access_code",
    "contact_message",
    "contact_message_event",
    "runtime_work",
    "runtime_key",
    "runtime_seal",
    "access_gate",
}


def test_options_end_are_replaced_and_go_stale(world: World) -> None:
    loan = late(world)
    request, offer = offered(world, loan)
    _, newer = offered(world, loan, replace(SHORT, income_minor=390_000), key="newer")
    refuses(ReliefOfferReplaced, lambda: sign(world, request, offer), but=frozenset(ONLY_CODES))
    world.wait(minutes=5)
    pay(world, loan, 10_000, key="some")
    world.wait(minutes=5)
    world.work()
    refuses(ReliefOfferStale, lambda: sign(world, request, newer, key="t"), but=frozenset(ONLY_CODES))
    _, last = offered(world, loan, key="last")
    world.now = last.valid_until + timedelta(minutes=1)
    refuses(ReliefOfferExpired, lambda: sign(world, request, last, key="u"), but=frozenset(ONLY_CODES))
    relief_keep.no_change(customer_id=loan.customer_id, request_id=request.id, key="n", now=world.now)
    world.wait(minutes=5)
    refuses(ReliefRequestOver, lambda: offered_again(world, request))


def offered_again(world: World, request: ReliefRequest) -> ReliefOffer:
    """She comes back to a page of a request that is over."""
    return relief_offer.state_budget(
        customer_id=request.customer_id, request_id=request.id, month=SHORT, key="late", now=world.now
    )


def test_the_last_yuan_of_the_pool_is_given_once(world: World) -> None:
    loan = late(world)
    request, offer = offered(world, loan)
    first, second = sign(world, request, offer), "another agreement"
    with transaction():
        assert relief_operations.draw_pool(
            name="w", total_minor=100, currency="CNY", agreement_id=first.id, amount_minor=100, now=world.now
        ) == 0  # fmt: skip
    with transaction():  # the same agreement again takes nothing more
        assert relief_operations.draw_pool(
            name="w", total_minor=100, currency="CNY", agreement_id=first.id, amount_minor=100, now=world.now
        ) == 0  # fmt: skip
    with pytest.raises(WaiverPoolShort), transaction():
        relief_operations.draw_pool(
            name="w", total_minor=100, currency="CNY", agreement_id=second, amount_minor=1, now=world.now
        )
    assert get_pool_left(name="w", total_minor=100) == 0


def test_two_people_grant_a_plan_that_was_refused_for_its_cost(world: World) -> None:
    for login in ("one.person", "two.person"):
        with transaction():
            access.create_staff(
                login=login, password="long-enough-password", role="operations", now=world.now
            )
    loan = late(world)
    request, short = offered(world, loan)
    hard = [n for n, one in enumerate(short.answer.refused) if one.reason is ReliefReason.MONTH_TOO_DEAR]
    assert hard

    def ask(place: int, key: str) -> object:
        return staff_relief.ask(
            request_id=request.id, place=place, why="Her operation is next week.", by="one.person", key=key, now=world.now
        )  # fmt: skip

    refuses(ReliefNotGrantable, lambda: ask(hard[0], "h"))
    refuses(ReliefPlaceUnknown, lambda: ask(99, "u"), field="place")
    _, offer = offered(world, loan, replace(SHORT, income_minor=700_000), key="able")
    dear = [n for n, one in enumerate(offer.answer.refused) if one.reason is ReliefReason.WORTH_TOO_LOW]
    assert dear, [one.reason for one in offer.answer.refused]
    approval = ask(dear[0], "d")
    with pytest.raises(SecondPersonNeeded):
        staff_four_eyes.answer(approval_id=approval.id, agreed=True, by="one.person", note="", now=world.now)
    staff_four_eyes.answer(approval_id=approval.id, agreed=True, by="two.person", note="", now=world.now)
    granted, _then = relief_offer.current_offer(request)
    wanted = offer.answer.refused[dear[0]]
    place = [one.plan.choice for one in granted.cards()].index(wanted.plan.choice)
    assert granted.granted_by == approval.id and granted.cards()[place].draw_minor == wanted.shortfall_minor
    before = relief_offer.pool_left(get_relief_policy(on_date=world.today), world.now)
    signed = sign(world, request, granted, card=place)
    assert signed.draw_minor == wanted.shortfall_minor
    assert (
        relief_offer.pool_left(get_relief_policy(on_date=world.today), world.now)
        == before - signed.draw_minor
    )


def test_a_broken_plan_returns_to_her_first_and_goes_on_when_she_pays(world: World) -> None:
    loan = late(world)
    request, offer = offered(world, loan)
    signed = sign(world, request, offer)
    world.live_until(offer.cards()[0].plan.payments[0].due_date + timedelta(days=12))
    assert find_agreement(signed.id).state is AgreementState.BROKEN  # type: ignore[union-attr]
    said = [one.template for one in list_messages(loan.customer_id)]
    assert "relief_broken" in said and has_hold(loan.customer_id, world.now, reason=relief_follow.TALK)
    again = asked(world, loan, key="again")
    assert again.id != request.id, "she can ask again"
    pay(world, loan, world.position(loan).due_minor, key="due")
    world.wait(minutes=5)
    world.work()
    world.live_until(world.today + timedelta(days=1))
    assert find_agreement(signed.id).state is AgreementState.RUNNING  # type: ignore[union-attr]


def settlement(world: World, loan: Loan) -> tuple[ReliefAgreement, int]:
    """She signs that one payment settles the loan; what it is, minor units."""
    payoff = world.position(loan).payoff_minor
    poor = replace(SHORT, income_minor=0, usual_income_minor=0, lump_minor=payoff * 3 // 4)
    request, offer = offered(world, loan, poor)
    place, card = next(
        (place, one) for place, one in enumerate(offer.cards()) if one.plan.choice.settlement_minor
    )
    return sign(world, request, offer, card=place), card.plan.choice.settlement_minor


def test_what_a_settlement_leaves_is_given_up_when_its_price_has_come(world: World) -> None:
    loan = late(world)
    signed, price = settlement(world, loan)
    before = world.position(loan)
    assert before.payoff_minor > price and before.waived_principal_minor == 0, "nothing is given up yet"
    world.live_until(world.today + timedelta(days=1))
    assert find_agreement(signed.id).state is AgreementState.RUNNING, "lateness does not break it"  # type: ignore[union-attr]
    there = world.position(loan)
    pay(world, loan, price, intent="due" if price <= there.due_minor else "prepay", key="settles")
    world.wait(minutes=5)
    world.work()
    assert world.position(loan).state is LoanState.ACTIVE
    world.live_until(world.today + timedelta(days=1))
    after = world.position(loan)
    assert after.state is LoanState.CLOSED and after.payoff_minor == 0
    assert after.waived_principal_minor > 0
    assert find_agreement(signed.id).state is AgreementState.KEPT  # type: ignore[union-attr]
    world.check()  # the ledger says the same as the loan


def test_a_settlement_whose_price_does_not_come_is_broken_and_gives_up_nothing(world: World) -> None:
    loan = late(world)
    signed, _price = settlement(world, loan)
    world.live_until(world.today + timedelta(days=9))
    assert find_agreement(signed.id).state is AgreementState.BROKEN  # type: ignore[union-attr]
    there = world.position(loan)
    assert there.state is LoanState.ACTIVE and there.waived_principal_minor == 0


@pytest.fixture
def one_wait(tmp_path: Path) -> None:
    """The text that is in force asks before a payment that rests on hope, and lets it wait once."""
    add_rule(tmp_path, "review_before_days = 10\nreview_waits_most = 1")


def add_rule(folder: Path, rule: str) -> None:
    """Let the text that is in force say one thing more."""
    path = folder / "relief" / "2026-11-22.toml"
    text = path.read_text(encoding="utf-8")
    assert "patience_days" in text
    path.write_text(text.replace("patience_days", f"{rule}\npatience_days", 1), encoding="utf-8")


def resting(world: World) -> tuple[ReliefRequest, ReliefAgreement, ReliefReview]:
    """A signed plan whose payments begin while her income may still be away."""
    loan = late(world)
    request, offer = offered(world, loan, replace(SHORT, recovers_after_months=1))
    card = next(n for n in range(len(offer.cards())) if relief_rests.promised(offer, n))
    said = {
        one: relief_text.draft(request=request, offer=offer, card=card, language=one)
        for one in ("zh-hans", "en")
    }
    assert "最多推 1 次" in said["zh-hans"] and "free of interest" not in said["zh-hans"]
    assert "bears no interest" in said["en"]
    signed = sign(world, request, offer, card=card)
    found = relief_rests.find_review(signed)
    assert found is not None and found.is_open and found.waits == 0
    return request, signed, found


def test_a_payment_that_rests_on_hope_waits_until_she_says_that_her_income_is_back(
    world: World, one_wait: None
) -> None:
    request, signed, first = resting(world)
    loan = get_loan(id=signed.loan_id)
    before = world.position(loan)
    world.live_until(first.due_date - timedelta(days=2))
    told = {one.template for one in list_messages(loan.customer_id)}
    assert {"relief_review", "relief_waits"} <= told and "relief_review_over" not in told
    after, later = world.position(loan), relief_rests.find_review(signed)
    assert later is not None and later.waits == 1 and later.due_date == after.next_due_date > first.due_date
    asks = [[one.payment_minor for one in there.rows] for there in (before, after)]
    assert asks[0][:-1] == asks[1][:-1], "the month bears no interest"
    assert abs(asks[0][-1] - asks[1][-1]) <= 100, "months of other lengths move some fen of the last payment"
    assert after.late_minor == 0

    def says(key: str) -> ReliefAgreement:
        return relief_review.confirm(
            customer_id=loan.customer_id, request_id=request.id, key=key, now=world.now
        )

    assert says("back").state is AgreementState.RUNNING and says("back").id == signed.id
    refuses(ReliefNothingWaits, lambda: says("once more"), field="agreement")
    world.live_until(later.due_date - timedelta(days=2))
    still = world.position(loan)
    assert still.next_due_date == later.due_date, "it falls due as she said"
    assert "relief_review_over" not in {one.template for one in list_messages(loan.customer_id)}


def test_a_plan_that_can_wait_no_longer_returns_to_her_first(world: World, one_wait: None) -> None:
    _, signed, first = resting(world)
    loan = get_loan(id=signed.loan_id)
    world.live_until(first.due_date - timedelta(days=2))
    again = relief_rests.find_review(signed)
    assert again is not None and again.waits == 1
    world.live_until(again.due_date - timedelta(days=2))
    assert "relief_review_over" in {one.template for one in list_messages(loan.customer_id)}
    assert has_hold(loan.customer_id, world.now, reason=relief_follow.TALK)
    there = world.position(loan)
    assert there.next_due_date == again.due_date and there.late_minor == 0
    assert asked(world, loan, key="another").id != signed.request_id, "she can ask for another plan"


def test_the_next_payment_waits_a_month_on_her_word_alone_so_often_as_she_signed(
    world: World, tmp_path: Path, one_wait: None
) -> None:
    add_rule(tmp_path, "own_waits_most = 1")
    request, signed, rests = resting(world)
    loan = get_loan(id=signed.loan_id)
    text = relief_text.draft(
        request=request, offer=relief_offer.current_offer(request)[0], card=signed.card, language="zh-hans"
    )
    assert "整个方案最多 1 次" in text

    def says(key: str) -> ReliefAgreement:
        return relief_wait.put_off(
            customer_id=loan.customer_id, request_id=request.id, key=key, now=world.now
        )

    there = world.position(loan)
    if there.next_due_date == rests.due_date:
        refuses(ReliefCannotWait, lambda: says("early"), field="agreement")  # it waits for her word as it is
        relief_review.confirm(customer_id=loan.customer_id, request_id=request.id, key="back", now=world.now)
    world.live_until(there.next_due_date - timedelta(days=1))
    before = world.position(loan)
    assert says("tight").id == signed.id and says("tight").id == signed.id
    after = world.position(loan)
    assert after.next_due_date > before.next_due_date and after.late_minor == after.due_minor == 0
    assert after.next_due_date.day == before.next_due_date.day, "the same day of the next month"
    asks = [[one.payment_minor for one in position.rows] for position in (before, after)]
    assert asks[0][:-1] == asks[1][:-1], "the month bears no interest"
    refuses(ReliefWaitsSpent, lambda: says("once more"), field="agreement")
    world.live_until(before.next_due_date + timedelta(days=3))
    assert world.position(loan).late_minor == 0
    told = [one.template for one in list_messages(loan.customer_id)]
    assert told.count("relief_put_off") == 1 and "relief_broken" not in told
    world.live_until(after.next_due_date)
    refuses(ReliefCannotWait, lambda: says("due today"), field="agreement")
    assert find_agreement(signed.id).state is AgreementState.RUNNING  # type: ignore[union-attr]


def test_a_plan_signed_under_an_older_text_lets_nothing_wait_on_her_word(world: World) -> None:
    loan = late(world)
    request, offer = offered(world, loan)
    refuses(
        ReliefCannotWait,
        lambda: relief_wait.put_off(
            customer_id=loan.customer_id, request_id=request.id, key="unsigned", now=world.now
        ),
        field="agreement",
    )
    sign(world, request, offer)
    before = world.position(loan)
    refuses(
        ReliefCannotWait,
        lambda: relief_wait.put_off(
            customer_id=loan.customer_id, request_id=request.id, key="old", now=world.now
        ),
        field="agreement",
    )
    assert world.position(loan) == before
