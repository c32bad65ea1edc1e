"""People to sign in as: borrowers in states worth looking at, and one member of staff for each role.

The borrowers walk the same journeys as everybody, a few weeks or days before today, with fixed phones. Staff passwords are
made for each deployment and kept beside its secrets, because a demo's address may be open to others.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from puhui.access.domain import Role
from puhui.access.operations import create_staff
from puhui.access.queries import find_user
from puhui.customers.queries import find_by_phone
from puhui.journeys import ask_for_help, house
from puhui.lab.borrower import Borrower, Wish
from puhui.lab.people import InventedPerson, invent_person
from puhui.products.domain import Method
from puhui.products.queries import get_product
from puhui.runtime.transactions import transaction

SEED = 88  # apart from the applicants' seed, so that no phone comes twice
GOOD_ROW, POOR_ROW = 9773, 5771  # rows of the bureau's file
FIRST_DUE_DAYS = 16  # from her first day to her first payment: a day more than a first period lasts at least
LAST_DUE_DAY = 28  # the last one that every month has
STAFF = (Role.ANALYST, Role.OPERATIONS, Role.COMPLAINTS, Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """A borrower of the demo with a name for her state."""

    state: str  # what she is here to show
    index: int  # of the invented person
    days_ago: int  # when she applies, before today, at most (see `first_day`)
    row: int  # the bureau's row for her
    signs: bool  # whether she borrows
    autopay: bool  # whether she agrees to a mandate
    asks_days_ago: int  # when she asks for help, 0 for never
    income: str  # a month, as typed

    @property
    def person(self) -> InventedPerson:
        """Who she says she is."""
        return invent_person(seed=SEED, index=self.index)


STARS = (
    Star(
        state="approved, with an open quote", index=1, days_ago=1, row=GOOD_ROW, signs=False, autopay=False,
        asks_days_ago=0, income="15000",
    ),
    Star(
        state="a running loan, autopay", index=2, days_ago=100, row=GOOD_ROW, signs=True, autopay=True,
        asks_days_ago=0, income="15000",
    ),
    Star(
        state="late", index=3, days_ago=35, row=GOOD_ROW, signs=True, autopay=False, asks_days_ago=0, income="12000",
    ),
    Star(
        state="late and frozen since she asked for help", index=4, days_ago=38, row=GOOD_ROW, signs=True,
        autopay=False, asks_days_ago=1, income="12000",
    ),
    Star(
        state="declined", index=5, days_ago=2, row=POOR_ROW, signs=False, autopay=False, asks_days_ago=0, income="3000",
    ),
)  # fmt: skip


def first_day(star: Star, *, today: date) -> date:
    """This function will return the day on which a star applies: `days_ago`, but not before the product of today came into
    force, so that everything offered today can be tried on her loan. A product too new to have a payment due is passed by.
    """
    asked, came = (
        today - timedelta(days=star.days_ago),
        get_product(id=house.PRODUCT, on_date=today).valid_from,
    )
    return max(asked, came) if came + timedelta(days=FIRST_DUE_DAYS + 1) < today else asked


def due_day_of(first: date) -> int:
    """This function will return the due day that a star chooses: the first payment comes early, so that there is a past."""
    return min((first + timedelta(days=FIRST_DUE_DAYS)).day, LAST_DUE_DAY)


def borrower_of(star: Star, *, today: date, work: Callable[[datetime], None]) -> Borrower:
    """This function will return the scripted borrower of a star."""
    fields = {
        "amount": "20000",
        "purpose": "daily",
        "months": "12",
        "income": star.income,
        "rent": "2500",
        "living": "3000",
        "other_instalments": "0",
        "other_lenders": "0",
    }
    wish = Wish(
        fields=fields,
        amount_minor=2_000_000,
        months=12,
        method=Method.EQUAL_INSTALMENT,
        autopay=star.autopay,
        due_day=due_day_of(first_day(star, today=today)) if star.signs else None,
    )
    return Borrower(person=star.person, wish=wish, language="zh-hans", seed=SEED, work=work)


def apply(star: Star, borrower: Borrower, now: datetime) -> None:
    """This function will let a star apply, and quote or sign as her state needs."""
    answer = borrower.ask(now)
    if answer.line is None:
        return
    if star.signs:
        borrower.borrow(now + timedelta(minutes=9))
    else:
        borrower.quote(now + timedelta(minutes=9))


def ask(star: Star, borrower: Borrower, now: datetime) -> None:
    """This function will let a star ask for help."""
    customer = find_by_phone(star.person.phone)
    assert customer is not None, "she has applied before"
    ask_for_help.ask(customer_id=customer.id, text="", key=borrower.key("help"), now=now)


def make_staff(*, now: datetime) -> None:
    """This function will create one login for each role, with a password of this deployment."""
    for role in STAFF:
        if find_user(role.value) is None:
            with transaction():
                create_staff(login=role.value, password=password_of(role), role=role.value, now=now)


def password_of(role: Role) -> str:
    """This function will return the password of a demo login, made once and kept in VAR_DIR/secrets."""
    kept = Path(settings.VAR_DIR) / "secrets" / f"demo_{role.value}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.write_text(f"{role.value}-{secrets.token_hex(4)}", encoding="utf-8")
        kept.chmod(0o600)
    return kept.read_text(encoding="utf-8").strip()


def list_logins() -> list[tuple[str, str, str]]:
    """This function will return (who, sign in with, hint) of every demo login that exists."""
    found = [
        ("borrower", star.person.phone, star.state)
        for star in STARS
        if find_by_phone(star.person.phone) is not None
    ]
    staff = [
        (f"staff {role.value}", role.value, password_of(role)) for role in STAFF if find_user(role.value)
    ]
    return found + staff
