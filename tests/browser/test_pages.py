"""What must hold beside the straight way: no script, small screens, dark, large type, a decline, the staff's file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.kit import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]


def test_the_journey_works_without_script(walks: Make) -> None:
    """Every step is a plain form: quote, account, code and signature need no line of script."""
    walk = walks(language="en", script=False)
    walk.sign_in()
    walk.apply()
    walk.answer()
    walk.quote()
    walk.bind()
    walk.sign()
    walk.pay_out()
    assert "is left to pay off" in walk.heading()
    walk.follow(walk.page.locator("header .pill"))
    assert "Take a breath" in walk.heading()


def test_pages_fit_320_pixels_and_large_type(walks: Make) -> None:
    """The narrowest phone and the largest type scroll in one direction only."""
    walk = walks(language="zh-hans", width=320)
    walk.go("/")
    walk.check("welcome-320")
    walk.sign_in()
    walk.apply()
    walk.answer()
    walk.check("verdict-320")
    walk.go("/draw")
    walk.check("draw-320")
    walk.quote()
    walk.check("quote-320")
    walk.go("/me")
    walk.page.locator("label", has=walk.page.locator("input[name=elder][value='1']")).click()
    walk.press("Save", "保存")
    walk.check("me-large-type")
    assert walk.page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
    for path in ("/", "/draw", "/how-it-works"):
        walk.go(path)
        walk.check(f"large-type {path}")


def test_dark_pages_keep_their_contrast(walks: Make) -> None:
    """The dark look passes the same checks; its loan page is one of the kept pictures."""
    walk = walks(language="en", dark=True)
    walk.go("/")
    walk.check("welcome-dark")
    walk.sign_in()
    walk.apply()
    walk.answer()
    walk.check("verdict-dark")
    walk.quote()
    walk.check("quote-dark")
    walk.bind()
    walk.check("sign-dark")
    walk.sign()
    walk.pay_out()
    first = walk.page.locator("#f-as_of").get_attribute("min") or ""
    walk.page.goto(f"{walk.page.url}?as_of={int(first[:4]) + 1}-06-20")
    walk.check("loan-time-machine-dark", shot=True)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_decline_says_why_what_helps_and_what_does_not(walks: Make, language: str) -> None:
    """The heading is the answer, her own sum stands behind it, and a next step is open."""
    walk = walks(language=language)
    walk.sign_in()
    walk.apply(amount="30000", income="5800")
    walk.answer()
    walk.check("declined", shot=True)
    assert walk.say("We can’t lend you ¥30,000 this time", "这次 ¥30,000 不能借给您") == walk.heading()
    body = walk.page.locator("main").inner_text()
    assert walk.say("What would help", "什么会有帮助") in body
    assert walk.say("What does not help", "什么没有用") in body
    assert "¥520" in body


def test_what_was_typed_survives_a_refusal(walks: Make) -> None:
    """A refused form comes back with its sentence at the field and every word as typed."""
    walk = walks(language="en")
    walk.sign_in()
    walk.go("/apply/1")
    walk.page.fill("#f-amount", "20000")
    walk.page.locator("label", has=walk.page.locator("input[name=months][value='12']")).click()
    walk.page.locator("label", has=walk.page.locator("input[name=purpose][value=other]")).click()
    walk.press("Continue", "继续")
    walk.page.fill("#f-name", "林晓雯")
    walk.page.fill("#f-number", "510104199001010010")
    walk.page.check("#f-identity")
    walk.press("Continue", "继续")
    assert walk.page.locator("#f-name").input_value() == "林晓雯"
    assert walk.page.locator("#e-number").is_visible()
    walk.errors.clear()  # a 422 is what Chromium reports as a failed resource
    walk.check("refused")


def test_the_month_is_summed_while_typing_and_kept(walks: Make) -> None:
    """The running sum follows the fields, and a reload finds them as typed."""
    walk = walks(language="en")
    walk.sign_in()
    walk.go("/apply/3")
    for field, value in {
        "income": "8600",
        "rent": "2200",
        "living": "2400",
        "other_instalments": "680",
    }.items():
        walk.page.locator(f"#f-{field}").press_sequentially(value)
    walk.page.locator("#sum").get_by_text("¥2,822").wait_for()
    assert "¥3,320" in walk.page.locator("#sum").inner_text()
    walk.page.wait_for_load_state("networkidle")
    walk.page.reload()
    assert walk.page.locator("#f-income").input_value() == "8600"
    walk.check("apply-month", shot=True)


def test_a_first_page_is_light(walks: Make) -> None:
    """The first borrower page with style and scripts is at most 100 KB as sent, and needs no other host."""
    walk = walks(language="zh-hans")
    hosts: set[str] = set()
    sizes: list[int] = []

    def seen(answer: Any) -> None:
        hosts.add(answer.url.split("/")[2])
        sizes.append(len(answer.body()))

    walk.page.on("response", seen)
    walk.go("/")
    walk.page.wait_for_load_state("networkidle")
    assert len(hosts) == 1
    assert sum(sizes) <= 100_000, sum(sizes)
