"""The demo's invented past: applicants of a real file walk the product's own journeys, day by day, up to today.

No journey is skipped and no row is written by hand; only the clock is virtual, and the acts of a day share a commit.
Every day is an act with an idempotency key of its own in that commit, so a load that was interrupted goes on with the
day where it stopped, and a second load does nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from puhui.core.refusals import Refusal
from puhui.core.time import business_date, instant_at
from puhui.customers.queries import find_by_phone
from puhui.facts.sandbox_files import Entry, key_of, write_directory
from puhui.journeys import parties
from puhui.journeys.handlers import HANDLERS, SCHEDULES
from puhui.journeys.once import keep, recall
from puhui.lab import demo_acts, demo_logins, demo_models, demo_payroll
from puhui.lab.borrower import Borrower, draw
from puhui.lab.demo_behaviour import Planned, make_plan
from puhui.lab.demo_data import Applicant, list_applicants, read_rows
from puhui.loans.domain import Loan
from puhui.loans.queries import count_loans, get_terms, list_loans
from puhui.runtime.queries import find_answer
from puhui.runtime.schedules import Schedule, tick
from puhui.runtime.transactions import batch_transaction, savepoint, transaction, without_savepoints
from puhui.runtime.worker import drain

SEED = 20261121
DAYS = 548  # eighteen months
TRIED_DAYS = 60  # before the demo's today, the days on which two models are tried beside the one in use
SIZES: dict[str, int | None] = {
    "small": 1500,
    "full": None,
}  # applicants; None = all of that half of the file
TAKE_UP_PERCENT = 40  # of those with a line who borrow
# What the demo's rail does to orders, so that a customer's file shows what a rail does.
FAULTS = "fail=0.012,repeat=0.02,unknown=0.01,reverse=0.002,seed=1"
SCOPE, BEGUN, COMPLETE = "demo.load", "begun", "complete"
Progress = Callable[[int, int, int], None]  # days done, days in all, loans so far


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    """What a borrower of the demo will do on a loan."""

    planned: Planned  # what and when
    borrower: Borrower  # who


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What a borrower with a demo login will do."""

    star: demo_logins.Star  # who, and in which state
    borrower: Borrower  # her hands
    act: Callable[[demo_logins.Star, Borrower, datetime], None]  # what
    at: datetime  # when


@dataclass(slots=True, kw_only=True)
class _Load:
    """A load on its way."""

    zone: str  # local times
    first_day: date  # first virtual day
    today: date  # last virtual day, the demo's today
    until: datetime  # last instant of it
    queue: list[tuple[datetime, str, Applicant | _Intent | _Scene]] = field(default_factory=list)  # heap
    loans: int = 0  # signed so far

    def plan(self, at: datetime, name: str, step: Applicant | _Intent | _Scene) -> None:
        """Let a step come at an instant; `name` orders what falls on the same one."""
        heapq.heappush(self.queue, (at, name, step))


def is_loaded() -> bool:
    """This function will tell whether a whole demo is in the database."""
    return find_answer(scope=SCOPE, key=COMPLETE) is not None


def size_of(name: str) -> int:
    """This function will return how many applicants a size has."""
    return SIZES[name] or len(read_rows(Path(settings.DATA_DIR)))


def load(*, until: datetime, count: int, progress: Progress) -> int:
    """This function will load `count` applicants and all that followed, up to the instant `until`, and return the
    number of loans.

    Days that are loaded already are skipped; a load that was begun keeps its own last instant and its count.
    `progress` is called after each commit.
    """
    begun = _begin(until=until, count=count)
    until, count = datetime.fromisoformat(begun["until"]), int(begun["count"])
    zone = settings.LENDER["zone"]
    today = business_date(until, zone=zone)
    state = _Load(zone=zone, first_day=today - timedelta(days=DAYS), today=today, until=until)
    numbers = _invite(state, count)
    demo_logins.make_staff(now=instant_at(state.first_day, time(8, 0), zone=zone))
    _hurry(True)
    parties.open_anew(name="rail", faults=FAULTS, durable=False)
    try:
        for number in range(DAYS + 1):
            _commit_day(state, state.first_day + timedelta(days=number), tries=number == DAYS - TRIED_DAYS)
            progress(number, DAYS, state.loans)
    finally:
        parties.put(name="rail", party=None)
        _hurry(False)
    demo_payroll.take(numbers, now=until, zone=zone)
    with transaction():
        recall(scope=SCOPE, key=COMPLETE, body={}, now=until)
        keep(scope=SCOPE, key=COMPLETE, body={}, answer={"loans": count_loans()}, now=until)
    return count_loans()


