"""She buys in a shop with 信用付, looks at her loan's papers, and gives the goods back, on a phone in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.kit import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]


def give_back(walk: Walk, loan_id: str, amount_minor: int) -> None:
    """The merchant's notice of a return is entered."""
    from puhui.core.ids import derive_id
    from puhui.journeys import house, merchant_return
    from puhui.loans.queries import get_loan
    from puhui.runtime.clock import utc_now
    from puhui.runtime.transactions import transaction

    now = utc_now()
    with transaction():
        merchant_return.record(
            id=derive_id("event", loan_id, str(amount_minor)),
            loan=get_loan(id=loan_id),
            amount_minor=amount_minor,
            value_date=house.today(now),
            now=now,
        )


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 390), ("en", 1440)])
def test_a_purchase_from_the_shop_to_the_return(walks: Make, language: str, width: int) -> None:
    """Each page on the way holds what every page must; the figures are the seller's and hers."""
    walk = walks(language=language, width=width)
    page = walk.page
    walk.sign_in()
    walk.apply(income="20000")
    walk.answer()
    walk.go("/draw")
    walk.check("draw-products", shot=True)
    walk.press("Xinyongfu", "信用付")
    page.fill("#f-amount", "1200")
    page.fill("#f-invoice", "QM-77")
    page.locator("#f-invoice").press("Tab")
    walk.press("Get the binding quote", "就要这份报价")
    assert page.locator("#e-merchant").count() == 1  # nobody is chosen for her
    walk.errors.clear()  # the browser's own line about the refusal (422)
    page.check("#s-qingmu")
    walk.check("draw-shop", shot=True)
    walk.press("Get the binding quote", "就要这份报价")
    page.wait_for_url("**/quote/*")
    walk.check("quote-shop", shot=True)
    shop = walk.say("Qingmu Home Appliances", "青木家电")
    assert shop in walk.heading() and "¥1,200" in walk.heading()
    assert "0.00%" in page.locator(".yours").inner_text()
    assert "QM-77" in page.locator("main").inner_text() and "¥54.00" in page.locator("main").inner_text()
    walk.bind()
    walk.check("sign-shop", shot=True)
    assert shop in page.locator("main").inner_text()
    walk.sign()
    walk.pay_out()
    walk.check("loan-shop", shot=True)
    assert "¥1,200.00" in walk.heading()
    loan = page.url
    for name, path in (
        ("what-if", "/what-if?amount=300"),
        ("statement", "/statement"),
        ("payoff-letter", "/payoff-letter"),
    ):
        page.goto(loan + path)
        page.wait_for_load_state()
        walk.check(name, shot=True)
        assert "¥" in page.locator("main").inner_text()
    loan_id = loan.rstrip("/").rsplit("/", 1)[1]
    give_back(walk, loan_id, 50_000)
    page.goto(loan)
    assert "¥700.00" in walk.heading()
    assert walk.say("Merchant return", "商户退货") in page.locator("main").inner_text()
    give_back(walk, loan_id, 70_000)
    page.goto(loan)
    walk.check("loan-returned", shot=True)
    assert walk.say("you owe nothing", "您不欠钱") in walk.heading()
