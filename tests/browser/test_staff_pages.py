"""Every staff page in both languages, at 1440 and 1200: accessible, no sideways scroll, figures that add up, keys."""

from __future__ import annotations

import hmac
import re
import struct
import time
from base64 import b32decode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha1
from typing import Any

import pytest
from django.urls import resolve

from puhui.core.time import business_date
from puhui.loans.domain import LoanState
from puhui.loans.queries import list_loan_ids, list_positions
from puhui.runtime.clock import utc_now
from tests.browser import kit
from tests.browser.kit import Walk
from tests.browser.pictures import shrink
from tests.operations.intake_kit import an_intake
from tests.operations.webhook_kit import a_delivery

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]
kit.HEIGHTS.setdefault(1200, 900)
PASSWORD = "long-enough-password"
LOGINS = {
    "luo.qian": "operations",
    "lu.ning": "operations",
    "tang.wei": "analyst",
    "sun.qian": "complaints",
    "gao.yuan": "auditor",
    "liang.min": "admin",
}
LOOKS = [("zh-hans", 1440), ("en", 1440), ("zh-hans", 1200), ("en", 1200)]
# Routes of staff without a page of their own (files, actions, the way in, the start, which goes on), and those that
# another test of this folder walks.
NO_PAGES = {
    "staff", "staff_login", "staff_second_factor", "staff_logout", "staff_unmask", "staff_document", "staff_letter",
    "staff_export", "staff_policy_workbook", "staff_policy_draft_workbook", "staff_model_workbook",
}  # fmt: skip
ELSEWHERE = {
    "staff_model", "staff_policies", "staff_policy_draft", "staff_policy", "staff_relief", "staff_relief_request",
    "staff_paper",
}  # fmt: skip


class House:
    """A small lender with things for every desk: loans, cases, a referral, a request for a second person."""

    def __init__(self) -> None:
        from puhui.access import operations as access
        from puhui.access.staff.domain import ApprovalKind
        from puhui.journeys import complain, consent, staff_four_eyes
        from puhui.payments.queries import list_orders
        from puhui.runtime.clock import utc_now
        from puhui.runtime.transactions import transaction
        from tests.journeys.world import World

        self.world = world = World()
        world.now = utc_now() - timedelta(days=3)
        for login, role in LOGINS.items():
            with transaction():
                access.create_staff(login=login, password=PASSWORD, role=role, now=world.now)
        _borrower, loan = world.running(0)
        world.prepay(loan)
        world.work()
        self.loan, self.customer_id = loan, loan.customer_id
        self.order_id = next(
            one.id for one in list_orders(loan_id=loan.id) if one.direction.value == "collect"
        )
        self.case = complain.open(
            customer_id=loan.customer_id,
            kind="complaint",
            about=f"loan:{loan.id}",
            text="提醒短信来得太早了，我是晚上上班的。",
            key="c",
            now=world.now,
        )
        referred = world.borrower(1)
        referred.register(world.now)
        referred.say_who(world.now)
        self.application_id = referred.apply(world.now).id
        consent.withdraw(customer_id=referred.customer_id, purpose="credit_report", key="w", now=world.now)
        world.work()
        self.approval_id = staff_four_eyes.ask(
            kind=ApprovalKind.PAYMENT_REFUND,
            subject=f"payment:{self.order_id}",
            body={"order_id": self.order_id},
            why="Meant for another loan",
            by="luo.qian",
            key="a",
            now=world.now,
        ).id
        self.delivery_id = a_delivery(world.now, events=2, given_up=True)
        self.intake_id = an_intake([world.person(index).resident_number for index in (0, 1)])
        world.close()  # the outside parties are the settings' again


@pytest.fixture
def house(transactional_db: None) -> House:
    """One lender for a test."""
    return House()


def sign_in(walk: Walk, login: str) -> None:
    """Sign a member of staff in."""
    walk.go("/staff/login")
    walk.page.fill("#f-login", login)
    walk.page.fill("#f-password", PASSWORD)
    walk.press("Sign in", "登录")


