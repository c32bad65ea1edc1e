"""What the tutorial says of figures, people and buttons is so."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from puhui.journeys import ask_for_help, parties
from puhui.journeys.handlers import HANDLERS
from puhui.lab.borrower import Borrower, Wish
from puhui.lab.people import invent_person
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position
from puhui.payments.gateways.sandbox import SandboxRail
from puhui.products.domain import Method
from puhui.protection.queries import get_house_policy
from puhui.runtime.worker import drain
from tests.docs.blocks import REPO

pytestmark = pytest.mark.release


PAGES = {
    name: (REPO / "docs/tutorial" / name).read_text("utf-8") for name in ("first-loan.md", "first-loan.zh.md")
}
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
MONEY = {
    "amount": "20000", "purpose": "education", "months": "12", "income": "8600", "rent": "2200", "living": "2400",
    "other_instalments": "680", "other_lenders": "2",
}  # fmt: skip
BOLD = re.compile(r"\*\*([^*]+)\*\*")
MESSAGE = re.compile(r'^msg(?:id|str)(?:\[\d\]|_plural)? "(.+)"$', re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_the_person_and_her_figures_stand_in_the_tutorial(name: str) -> None:
    person = invent_person(seed=8, index=0)
    for typed in (person.phone, person.name, person.resident_number, person.account_number):
        assert f"`{typed}`" in PAGES[name]
    for field in ("amount", "income", "rent", "living", "other_instalments"):
        assert f"`{MONEY[field]}`" in PAGES[name]


@pytest.mark.django_db(transaction=True)
def test_she_gets_what_the_tutorial_says() -> None:
    parties.put(name="rail", party=SandboxRail(path=":memory:"))
    try:
        walk()
    finally:
        parties.put(name="rail", party=None)


def walk() -> None:
    """The tutorial's customer, from her phone to her request for help."""

    def work(now: datetime) -> None:
        drain(handlers=HANDLERS, now=now)

    wish = Wish(fields=MONEY, amount_minor=3_000_00, months=12, method=Method.EQUAL_INSTALMENT, autopay=True)
    she = Borrower(person=invent_person(seed=8, index=0), wish=wish, language="en", seed=1, work=work)
    line = she.ask(NOW).line
    assert line is not None
    assert (line.limit_minor, line.grade, line.annual_rate_ppm) == (40_000_00, "C", 144_000)
    loan = she.borrow(NOW)
    assert loan is not None
    for seconds in (0, 60, 120):
        work(NOW + timedelta(seconds=seconds))
    assert get_position(loan_id=loan.id, as_of=NOW.date()).state is LoanState.ACTIVE
    asked = ask_for_help.ask(customer_id=she.customer_id, text="", key="help", now=NOW + timedelta(days=1))
    assert asked.frozen


def test_the_days_that_the_tutorial_names_are_the_house_s() -> None:
    policy = get_house_policy(jurisdiction="CN", on_date=NOW.date())
    assert (policy.quote_valid_days, policy.withdrawal_days, policy.freeze_days) == (7, 14, 14)
    assert (policy.reminder_days_before, policy.mandate_notice_days, policy.help_clock_days) == (3, 1, 2)


@pytest.mark.parametrize("name", PAGES)
def test_every_button_that_is_named_is_on_a_page(name: str) -> None:
    """What is bold in the tutorial is a text of the interface, or the beginning of one that names a figure."""
    said: set[str] = set()
    for path in (REPO / "src/puhui/web").glob("*/locale/zh_Hans/LC_MESSAGES/django.po"):
        said |= set(MESSAGE.findall(path.read_text("utf-8")))
    known = {one.lower() for one in said}
    strange = []
    for label in BOLD.findall(PAGES[name]):
        low = label.lower()
        if low not in known and not any(one.startswith(low) for one in known) and label != "中文 / English":
            strange.append(label)
    assert not strange


def test_every_picture_is_there() -> None:
    for name, text in PAGES.items():
        for picture in re.findall(r"\]\((\.\./screenshots/[^)]+)\)", text):
            assert Path(REPO / "docs/tutorial" / picture).is_file(), f"{name}: {picture}"
