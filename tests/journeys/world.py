"""A small world for the journey tests: a clock, a rail in memory, a bureau that knows one good file, and a worker.

Everything but the outside parties is the product itself, on a real database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from django.apps import apps
from django.conf import settings

from puhui.batch.tie_out import differences
from puhui.core.refusals import Refusal
from puhui.core.time import instant_at
from puhui.decisions.queries import list_decision_ids, replay_decision
from puhui.facts.gateways.sandbox import SandboxBureau
from puhui.facts.sandbox_files import Entry
from puhui.facts.sandbox_files import key_of as bureau_key
from puhui.journeys import parties, repay
from puhui.journeys.handlers import HANDLERS, SCHEDULES
from puhui.lab.borrower import Borrower, Wish
from puhui.lab.people import InventedPerson, invent_person
from puhui.loans.domain import Loan, LoanState, Position
from puhui.loans.queries import get_loan, get_position
from puhui.payments.gateways.sandbox import SandboxRail
from puhui.products.domain import Method
from puhui.runtime.schedules import tick
from puhui.runtime.worker import drain
from puhui.web.shared.refusals import UNKNOWN, refused

ZONE = "Asia/Shanghai"
START = date(2026, 3, 2)
GOOD_ROW = 9773  # the safest file of data/lending_club_applicants.csv
MONEY = {
    "amount": "20000",
    "purpose": "daily",
    "months": "12",
    "income": "20000",
    "rent": "3000",
    "living": "3000",
    "other_instalments": "0",
    "other_lenders": "0",
}
TABLES = (
    "runtime", "access", "ledger", "protection", "customers", "contact", "payments", "facts", "evidence", "decisions", "lines",
    "offers", "loans", "relief",
)  # fmt: skip
# What may remain of a refused act on purpose: the count of wrong codes, and that a form was seen with one.
COUNTERS = {"access_gate"}
FORM_SEEN = frozenset({"runtime_key"})


class Everybody(dict[str, Entry]):
    """A bureau directory in which every number has the same good file."""

    def get(self, key: str, default: Entry | None = None) -> Entry | None:  # type: ignore[override]
        return super().get(key) or Entry(row=GOOD_ROW, hit="hit")


class World:
    """The clock and the hands of a test."""

    def __init__(self, *, faults: str = "", seed: int = 1, start: date = START) -> None:
        self.seed = seed  # of people and codes
        self.now = instant_at(start, time(10, 0), zone=ZONE)  # the clock
        self.directory = Everybody()  # what the bureau knows
        self.rail = SandboxRail(path=":memory:", faults=faults)
        parties.put(name="rail", party=self.rail)
        parties.put(name="bureau", party=SandboxBureau(directory=self.directory))
        tick(schedules=SCHEDULES, now=self.now)

    @property
    def today(self) -> date:
        """The business date."""
        return self.now.astimezone(instant_zone()).date()

    def close(self) -> None:
        """Give the outside parties back to the settings."""
        self.rail.close()
        for name in ("rail", "bureau"):
            parties.put(name=name, party=None)

    def wait(self, **span: int) -> datetime:
        """Move the clock, doing nothing."""
        self.now += timedelta(**span)
        return self.now

    def work(self, now: datetime | None = None) -> None:
        """Let the worker do what is due."""
        drain(handlers=HANDLERS, now=now or self.now, strict=True)

    def live_until(self, day: date) -> None:
        """Let the days pass up to noon of `day`, with schedules and work several times a day."""
        first = self.today
        for one in [first + timedelta(days=n) for n in range((day - first).days + 1)]:
            for hour in (1, 9, 12):
                at = instant_at(one, time(hour, 50), zone=ZONE)
                if at > self.now:
                    self.now = at
                    tick(schedules=SCHEDULES, now=at)
                    self.work()

    def person(self, index: int) -> InventedPerson:
        """Somebody who does not exist."""
        return invent_person(seed=self.seed, index=index)

    def borrower(
        self,
        index: int = 0,
        *,
        amount_minor: int = 2_000_000,
        months: int = 12,
        method: Method = Method.EQUAL_INSTALMENT,
        autopay: bool = False,
        language: str = "zh-hans",
        row: int = GOOD_ROW,
        hit: str = "hit",
        **fields: str,
    ) -> Borrower:
        """A scripted borrower with a month that bears much; `fields` replaces what she types."""
        person = self.person(index)
        self.directory[bureau_key(person.resident_number)] = Entry(row=row, hit=hit)
        wish = Wish(
            fields={**MONEY, **fields},
            amount_minor=amount_minor,
            months=months,
            method=method,
            autopay=autopay,
        )
        return Borrower(person=person, wish=wish, language=language, seed=self.seed, work=self.work)

    def approved(self, index: int = 0, **wish: object) -> Borrower:
        """A borrower with a line."""
        one = self.borrower(index, **wish)  # type: ignore[arg-type]
        answer = one.ask(self.now)
        assert answer.line is not None, answer.decision
        return one

    def signed(self, index: int = 0, **wish: object) -> tuple[Borrower, Loan]:
        """A borrower who has signed; nothing has left the house yet."""
        one = self.approved(index, **wish)
        loan = one.borrow(self.now)
        assert loan is not None
        return one, loan

    def running(self, index: int = 0, **wish: object) -> tuple[Borrower, Loan]:
        """A borrower whose money is in her account."""
        one, loan = self.signed(index, **wish)
        self.work()
        loan = get_loan(id=loan.id)
        assert loan.state is LoanState.ACTIVE
        return one, loan

    def prepay(self, loan: Loan, *, key: str = "p", amount_minor: int = 100_000) -> None:
        """She begins to pay part of the loan early; the rail answers when the world works."""
        repay.start(
            customer_id=loan.customer_id,
            loan_id=loan.id,
            amount_minor=amount_minor,
            intent="prepay",
            key=key,
            now=self.now,
        )

    def position(self, loan: Loan) -> Position:
        """What the loan is today."""
        return get_position(loan_id=loan.id, as_of=self.today)

    def check(self) -> None:
        """The books tie out, every decision replays, the rail moved nothing twice, and no work is dead."""
        assert differences(currency="CNY", as_of=self.today) == []
        for id in list_decision_ids():
            assert replay_decision(id).identical, id
        assert_once(self.rail)


def instant_zone() -> object:
    """The lender's zone."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(ZONE)