def shoot_top(walk: Walk, name: str) -> None:
    """Keep a picture of the first screens of a long page."""
    if not kit.KEEP or walk.width != 1440:
        return
    clip = {"x": 0, "y": 0, "width": walk.width, "height": 1500}
    picture = walk.page.screenshot(full_page=True, clip=clip)
    (kit.SHOTS / f"{name}-{'en' if walk.english else 'zh'}-{walk.width}.png").write_bytes(shrink(picture))


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_every_staff_page_holds_what_every_page_must(
    walks: Make, house: House, language: str, width: int
) -> None:
    """Each page with its own role; pictures of each are kept when asked for."""
    pages = {
        "luo.qian": [
            ("staff-queue", "/staff/queue"),
            ("staff-application", f"/staff/queue/application/{house.application_id}"),
            ("staff-approvals", "/staff/approvals"),
            ("staff-payment", f"/staff/payments/{house.order_id}"),
            ("staff-loan-event", f"/staff/loans/{house.loan.id}/events?kind=waive"),
            ("staff-customers", "/staff/customers"),
            ("staff-file", f"/staff/customers/{house.customer_id}"),
            ("staff-me", "/staff/me"),
            ("staff-webhooks", "/staff/webhooks"),
            ("staff-webhook", f"/staff/webhooks/{house.delivery_id}"),
        ],
        "lu.ning": [("staff-approval", f"/staff/queue/approval/{house.approval_id}")],
        "sun.qian": [("staff-case", f"/staff/queue/case/{house.case.id}")],
        "tang.wei": [
            ("staff-portfolio", "/staff/portfolio"),
            ("staff-reports", "/staff/reports"),
            ("staff-guarantees", "/staff/guarantees"),
            ("staff-models", "/staff/models"),
            ("staff-monitoring", "/staff/monitoring"),
            ("staff-sources", "/staff/sources"),
            ("staff-intake", f"/staff/intakes/{house.intake_id}"),
        ],
        "gao.yuan": [
            ("staff-replay", "/staff/replay"),
            ("staff-audit", "/staff/audit"),
            ("staff-ledger", "/staff/ledger"),
        ],
        "liang.min": [("staff-people", "/staff/people")],
    }
    seen = {resolve(path.partition("?")[0]).url_name for listed in pages.values() for _, path in listed}
    from puhui.web.staff.urls import (
        urlpatterns as staff_pages,
    )  # needs the converters that the root has registered

    assert seen == {one.name for one in staff_pages} - NO_PAGES - ELSEWHERE, (
        "every page of staff is in the list"
    )
    for login, listed in pages.items():
        walk = walks(language=language, width=width)
        walk.go("/staff/login")
        walk.check("staff-login", shot=login == "luo.qian" and width == 1440)
        sign_in(walk, login)
        for name, path in listed:
            walk.go(path)
            walk.check(name, shot=name != "staff-file" and width == 1440)
            if name == "staff-file":
                shoot_top(walk, name)
        walk.close()


def test_the_portfolio_adds_up_on_three_dates_and_an_old_one_is_plum(walks: Make, house: House) -> None:
    """On each date the late table's rows make its total, the loans' sum is what the positions say then, the plots draw
    it; another date than today says so.
    """
    walk = walks(language="en", width=1440)
    sign_in(walk, "tang.wei")
    today, totals, plots = business_date(utc_now(), zone="Asia/Shanghai"), [], []
    for back in (0, 1, 400):
        walk.go(f"/staff/portfolio?as_of={today - timedelta(days=back)}")
        rows = [int(cell.get_attribute("data-sum") or "x") for cell in walk.page.locator("[data-sum]").all()]
        total = int(walk.page.locator("[data-total]").get_attribute("data-total") or "x")
        stands = list_positions(loan_ids=list_loan_ids(), as_of=today - timedelta(days=back))
        active = [one for one in stands.values() if one.state is LoanState.ACTIVE]
        assert rows and sum(rows) == total == sum(one.principal_outstanding_minor for one in active)
        assert "Positions equal the ledger, to the cent" in walk.page.locator("main").inner_text()
        assert walk.page.locator(".note.plum").is_visible() == bool(back)
        totals.append(total)
        plots.append(walk.page.locator("svg.plot").first.inner_html())
        walk.check(f"staff-portfolio-{back}")
    assert totals[0] > 0 == totals[2] and plots[0] != plots[2]


