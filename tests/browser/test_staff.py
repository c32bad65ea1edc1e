"""Staff read one customer's file in a browser: decision, trace, replay, loan, ledger, messages, and the mask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.kit import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]


def test_staff_read_a_file_and_replay_its_decision(walks: Make) -> None:
    """One page: decision with trace and replay, loan with events and ledger, messages; unmasking is written down."""
    from puhui.access import operations as access
    from puhui.runtime.clock import utc_now
    from puhui.runtime.transactions import transaction

    borrower = walks(language="zh-hans")
    borrower.sign_in()
    borrower.apply()
    borrower.answer()
    borrower.quote()
    borrower.bind()
    borrower.sign()
    borrower.pay_out()
    with transaction():
        access.create_staff(
            login="luo.qian", password="long-enough-password", role="operations", now=utc_now()
        )
    walk = walks(language="en", width=1440)
    walk.go("/staff/")
    walk.page.fill("#f-login", "luo.qian")
    walk.page.fill("#f-password", "long-enough-password")
    walk.press("Sign in", "登录")
    walk.check("staff-customers")
    walk.page.fill("#search", borrower.person.phone)
    walk.page.locator("#search").press("Enter")
    walk.page.wait_for_load_state()
    walk.check("staff-customer", shot=True, whole=False)
    body = walk.page.locator("main").inner_text()
    assert "Replay: identical, byte for byte." in body
    assert borrower.person.phone not in body and borrower.person.resident_number not in walk.page.content()
    assert borrower.person.phone not in walk.page.url
    with walk.page.expect_response("**decision=**"):
        walk.page.locator("#replay").click()
    walk.page.get_by_text("Replay: identical, byte for byte.").wait_for()
    walk.page.get_by_role("button", name="Show", exact=True).last.click()
    walk.page.wait_for_load_state()
    assert borrower.person.resident_number in walk.page.locator("main").inner_text()
    assert "staff:luo.qian" in walk.page.locator("main").inner_text()
