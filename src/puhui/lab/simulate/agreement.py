"""The fast path held against the real journeys: the same people, the same days, the same sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from puhui.lab.borrower import Borrower
from puhui.lab.observed import EventLog, Seen
from puhui.lab.planbook import LoanShape, make_book
from puhui.lab.policies.arms import Relief
from puhui.lab.policies.table import ReliefTable
from puhui.lab.simulate.journeys import Clock, Sampled, acts_of, drive
from puhui.lab.worlds.engine import simulate_cohort
from puhui.lab.worlds.households import make_cohort, make_steps
from puhui.lab.worlds.values import World
from puhui.loans.domain import Loan
from puhui.loans.queries import get_terms
from puhui.relief.domain import ReliefPolicy

CURE_DAYS = 60
DAYS = (1, 8, 20, 33, 45, 61)  # measured
SUM_WITHIN = (
    150  # fen: interest of the days between a plan's day in the book and the day of asking, and roundings
)
SUM_PERCENT = 2  # of what is due, of an account that signed a plan
SIGNERS, ASKERS = 3, 2  # of the sample at most, so that the others are there, too


class Hands(Protocol):
    """What lets borrowers live through the real journeys on a virtual clock."""

    def running(self, index: int, *, amount_minor: int, months: int) -> tuple[Borrower, Loan]:
        """Make a borrower whose money is in her account."""
        ...

    def clock_from(self, zero: int) -> Clock:
        """Return the clock of days since day `zero`, an ordinal."""
        ...

    def work(self) -> None:
        """Let the worker do what is due."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementDay:
    """One account at noon of one day on both paths. Minor units."""

    account: int  # of the fast path's cohort
    day: int  # since the missed due date
    due_minor: tuple[int, int]  # due and unpaid: fast path, real journeys
    paid_minor: tuple[int, int]  # paid since day 0: fast path, real journeys
    dpd_days: tuple[int, int]  # days past due: fast path, real journeys
    within_minor: int  # how far sums may be apart


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementOfAccount:
    """What else became of one account on both paths."""

    account: int  # of the fast path's cohort
    did: tuple[str, ...]  # what she did within the days: paid, asked, signed, waited
    messages: tuple[tuple[int, ...], tuple[int, ...]]  # days of messages: fast path, real journeys
    paying: tuple[bool, bool]  # cured at sixty days with an instalment paid: fast path, real journeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Both paths of a sample."""

    world: str  # its name
    seed: int  # of chance
    days: tuple[AgreementDay, ...]  # by account and day
    accounts: tuple[AgreementOfAccount, ...]  # of the sample

    def problems(self) -> list[str]:
        """Return where the paths part by more than they may."""
        found = []
        for one in self.days:
            for name, (fast, real) in (("due", one.due_minor), ("paid", one.paid_minor)):
                if abs(fast - real) > one.within_minor:
                    found.append(f"account {one.account}, day {one.day}: {name} {fast} and {real}")
        for each in self.accounts:
            if each.messages[0] != each.messages[1]:
                found.append(f"account {each.account}: messages on {each.messages[0]} and {each.messages[1]}")
            if each.paying[0] != each.paying[1]:
                found.append(f"account {each.account}: cured {each.paying[0]} and {each.paying[1]}")
        apart = sum(one.dpd_days[0] != one.dpd_days[1] for one in self.days)
        if apart * 10 > len(self.days):
            found.append(f"days past due differ on {apart} of {len(self.days)} days")
        return found


class _Watching(Relief):
    """Relief that notes the books of every day."""

    def __init__(self, table: ReliefTable) -> None:
        super().__init__(table)
        self.days: dict[int, Seen] = {}

    def act(self, seen: Seen):  # type: ignore[no-untyped-def]
        """Note the books of a day before anybody acts."""
        self.days[seen.day] = seen
        return super().act(seen)


