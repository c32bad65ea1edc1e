"""The trace page shows what a decision was served, and that her history gives the same again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from puhui.access import operations as access
from puhui.journeys import consent
from puhui.runtime.clock import utc_now
from puhui.runtime.transactions import transaction
from tests.browser.test_staff_pages import PASSWORD, Make, sign_in
from tests.journeys.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def customer_id(transactional_db: None) -> str:
    """Somebody decided today, who took one consent back before the decision."""
    world = World()
    world.now = utc_now() - timedelta(minutes=30)
    with transaction():
        access.create_staff(login="gao.yuan", password=PASSWORD, role="auditor", now=world.now)
    borrower = world.borrower(0)
    borrower.register(world.now)
    borrower.say_who(world.now)
    borrower.apply(world.now)
    consent.withdraw(customer_id=borrower.customer_id, purpose="identity", key="w", now=world.now)
    world.work()
    world.close()
    return borrower.customer_id


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1200), ("en", 1440)])
def test_the_trace_shows_what_was_served_and_what_was_not(
    walks: Make, customer_id: str, language: str, width: int
) -> None:
    walk = walks(language=language, width=width)
    sign_in(walk, "gao.yuan")
    walk.go(f"/staff/customers/{customer_id}")
    served = walk.page.locator("#features")
    said = served.inner_text()
    assert walk.say("identical, field by field", "逐项一致") in said
    assert walk.say("Other applications in 30 days", "近30天的其他申请") in said and "2026-11-22" in said
    refused = served.locator("tr", has_text="devices_bound_90d").locator(".tag.brick")
    assert walk.say("not computed", "未计算") in refused.inner_text()
    assert served.locator("tbody tr").count() == 6
    assert (
        walk.say("left out features without consent", "因未获同意略去了特征")
        in walk.page.locator("main").inner_text()
    )
    walk.check("staff-features")