def test_the_cost_of_the_guarantees_is_a_line_beside_what_carries_it(walks: Make, house: House) -> None:
    """Every regime has its add-on; strategic givers cost more than distrustful ones, forgers more still."""
    walk = walks(language="en", width=1440)
    sign_in(walk, "tang.wei")
    walk.go("/staff/reports")
    walk.follow(walk.page.get_by_role("link", name="Cost of the guarantees"))
    rows = walk.page.locator("[data-regime]")
    added = {
        row.get_attribute("data-regime"): int(
            row.locator("[data-add-on]").get_attribute("data-add-on") or "x"
        )
        for row in rows.all()
    }
    assert list(added) == ["all", "random", "strategic", "distrustful", "forgers_1", "forgers_3", "forgers_5"]
    assert 0 <= added["distrustful"] <= added["strategic"] <= added["forgers_1"] <= added["forgers_5"]
    assert int(walk.page.locator("[data-carried]").get_attribute("data-carried") or "x") > 0
    walk.check("staff-guarantees", shot=True)


def test_dark_staff_pages_keep_their_contrast(walks: Make, house: House) -> None:
    """Queue and portfolio pass the same checks in the dark."""
    walk = walks(language="zh-hans", width=1440, dark=True)
    sign_in(walk, "tang.wei")
    for name in ("portfolio", "queue", "ledger"):
        walk.go(f"/staff/{name}")
        walk.check(f"staff-{name}-dark", shot=True)


def test_the_keyboard_walks_opens_takes_and_answers(walks: Make, house: House) -> None:
    """J, Enter, T, a typed answer, C: a complaint is answered without touching the mouse."""
    from puhui.protection.domain import CaseState
    from puhui.protection.queries import get_case

    walk = walks(language="en", width=1440)
    sign_in(walk, "sun.qian")
    walk.go("/staff/queue")
    walk.page.keyboard.press("j")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/staff/queue/case/**")
    walk.page.keyboard.press("t")
    walk.page.wait_for_selector("text=you have it")
    assert get_case(house.case.id).handler == "sun.qian"
    walk.page.fill("#f-answer", "You are right. We write after ten from now on.")
    walk.page.locator("h1").click()
    walk.page.keyboard.press("c")
    walk.page.wait_for_url("**/staff/queue")
    assert get_case(house.case.id).state is CaseState.CLOSED
    walk.page.keyboard.press("?")
    assert walk.page.locator("#keys[open]").is_visible(), "? shows the keys"
    walk.check("staff-keys", shot=True)
    walk.page.keyboard.press("Escape")
    assert not walk.page.locator("#keys").is_visible()
    walk.page.keyboard.press("/")
    walk.page.keyboard.type(house.case.number.lower())
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url(f"**/staff/customers/{house.customer_id}")


def test_the_auditor_checks_everything_and_reads_a_log(walks: Make, house: House) -> None:
    """C checks chain and seals; a person's log names who opened her file."""
    walk = walks(language="zh-hans", width=1440)
    sign_in(walk, "luo.qian")
    walk.go(f"/staff/customers/{house.customer_id}")
    other = walks(language="zh-hans", width=1440)
    sign_in(other, "gao.yuan")
    other.go("/staff/audit")
    other.page.keyboard.press("c")
    other.page.wait_for_selector(".note.jade >> nth=1")
    assert other.page.locator(".note.brick").count() == 0
    other.page.fill("#f-person", house.case.number)
    other.press("Show the log", "看访问记录")
    assert "打开档案" in other.page.locator("main").inner_text()
    other.go("/staff/replay")
    other.page.locator("#f-count").fill("20")
    other.press("Draw and replay", "抽样重放")
    other.check("staff-replayed", shot=True)
    assert other.page.locator(".note.jade").is_visible()