def hold_together(
    world: World,
    policy: ReliefPolicy,
    hands: Hands,
    *,
    people: int,
    seed: int,
    cohort_size: int = 200,
    say: Callable[[str], None] = lambda line: None,
) -> Agreement:
    """This function will let the relief arm run on the fast path, and a sample of `people` do the same on the real journeys.

    The sample's loans are like the world's first one and miss their first instalment. Raises: ValueError where the cohort
    holds too few who ask or sign.
    """
    like = world.shapes[0]
    say(f"{people} people walk from the phone number to the money in the account")
    sample = [
        hands.running(number, amount_minor=like.principal_minor, months=like.months)
        for number in range(people)
    ]
    terms = get_terms(loan_id=sample[0][1].id)
    zero = terms.rows[0].due_date
    shape = LoanShape(
        name="real", principal_minor=terms.principal_minor, months=terms.months, annual_rate_ppm=terms.annual_rate_ppm,
        penalty_daily_ppm=terms.penalty_daily_rate_ppm, paid=0, weight=1,
    )  # fmt: skip
    book = make_book([shape], policy.grid, day_zero=zero, signed=[terms], waits_most=policy.waits_most)
    town = replace(world, size=cohort_size, shapes=(shape,), day_zero=zero)
    steps = make_steps(book.longest)
    homes = make_cohort(town, book, steps, seed=seed, cohort=0)
    watching, log = _Watching(ReliefTable(book, policy)), EventLog()
    fast = simulate_cohort(town, book, steps, homes, watching, log)
    chosen = choose(log, cohort_size, people)
    say(f"they live {max(DAYS)} days")
    real = drive(
        [(number, *one) for number, one in zip(chosen, sample, strict=True)], log, book,
        clock=hands.clock_from(zero.toordinal()), work=lambda now: hands.work(), days=max(DAYS), measured=DAYS,
    )  # fmt: skip
    days, accounts = [], []
    for number, one in zip(chosen, real, strict=True):
        did = _did(log, number)
        days += [_day(number, day, watching.days[day], one, signed="signed" in did) for day in DAYS]
        end = one.days[max(DAYS)]  # at noon of the day after the last; nothing falls due on it
        cured = end.dpd_days == 0 and end.paid_minor * 100 >= end.instalment_minor * 95
        accounts.append(AgreementOfAccount(
            account=number, did=did, messages=(_reminded(log, number), one.messages),
            paying=(bool(fast.paying[number]), cured),
        ))  # fmt: skip
    return Agreement(world=world.name, seed=seed, days=tuple(days), accounts=tuple(accounts))


def choose(log: EventLog, size: int, people: int) -> list[int]:
    """This function will take a sample in which some sign (first who lets a payment wait), some ask and sign nothing, and
    the others do neither.
    """
    did = [_did(log, number) for number in range(size)]
    signs = [number for number in range(size) if "signed" in did[number]]
    signs = sorted(signs, key=lambda number: "waited" not in did[number])[:SIGNERS]
    asks = [number for number in range(size) if "asked" in did[number] and "signed" not in did[number]]
    others = [number for number in range(size) if "asked" not in did[number]]
    chosen = [*signs, *asks[:ASKERS], *others][:people]
    if not signs or not asks or len(chosen) < people:
        raise ValueError(
            f"of {size} households {len(signs)} sign and {len(asks)} only ask; take a larger cohort"
        )
    return chosen


def _did(log: EventLog, account: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event for day, event, _, _ in acts_of(log, account) if day <= CURE_DAYS))


def _reminded(log: EventLog, account: int) -> tuple[int, ...]:
    return tuple(
        day for day, event, who, _, _ in log.kept
        if event == "reminded" and day <= CURE_DAYS and (who == account).any()
    )  # fmt: skip


def _day(account: int, day: int, seen: Seen, real: Sampled, *, signed: bool) -> AgreementDay:
    there = real.days[day]
    return AgreementDay(
        account=account, day=day, due_minor=(int(seen.due[account]), there.due_minor),
        paid_minor=(int(seen.paid[account]), there.paid_minor), dpd_days=(int(seen.dpd[account]), there.dpd_days),
        within_minor=SUM_WITHIN + (there.due_minor * SUM_PERCENT // 100 if signed else 0),
    )  # fmt: skip


def render_agreement(found: Agreement) -> str:
    """This function will write both paths side by side as Markdown, and where they part."""
    rows = [
        f"### {found.world}: the fast path and the real journeys", "",
        f"{len(found.accounts)} people, seed {found.seed}; fast path / real journeys, yuan.", "",
        "| account | did | day | due | paid | days past due | messages on | cured, instalment paid |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for each in found.accounts:
        mine = [one for one in found.days if one.account == each.account]
        for one in mine:
            last = one is mine[-1]
            told = " / ".join(", ".join(map(str, days)) or "–" for days in each.messages) if last else ""
            cured = " / ".join("yes" if one else "no" for one in each.paying) if last else ""
            due, paid = (
                " / ".join(f"{sum_ / 100:,.2f}" for sum_ in pair) for pair in (one.due_minor, one.paid_minor)
            )
            dpd = " / ".join(map(str, one.dpd_days))
            did = ", ".join(each.did) or "nothing"
            rows.append(f"| {each.account} | {did} | {one.day} | {due} | {paid} | {dpd} | {told} | {cured} |")
    problems: Sequence[str] = found.problems()
    said = "The paths agree." if not problems else "The paths part: " + "; ".join(problems) + "."
    return "\n".join([*rows, "", said]) + "\n"
