"""A scripted borrower: she walks the product's own journeys, from her phone number to the money in her account.

Every answer is a function of (person, wish, seed); the clock is an argument of every step. What the worker does in
between (`work`) is the caller's: drained inline by the demo and the tests, done by real workers in the simulation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.customers.domain import Customer
from puhui.decisions.domain.stored import Application
from puhui.journeys import account, apply, assess, consent, identify, offer, offer_reach, register, sign
from puhui.journeys.assess import AssessState
from puhui.lab.people import InventedPerson
from puhui.loans.domain import Loan
from puhui.offers.domain import Quote
from puhui.payments.domain import BankAccount
from puhui.products.domain import Method

# What a loan needs; "marketing" is asked for on the same page and refused by most.
CONSENTS = (
    "service",
    "identity",
    "credit_report",
    "automated_decision",
    "contact_service",
    "report_to_bureau",
)
Work = Callable[[datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a scripted borrower types and chooses."""

    fields: Mapping[str, str]  # the application's fields, as typed
    amount_minor: int  # to draw, lowered to what the line and the term allow
    months: int  # term of the draw
    method: Method  # how the principal comes back
    autopay: bool  # whether she agrees to a mandate
    due_day: int | None = None  # of the month that she chooses, None = the day of the draw
    marketing: bool = False  # whether she agrees to marketing


def draw(seed: int, *parts: object) -> int:
    """This function will return a number of 64 bits, the same for the same seed and parts."""
    text = "\x1f".join([str(seed), *(str(part) for part in parts)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class Borrower:
    """One person at one browser. Each step has its own idempotency key, so a step that is repeated changes nothing."""

    def __init__(self, *, person: InventedPerson, wish: Wish, language: str, seed: int, work: Work) -> None:
        self.person = person  # who she says she is
        self.wish = wish  # what she wants
        self.language = language  # "zh-hans" or "en"
        self.seed = seed  # of her codes and keys
        self.work = work  # lets the worker work at an instant
        self.customer_id = ""  # after register
        self.application_id = ""  # after apply

    def key(self, step: str) -> str:
        """The idempotency key of one form of hers."""
        return derive_id("borrower", str(self.seed), self.person.phone, step)

    def code(self, step: str) -> str:
        """The one-time code of one step, six digits."""
        return f"{draw(self.seed, self.person.phone, step) % 1_000_000:06d}"

    def register(self, now: datetime) -> Customer:
        """She proves her phone."""
        phone, language = self.person.phone, self.language
        code = self.code("sign in")
        register.request_code(phone=phone, language=language, code=code, key=self.key("ask code"), now=now)
        customer = register.confirm_code(
            phone=phone, code=code, language=language, key=self.key("give code"), now=now
        )
        self.customer_id = customer.id
        return customer

    def say_who(self, now: datetime) -> None:
        """She gives her consents one by one on one page, then name and number."""
        purposes = (*CONSENTS, *(("marketing",) if self.wish.marketing else ()))
        consent.give(customer_id=self.customer_id, purposes=purposes, key=self.key("consents"), now=now)
        identify.record(
            customer_id=self.customer_id,
            name=self.person.name,
            number=self.person.resident_number,
            key=self.key("identity"),
            now=now,
        )

    def apply(self, now: datetime) -> Application:
        """She types her application and sends it."""
        typed = apply.save(
            customer_id=self.customer_id, fields=self.wish.fields, key=self.key("typed"), now=now
        )
        self.application_id = typed.id
        return apply.submit(
            customer_id=self.customer_id, application_id=typed.id, key=self.key("send"), now=now
        )

    def ask(self, now: datetime) -> AssessState:
        """From nothing to the verdict."""
        self.register(now)
        self.say_who(now)
        self.apply(now)
        self.work(now)
        return assess.get_state(customer_id=self.customer_id, application_id=self.application_id)

    def quote(self, now: datetime) -> Quote | None:
        """She takes a quote for what she wants, or for the most that her line and the term allow; None if nothing."""
        wish = self.wish
        most = offer_reach.get_most(customer_id=self.customer_id, months=wish.months, now=now)
        amount = min(wish.amount_minor, most)
        if not amount:
            return None
        return offer.quote(
            customer_id=self.customer_id,
            amount_minor=amount,
            months=wish.months,
            method=wish.method,
            due_day=wish.due_day,
            key=self.key("quote"),
            now=now,
        )

    def bind(self, now: datetime) -> BankAccount:
        """She binds her account and agrees to autopay or not."""
        bound = account.bind(
            customer_id=self.customer_id,
            number=self.person.account_number,
            bank_name=self.person.bank_name,
            key=self.key("account"),
            now=now,
        )
        if self.wish.autopay:
            account.agree_mandate(
                customer_id=self.customer_id, account_id=bound.id, key=self.key("mandate"), now=now
            )
        return bound

    def sign(self, quote: Quote, now: datetime) -> Loan:
        """She signs with a one-time code; the payout is ordered with it."""
        code = self.code("sign")
        sign.request_code(
            customer_id=self.customer_id, quote_id=quote.id, code=code, key=self.key("ask sign"), now=now
        )
        return sign.sign(
            customer_id=self.customer_id,
            quote_id=quote.id,
            code=code,
            consents=("credit_report",)
            if consent.lacks_lenders(customer_id=self.customer_id, now=now)
            else (),
            language=self.language,
            key=self.key("sign"),
            now=now,
        )

    def borrow(self, now: datetime) -> Loan | None:
        """From the verdict to a signed contract; None where the line gives nothing for her term."""
        quote = self.quote(now)
        if quote is None:
            return None
        self.bind(now)
        return self.sign(quote, now)