def assert_once(rail: SandboxRail) -> None:
    """Every order moved its money at most once, and came back at most once."""
    from puhui.payments.queries import list_order_page

    for order in list_order_page(limit=100_000):
        found = rail.effects(key=order.id)
        assert len({outcome for outcome, _ in found}) == len(found), order
        assert all(amount == order.amount_minor for _, amount in found), order


def count_rows() -> dict[str, int]:
    """How many rows every table of ours has."""
    models = [model for label in TABLES for model in apps.get_app_config(label).get_models()]
    return {
        model._meta.db_table: model._default_manager.count()
        for model in models
        if model._meta.db_table not in COUNTERS
    }


def refuses(
    kind: type[Refusal],
    act: Callable[[], object],
    *,
    field: str | None = None,
    but: frozenset[str] = frozenset(),
) -> Refusal:
    """The act is refused as `kind`, names `field`, has a sentence in both languages, and leaves no row behind, `but`
    tables excepted."""
    before = count_rows()
    try:
        act()
    except Refusal as refusal:
        assert type(refusal) is kind, refusal
        said = {
            language: refused(refusal, language=language, currency="CNY", zone=settings.LENDER["zone"])
            for language in ("zh-hans", "en")
        }
        if field is not None:
            assert said["en"].field == field
        for one in said.values():
            assert one.sentence not in UNKNOWN.values()
            assert "…" not in one.sentence and "{" not in one.sentence, one.sentence
        assert said["en"].sentence != said["zh-hans"].sentence
        after = count_rows()
        assert {k: n for k, n in after.items() if n != before[k]}.keys() <= but
        return refusal
    raise AssertionError(f"not refused: expected {kind.__name__}")


def utc(*parts: int) -> datetime:
    """An instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]
