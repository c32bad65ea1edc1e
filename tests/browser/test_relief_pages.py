"""Relief in the browser: late at night, held at once, a budget, cards, a signature, the new schedule; the forgetful; the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.kit import Walk
from tests.browser.test_journey import to_minor
from tests.browser.test_staff_pages import LOGINS, PASSWORD, shoot_top, sign_in
from tests.relief_kit import put_few_plans

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]


@pytest.fixture(autouse=True)
def few_plans(tmp_path: Path, settings: Any) -> None:
    """The shipped texts with a small grid, so that the page answers at once here, too."""
    put_few_plans(tmp_path, settings)
    path = tmp_path / "relief" / "2026-11-22.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("patience_days", "own_waits_most = 2\npatience_days", 1), encoding="utf-8")


@pytest.fixture
def late_at_night(transactional_db: None) -> Any:
    """A borrower ten days late, at eleven in the evening of the demo's clock, and the desk's logins."""
    from puhui.access import operations as access
    from puhui.core.time import instant_at
    from puhui.journeys import clock
    from puhui.runtime.clock import utc_now
    from puhui.runtime.transactions import transaction
    from tests.journeys.world import ZONE, World

    world = World()
    world.now = utc_now() - timedelta(minutes=5)
    for login, role in LOGINS.items():
        with transaction():
            access.create_staff(login=login, password=PASSWORD, role=role, now=world.now)
    _borrower, loan = world.running(0, months=12, amount_minor=600_000)
    due = world.position(loan).rows[0].due_date
    person = world.person(0)
    real = utc_now()
    world.close()
    night = instant_at(due + timedelta(days=10), time(23, 4), zone=ZONE)
    clock.move(seconds=int((night - real).total_seconds()), now=real)
    return person, loan


def enter(walk: Walk) -> None:
    """She signs in; her account speaks Chinese until she chooses English."""
    walk.sign_in()
    if walk.english:
        walk.follow(walk.page.get_by_role("button", name="English"))


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 1440)])
def test_an_overdue_customer_gets_help_at_night(
    walks: Make, late_at_night: Any, language: str, width: int
) -> None:
    """From the press to the new schedule, every page checked; then the desk sees it all."""
    walk = walks(language=language, width=width)
    walk.person, loan = late_at_night
    page = walk.page
    enter(walk)
    for path in ("/", "/loans"):
        walk.go(path)
        assert page.locator("a[href='/draw']").count() == 0, "nobody who is late is asked to borrow more"
    page.locator("header .pill").click()
    page.wait_for_url("**/help")
    assert walk.say("Take a breath", "先喘口气") in walk.heading()
    assert "23:0" in page.locator(".frozen").inner_text(), "the freeze says when it began, to the second"
    walk.check("relief-help", shot=True)
    walk.press("Tell us about the month", "说说每月收支")
    assert page.locator("#e-cause").is_visible(), "what happened is asked for, at the field"
    walk.errors.clear()  # a 422 is what Chromium reports as a failed resource
    page.locator("label", has=page.locator("input[value=forgot]")).click()
    walk.press("Tell us about the month", "说说每月收支")
    page.wait_for_url("**/forgot")
    walk.check("relief-forgot", shot=True)
    walk.press("It is something else after all", "其实是别的情况")
    page.locator("label", has=page.locator("input[value=illness]")).click()
    walk.press("Tell us about the month", "说说每月收支")
    page.wait_for_url("**/budget")
    walk.check("relief-budget", shot=True)
    fill(walk, income="3800")
    page.wait_for_url("**/relief/*")
    walk.check("relief", shot=True, whole=walk.width == 390)
    costs = [int(one.get_attribute("data-total") or "x") for one in page.locator("[data-total]").all()]
    offered = page.locator("input[name=card]:not([value=none])").count()
    assert 3 <= offered <= 5 and costs[:offered] == sorted(costs[:offered])
    assert page.locator("input[value=none]").count() == 1, "no change is always among them"
    body = page.locator("main").inner_text()
    assert walk.say("What is not among them, and why", "没有列出的，和原因") in body
    page.locator("input[name=card]").first.check()
    walk.press("Choose one and see what changes", "选一个，看合同怎么变")
    page.wait_for_url("**/sign?card=0")
    walk.check("relief-sign", shot=True)
    shown = page.evaluate(
        "[...document.querySelector('table.planned').tBodies[0].rows].map(r => r.cells[2].innerText)"
    )
    assert sum(to_minor(one) for one in shown) == costs[0]
    walk.press("Open and read", "打开阅读")
    walk.check("relief-text")
    page.go_back()
    walk.press("Send me a code", "发送验证码")
    code = walk.code("sign_relief")
    page.check("#f-agreement")
    page.fill("#f-code", code)
    page.locator("[data-gate-button]").click()
    page.wait_for_url("**/relief/*")
    assert walk.say("The new plan is in force", "新的计划已生效") in walk.heading()
    walk.check("relief-done", shot=True)
    last = shown[-1]
    assert last in page.locator("table").inner_text(), "the schedule is the one that was shown"
    assert walk.say("2 of 2 waits left", "2 次里还剩 2 次") in page.locator("main").inner_text()
    walk.press("Let it wait a month", "往后推一个月")
    assert walk.say("1 of 2 waits left", "2 次里还剩 1 次") in page.locator("main").inner_text()
    walk.check("relief-waits")
    walk.go("/help")
    page.get_by_role("link", name=walk.say("It can wait a month", "可以往后推一个月")).click()
    page.wait_for_url("**/relief/*")
    walk.go(f"/loans/{loan.id}")
    assert (
        walk.say("A relief plan holds for this loan.", "这笔借款正按纾困方案还。")
        in page.locator("main").inner_text()
    )
    walk.close()
    sees_it(walks, language, loan)


def fill(walk: Walk, **month: str) -> None:
    """State a month."""
    page = walk.page
    for name, value in {
        "usual_income": "8000",
        "recovers": "3",
        "spending": "3300",
        "other_debts": "0",
        **month,
    }.items():
        page.fill(f"#f-{name}", value)
    walk.press("See what is possible", "看看有什么办法")


def sees_it(walks: Make, language: str, loan: Any) -> None:
    """The desk sees request, budget, answer and agreement, and the customer's file shows them."""
    desk = walks(language=language, width=1440)
    sign_in(desk, "luo.qian")
    desk.go("/staff/relief")
    desk.check("staff-relief", shot=True)
    desk.page.locator("table.queue a").first.click()
    desk.page.wait_for_url("**/staff/relief/*")
    desk.check("staff-relief-request", shot=True)
    put_off = desk.say("let the next payment wait a month", "下一期往后推一个月")
    assert put_off in desk.page.locator("ol.timeline").inner_text()
    assert "3,800.00" in desk.page.locator("main").inner_text()
    desk.go(f"/staff/customers/{loan.customer_id}")
    assert desk.page.locator("#relief a").count() == 1
    shoot_top(desk, "staff-file-relief")
    desk.page.set_viewport_size({"width": 1200, "height": 900})
    for path in ("/staff/relief",):
        desk.go(path)
        desk.check("staff-relief-1200")


