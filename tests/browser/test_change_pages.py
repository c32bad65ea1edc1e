"""After signing she negotiates too: another day, another number of payments, a lower price; before and after, and her signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from puhui.evidence.gateways.sandbox import SandboxEvidence
from puhui.journeys import parties, prove
from puhui.loans.queries import list_changes
from tests.browser.kit import Walk
from tests.browser.test_open_hand import RECORD
from tests.browser.test_relief_pages import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]
MIDDLING = 33  # a row of the sandbox bureau's file with something left to prove


@pytest.fixture
def running(transactional_db: None) -> Iterator[Any]:
    """A borrower whose loan runs, with something left to prove, and a tax office that shows a strong record."""
    from puhui.runtime.clock import utc_now
    from tests.journeys.world import World

    world = World()
    world.now = utc_now() - timedelta(minutes=5)
    _borrower, loan = world.running(0, months=12, amount_minor=600_000, row=MIDDLING, amount="6000")
    person = world.person(0)
    world.close()
    parties.put(name="evidence", party=SandboxEvidence(figures=RECORD))
    yield person, loan
    parties.put(name="evidence", party=None)


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 390), ("en", 1440)])
def test_she_changes_how_she_repays(walks: Make, running: Any, language: str, width: int) -> None:
    walk = walks(language=language, width=width)
    walk.person, loan = running
    page = walk.page
    enter(walk)
    walk.go(f"/loans/{loan.id}")
    walk.press("Change how you repay", "换个还法")
    walk.check("change", shot=True)
    page.check("#f-lower_price")
    page.wait_for_selector("#price")
    said = page.locator("#price").inner_text()
    assert walk.say("already the lowest", "已经是今天能给的最低价") in said
    assert page.locator("#price [data-kind=income_tax]").count() == 1, "what would lower it is said"
    walk.check("change-price-stays", shot=True)
    from puhui.runtime.clock import utc_now

    prove.give(customer_id=loan.customer_id, kind="income_tax", key="g", now=utc_now())
    walk.work()
    walk.go(f"/loans/{loan.id}/change?due_day=5&payments=18&lower_price=1")
    assert walk.say("Your rate can fall", "年利率可以从") in page.locator("#price").inner_text()
    walk.check("change-worked-out", shot=True)
    walk.press("Offer it to me, binding", "给我这个报价，算数")
    page.wait_for_url(f"**/loans/{loan.id}/change/*")
    walk.check("change-sign", shot=True)
    walk.press("Send me a code", "发送验证码")
    code = walk.code("sign_change")
    page.check("#f-change")
    page.fill("#f-code", code)
    walk.follow(page.locator("[data-gate-button]"))
    assert walk.say("Changed: next", "已变更：下一笔") in walk.heading()
    walk.check("change-signed", shot=True)
    [(quote, signed)] = list_changes(loan_id=loan.id)
    assert signed and len(quote.after.payments) == 18
    walk.go(f"/loans/{loan.id}")
    shown = page.locator("main").inner_text()
    assert quote.number in shown
    assert len(page.locator("tbody tr").all()) >= 18
    walk.go(f"/loans/{loan.id}/change/{quote.id}/text")
    assert quote.number in page.locator("main").inner_text()
    walk.go(f"/loans/{loan.id}/change?due_day=9")
    assert walk.say("a short while ago", "不久前刚改过") in page.locator("#answer").inner_text()