def _hurry(on: bool) -> None:
    """Give SQLite memory for a bulk load, and let it move its log into the file once, at the end."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA cache_size = {-131_072 if on else -2_000}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {20_000 if on else 1_000}")
        if not on:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _begin(*, until: datetime, count: int) -> dict[str, Any]:
    """What this load, or the one that it goes on with, was asked for."""
    begun = find_answer(scope=SCOPE, key=BEGUN)
    if begun is not None:
        return begun
    for left in Path(settings.VAR_DIR).glob("sandbox_rail.sqlite3*"):
        left.unlink()  # the rail of a database that is gone
    asked = {"until": until.isoformat(), "count": count}
    with transaction():
        recall(scope=SCOPE, key=BEGUN, body=asked, now=until)
        keep(scope=SCOPE, key=BEGUN, body=asked, answer=asked, now=until)
    return asked


def _invite(state: _Load, count: int) -> list[str]:
    """Put everybody's first step into the queue, and tell the bureau who they are: the applicants' resident numbers."""
    rows = read_rows(Path(settings.DATA_DIR))
    people = list(
        list_applicants(
            rows, count=count, first_day=state.first_day, days=DAYS - 2, seed=SEED, zone=state.zone
        )
    )
    stars = demo_logins.STARS
    known = {key_of(one.person.resident_number): Entry(row=one.row) for one in people}
    known |= {key_of(one.person.resident_number): Entry(row=one.row, hit="hit") for one in stars}
    write_directory(known)
    for one in people:
        state.plan(one.at, f"a{one.row}", one)
    for star in stars:
        _invite_star(state, star)
    return [one.person.resident_number for one in people]


def _invite_star(state: _Load, star: demo_logins.Star) -> None:
    borrower = demo_logins.borrower_of(star, today=state.today, work=work)
    asks = state.today - timedelta(days=star.asks_days_ago) if star.asks_days_ago else None
    for name, act, day in (
        ("apply", demo_logins.apply, demo_logins.first_day(star, today=state.today)),
        ("ask", demo_logins.ask, asks),
    ):
        if day is not None:
            at = instant_at(day, time(9, 30), zone=state.zone)
            state.plan(at, f"s{star.index}{name}", _Scene(star=star, borrower=borrower, act=act, at=at))


def _commit_day(state: _Load, day: date, *, tries: bool) -> None:
    ends = min(instant_at(day, time(22, 0), zone=state.zone), state.until)
    key, body = day.isoformat(), {"day": day}
    with batch_transaction():
        if recall(scope=SCOPE, key=key, body=body, now=ends) is None:
            if tries:
                demo_models.try_models(now=instant_at(day, time(8, 0), zone=state.zone))
            _live(state, day, ends)
            keep(scope=SCOPE, key=key, body=body, answer={}, now=ends)
            return
    _remember(state, ends)


def _live(state: _Load, day: date, ends: datetime) -> None:
    """Let one day happen: the schedules of the morning, then people in the order of their instants."""
    morning = min(instant_at(day, time(8, 30), zone=state.zone), ends)
    with without_savepoints():
        tick(schedules=_schedules(), now=morning)
    work(morning)
    work(min(instant_at(day, time(10, 0), zone=state.zone), ends))
    while state.queue and state.queue[0][0] < ends:
        _take(state, heapq.heappop(state.queue)[2])
    if ends < state.until:
        demo_acts.answer_cases(ends)
    work(ends)


def _take(state: _Load, step: Applicant | _Intent | _Scene) -> None:
    match step:
        case Applicant():
            _apply(state, step)
        case _Intent(planned=planned, borrower=borrower):
            demo_acts.perform(planned, borrower)
        case _Scene(star=star, borrower=borrower, act=act, at=at):
            act(star, borrower, at)


def _schedules() -> tuple[Schedule, ...]:
    """The product's schedules; what it does every hour or oftener is done once a day."""
    daily = [one for one in SCHEDULES if one.cron.split()[1].isdigit()]
    often = [
        Schedule(name=one.name, cron="20 8 * * *", zone=one.zone) for one in SCHEDULES if one not in daily
    ]
    return (*daily, *often)


def work(now: datetime) -> None:
    """This function will do all background work that is due at `now`."""
    with without_savepoints():
        drain(handlers=HANDLERS, now=now, nested=True, strict=True)


def _borrower(applicant: Applicant) -> Borrower:
    return Borrower(
        person=applicant.person, wish=applicant.wish, language=applicant.language, seed=SEED, work=work
    )


def _apply(state: _Load, applicant: Applicant) -> None:
    borrower = _borrower(applicant)
    with without_savepoints():
        answer = borrower.ask(applicant.at)
    if answer.line is None or draw(SEED, "take up", applicant.row) % 100 >= TAKE_UP_PERCENT:
        return
    later = applicant.at + timedelta(minutes=3 + draw(SEED, "thinks", applicant.row) % 40)
    try:
        with savepoint():
            loan = borrower.borrow(later)
    except Refusal:
        return  # what she wished for does not fit her line by this method; she leaves it
    if loan is not None:
        work(later)
        _expect(state, applicant, borrower, loan, after=later)


def _expect(state: _Load, applicant: Applicant, borrower: Borrower, loan: Loan, *, after: datetime) -> None:
    """Put into the queue what the customer of a loan will do."""
    state.loans += 1
    plan = make_plan(
        loan_id=loan.id,
        terms=get_terms(loan_id=loan.id),
        autopay=applicant.wish.autopay,
        went_bad=applicant.went_bad,
        row=applicant.row,
        seed=SEED,
        zone=state.zone,
    )
    for planned in plan:
        if planned.at > after:
            name = f"p{loan.id}{planned.name}"
            state.plan(planned.at, name, _Intent(planned=planned, borrower=borrower))


def _remember(state: _Load, ends: datetime) -> None:
    """A day that was loaded before: know again who borrowed on it, and what they still will do."""
    while state.queue and state.queue[0][0] < ends:
        step = heapq.heappop(state.queue)[2]
        if not isinstance(step, Applicant):
            continue
        customer = find_by_phone(step.person.phone)
        for loan in list_loans(customer_id=customer.id) if customer else []:
            borrower = _borrower(step)
            borrower.customer_id = loan.customer_id
            _expect(state, step, borrower, loan, after=ends)
