"""A borrower walks the first loan from registration to a receipt, in both languages, on a phone and on a desktop."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.kit import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_first_loan_from_registration_to_receipt(walks: Make, language: str, width: int) -> None:
    """Every page on the way is checked: accessible, one heading, no sideways scroll, no script error."""
    walk = walks(language=language, width=width)
    page = walk.page
    walk.go("/")
    walk.check("welcome", shot=True)
    walk.sign_in()
    walk.check("home-new")
    walk.apply()
    walk.check("wait")
    walk.answer()
    walk.check("verdict", shot=True)
    assert walk.say("You can borrow up to", "您最多可以借") in walk.heading()
    walk.go("/draw")
    walk.check("draw", shot=True)
    walk.quote()
    walk.check("quote", shot=True)
    sums_add_up(walk)
    walk.go("/")
    walk.check("home-quote", shot=True)
    walk.press("See the quote", "看报价")
    walk.bind()
    walk.check("sign", shot=True)
    walk.sign()
    walk.check("loan-on-its-way")
    walk.pay_out()
    assert walk.say("is left to pay off", "结清还要") in walk.heading()
    walk.check("loan", shot=True)
    pays_early(walk)
    asks_for_help(walk)
    complains(walk)
    for path in (
        "/me",
        "/me/data",
        "/proofs",
        "/how-it-works",
        "/loans",
        "/accounts",
        "/sandbox/inbox",
        "/sandbox/clock",
    ):
        walk.go(path)
        walk.check(path.strip("/").replace("/", "-"))
    assert page.locator(".pill").count() >= 1


def sums_add_up(walk: Walk) -> None:
    """Read the instalment table, sum every column, and compare with its foot and with the figures on the page."""
    table = walk.page.locator("table.instalments")
    columns = table.evaluate(
        "t => [...t.tBodies[0].rows].map(r => [...r.cells].filter(c => c.dataset.minor).map(c => Number(c.dataset.minor)))"
    )
    shown = table.evaluate(
        "t => [...t.tBodies[0].rows].map(r => [...r.cells].slice(2).map(c => c.innerText))"
    )
    foot = [
        to_minor(text)
        for text in table.evaluate("t => [...t.tFoot.rows[0].cells].slice(2).map(c => c.innerText)")
    ]
    assert [[to_minor(text) for text in row] for row in shown] == columns
    sums = [sum(column) for column in zip(*columns, strict=True)]
    assert sums == foot
    principal, interest, fee, total = sums
    assert principal == 300_000 and principal + interest + fee == total
    assert all(sum(row[:3]) == row[3] for row in columns)
    cost = walk.page.locator("[data-total-cost]").inner_text()
    assert to_minor(cost) == interest + fee
    assert f"¥{total / 100:,.2f}" in walk.page.locator(".yours").inner_text()


def to_minor(text: str) -> int:
    """Turn a written amount into minor units."""
    digits = re.sub(r"[^\d−]", "", text)
    return -int(digits[1:]) if digits.startswith("−") else int(digits)


def pays_early(walk: Walk) -> None:
    """Pay part early, see beforehand what it does, and find the receipt; look at another date."""
    page = walk.page
    loan = page.url
    page.goto(loan + "/pay?intent=prepay&amount=1000")
    page.wait_for_load_state()
    walk.check("pay", shot=True)
    walk.press("Pay ¥1,000.00", "还 ¥1,000.00")
    page.wait_for_url("**/loans/*")
    walk.pay_out()
    walk.follow(page.locator("a[href*='/receipts/']"))
    walk.check("receipt", shot=True)
    assert "¥1,000.00" in walk.heading()
    page.goto(loan)
    last = page.locator("#f-as_of").get_attribute("min")
    assert last is not None
    year = int(last[:4]) + 1
    page.goto(f"{loan}?as_of={year}-03-01")
    walk.check("loan-time-machine", shot=True)
    assert page.get_by_role("link", name=walk.say("Back to today to act", "回到今天再操作")).count() == 1
    assert page.locator(".actions .btn:not(.outline)").count() == 0
    page.goto(loan)


def asks_for_help(walk: Walk) -> None:
    """One press on the pill freezes, with no question before it."""
    walk.page.locator("header .pill").click()
    walk.page.wait_for_url("**/help")
    walk.check("help", shot=True)
    assert walk.say("Take a breath", "先喘口气") in walk.heading()


def complains(walk: Walk) -> None:
    """A complaint gets a number and a clock."""
    page = walk.page
    walk.go("/me")
    walk.follow(page.locator("footer").get_by_role("link", name=walk.say("Complain", "投诉")))
    page.fill("#f-text", walk.say("You took 8 yuan too much.", "多扣了 8 块钱。"))
    walk.press("Send", "发送")
    page.wait_for_url("**/cases/*")
    walk.check("case", shot=True)
    assert re.search(r"C-\d{4}-\d{3}", page.locator("main").inner_text())