def test_no_plan_is_a_reason_and_a_way_and_lessons_answer(walks: Make, late_at_night: Any) -> None:
    """A household with nothing left is told what holds and where to turn; a lesson tells what is right."""
    walk = walks(language="en", width=390)
    walk.person, _loan = late_at_night
    enter(walk)
    walk.page.locator("header .pill").click()
    walk.page.wait_for_url("**/help")
    until = re.search(r"Frozen until (\d+ \w{3})", walk.page.locator("main").inner_text())
    walk.page.locator("label", has=walk.page.locator("input[value=job]")).click()
    walk.press("Tell us about the month", "说说每月收支")
    fill(walk, income="0", usual_income="0")
    assert "No plan fits every month yet" in walk.heading()
    assert "debt advice" in walk.page.locator("main").inner_text()
    assert until and f"nothing is added until {until[1]}" in walk.page.locator("main").inner_text()
    walk.check("relief-none", shot=True)
    walk.go("/lessons")
    walk.check("lessons")
    walk.page.locator("a.card").first.click()
    walk.page.wait_for_url("**/lessons/*")
    walk.page.locator("label", has=walk.page.locator("input[name=answer0][value='0']")).click()
    walk.press("See what is right", "看答案")
    assert "1 of 3 right" in walk.page.locator("main").inner_text()
    walk.check("lesson", shot=True)