def test_a_stale_page_is_told_who_is_on_it_and_keeps_the_typed_words(walks: Make, house: House) -> None:
    """Two people open one item; the second is told, and her words are still in the field."""
    from puhui.journeys import staff_claim
    from puhui.runtime.clock import utc_now

    walk = walks(language="zh-hans", width=1440)
    sign_in(walk, "sun.qian")
    walk.go(f"/staff/queue/case/{house.case.id}")
    staff_claim.take(subject=f"case:{house.case.id}", by="luo.qian", version=0, now=utc_now())
    walk.page.fill("#f-answer", "写到一半")
    walk.press("", "答复并办结 C")
    assert "luo.qian 正在办" in walk.page.locator("main").inner_text()
    walk.errors.clear()  # a 409 is what Chromium reports as a failed resource
    walk.check("staff-held", shot=True)


def totp(secret: str, at: float) -> str:
    """Return the six digits of RFC 6238."""
    digest = hmac.new(b32decode(secret), struct.pack(">Q", int(at) // 30), sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def test_second_factors_by_code_recovery_code_and_passkey(walks: Make, house: House, settings: Any) -> None:
    """Outside the demo staff must add one; after that the password alone opens nothing."""
    settings.SECOND_FACTOR_NEEDED = True
    walk = walks(language="en", width=1440)
    sign_in(walk, "luo.qian")
    walk.go("/staff/queue")
    assert walk.page.url.endswith("/staff/me"), "no page before the second factor"
    secret = walk.page.locator("p.mono.mini").inner_text().strip()
    walk.page.fill("#f-code", totp(secret, time.time()))
    walk.page.locator("section", has=walk.page.locator("#f-code")).get_by_role("button").click()
    walk.page.wait_for_selector(".codes li")
    codes = walk.page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    walk.check("staff-me-codes")
    walk.go("/staff/queue")
    walk.press("Sign out", "退出登录")

    sign_in(walk, "luo.qian")
    assert walk.heading() == "Second factor"
    walk.check("staff-second-factor", shot=True)
    walk.page.fill("#f-code", "000000")
    walk.press("Continue", "继续")
    assert walk.page.locator("[role=alert]").first.is_visible()
    walk.errors.clear()
    walk.page.fill("#f-code", codes[0])
    walk.press("Continue", "继续")
    walk.page.wait_for_url("**/staff/queue")

    device = walk.context.new_cdp_session(walk.page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    walk.go("/staff/me")
    walk.page.fill("#f-name", "Desk")
    walk.press("Add a passkey", "添加通行密钥")
    walk.page.wait_for_selector("text=Passkey Desk")
    walk.press("Sign out", "退出登录")
    sign_in(walk, "luo.qian")
    walk.press("Use a passkey", "用通行密钥")
    walk.page.wait_for_url(re.compile(r".*/staff/(queue)?$"))
    assert walk.heading() == "Queue"


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1200), ("en", 1440)])
def test_an_event_is_seen_before_it_is_asked_for(
    walks: Make, house: House, language: str, width: int
) -> None:
    """The preview shows both sides, a refusal names its field, and the request waits for a second person."""
    walk = walks(language=language, width=width)
    sign_in(walk, "luo.qian")
    page = walk.page
    walk.go(f"/staff/customers/{house.customer_id}")
    walk.follow(page.locator(f"a[href='/staff/loans/{house.loan.id}/events']"))
    page.select_option("#f-kind", "extend")
    walk.press("Show its form", "打开表单")
    walk.check("staff-loan-event")
    page.fill("#f-count", "500")
    walk.press("See what it does", "先看结果")
    assert "120" in page.locator("[role=alert]").first.inner_text()
    walk.errors.clear()  # the browser's own line about the refusal (422)
    page.fill("#f-count", "3")
    walk.press("See what it does", "先看结果")
    walk.check("staff-loan-event-tried")
    rows = page.locator("#tried table").nth(1).locator("tbody tr")
    assert rows.count() == 15
    page.fill("#f-why", "She asked for smaller payments")
    walk.press("Ask for a second person", "提交复核")
    assert page.locator("a[href*='/staff/queue/approval/']").count() == 1
    walk.check("staff-loan-event-asked")
