"""The fast path: one cohort under one policy, day by day and then month by month, a vector operation for every step.

The lender's side follows the loan's own rules (terms and plans come from the plan book, penalties run on late
principal); that it agrees with the real journeys is tested on a sample. The household's side is the world's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from puhui.lab.observed import CAUSES, MENU, NOTHING, Acts, Asked, EventLog, LabPolicy, Seen
from puhui.lab.planbook import PlanBook
from puhui.lab.worlds.households import DAILY, MONTH, Households, Steps, declared
from puhui.lab.worlds.outcomes import Outcomes, early_share
from puhui.lab.worlds.state import MONTHS, RunState
from puhui.lab.worlds.values import KINDS, World
from puhui.relief.domain import WAIT_DAYS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
CURE_DAY = 60
PAID_PERCENT = 95  # of an instalment: a plan of another day of asking differs by some days' interest
LAST_ASK = 90  # the plan book knows no later state of a loan
FORGETS = KINDS.index("forgets")
NOTABLE = 0.02  # of a month's essential spending: less missing than this is no short month


class _Run(RunState):
    """A cohort while time passes."""

    def bear(self, day: int, span: int) -> None:
        """Late principal bears its penalty for the days of the step, unless they are held."""
        self.borne_today[:] = 0.0
        book, plan, place = self.book, self.plan, self.place
        late = self.open & (book.waited[self.waits, plan, place] < day) & (self.calm_until < day)
        if not late.any():
            return
        who = np.flatnonzero(late)
        plans, at, waits = plan[who], place[who], self.waits[who]
        upto = at.copy()
        while (more := book.waited[waits, plans, upto] < day).any():
            upto += more
        interest = (book.until[plans, at + 1] - book.until[plans, at]) - (
            book.principal_until[plans, at + 1] - book.principal_until[plans, at]
        )
        part = np.maximum(0, self.paid[who] - book.until[plans, at] - interest)
        principal = book.principal_until[plans, upto] - book.principal_until[plans, at] - part
        self.borne_today[who] = np.maximum(0, principal) * self.rate[who] * span
        self.penalty[who] += self.borne_today[who]
        self.fines[who] += self.borne_today[who]

    def pay(self, who: Ints, amount: Floats, day: int) -> None:
        """Book payments: penalty first, then the oldest payment."""
        if not len(who):
            return
        whole = np.floor(amount).astype(np.int64)
        first = np.minimum(np.rint(self.penalty[who]), whole).astype(np.int64)
        self.penalty[who] = np.where(first >= np.rint(self.penalty[who]), 0.0, self.penalty[who] - first)
        self.paid[who] += whole - first
        self.paid_all[who] += whole
        self.cash[who] -= whole
        rest = who
        while len(rest):
            plans, at = self.plan[rest], self.place[rest]
            ends = self.book.due_day[plans, at] >= 1 << 20
            done = ~ends & (self.paid[rest] >= self.book.until[plans, at + (~ends)])
            rest = rest[done]
            self.place[rest] += 1
        over = who[self.paid[who] >= self.book.until[self.plan[who], -1]]
        self.open[over] = False
        self.npv[who] += whole * self.worth(day)
        self.mindful[who] = False
        if self.log is not None:
            self.log.add(day, "paid", who, whole)

    # -- the household's month -------------------------------------------------------------------------------------

    def live(self, step: int, day: int) -> None:
        """Income comes and living takes; what is missing is missed."""
        self.cash += self.homes.flow[step]
        month = (day - 1) // MONTH
        if month < MONTHS:
            self.short[month] -= np.minimum(0.0, self.cash)
        np.maximum(self.cash, 0.0, out=self.cash)

    def decide_to_pay(self, step: int, day: int, span: int, due: Floats, dpd: Ints) -> None:
        """Who pays today: by mandate, in full, from needs, or in part."""
        pay, chance = self.world.given["payment"], self.homes.chance
        owes = due > 0
        remembers = chance["remember"][step] < over(self.kinds["remembers_daily"], span)
        promised = self.keeps & (self.signed_day >= 0)
        self.mindful = np.where(owes, self.mindful | remembers | promised, False)
        free = self.cash - self.homes.need[step]
        ready = np.asarray(self.world.forms["payment"](free, due, pay), np.float64)
        hazard = self.kinds["pays_daily"] * np.where(
            dpd > pay["discouraged_after_days"], pay["discouraged"], 1.0
        )
        promise = self.world.given["promise"]
        hazard = np.where(promised, np.maximum(hazard, promise["kept_daily"]), hazard)
        hazard = np.where((self.signed_day >= 0) & ~self.keeps, hazard * promise["broken"], hazard)
        can = owes & self.mindful & self.settled & (self.cash >= due)
        full = can & (chance["pay"][step] < over(hazard * ready, span))
        full |= can & (free < due) & (chance["squeeze"][step] < over(self.kinds["squeezes_daily"], span))
        full |= owes & self.autopay & (self.cash >= due)
        part = (
            owes & self.mindful & self.settled & ~full & (free < due) & (free >= pay["partial_least"] * due)
        )
        part &= chance["part"][step] < over(pay["partial_daily"] + 0.0 * due, span)
        who = np.flatnonzero(full | part)
        self.pay(who, np.where(full, due, np.minimum(due, free))[who], day)

    # -- what the lender does --------------------------------------------------------------------------------------

    def messages(self, step: int, day: int, acts: Acts) -> None:
        """Messages go out, some are heard, some annoy."""
        if acts.remind is None:
            return
        to = acts.remind & self.open & (self.calm_until < day)
        who = np.flatnonzero(to)
        if not len(who):
            return
        self.reminded[who] += 1
        self.spend(who, self.world.given["cost"]["message"], day)
        annoys = self.world.given["complaint"]
        self.irritation[who] += np.where(self.asked_day[who] >= 0, annoys["after_asking"], annoys["message"])
        share = self.world.heard_share(self.policy.channel, self.policy.hours)
        hears = self.homes.chance["hear"][step][who] < share
        heard = who[hears]
        lift = np.asarray(
            self.world.forms["reminder"](self.heard[heard], self.world.given["reminder"]), np.float64
        )
        self.mindful[heard] |= self.homes.chance["stir"][step][heard] < lift
        self.heard[heard] += 1
        self.heard_help[heard] |= self.each(self.policy.shows_help)[heard]
        if self.log is not None:
            self.log.add(day, "reminded", who)
        if acts.autopay is not None:
            self.agree_mandate(day, heard[acts.autopay[heard] & (self.homes.kind[heard] == FORGETS)])

    def agree_mandate(self, day: int, who: Ints) -> None:
        """Some of those to whom a mandate is suggested agree; who once did not, does not later."""
        takes = self.homes.chance["autopay"][who] < self.world.given["autopay"]["takes"]
        new = who[takes & ~self.autopay[who]]
        self.autopay[new] = True
        if self.log is not None:
            self.log.add(day, "autopay", new)

    def offers(self, day: int, acts: Acts) -> None:
        """Plans that nobody asked for; each household answers its first one once."""
        if acts.offer is None:
            return
        who = np.flatnonzero((acts.offer >= 0) & self.open & (self.signed_day < 0) & ~self.offered)
        self.offered[who] = True
        if self.log is not None:
            self.log.add(day, "shown", who, plan=acts.offer[who])
        takes = self.homes.chance["unasked"][who] < self.unasked(who)
        self.sign(who[takes], acts.offer[who[takes]], day)

    def unasked(self, who: Ints) -> Floats:
        """How likely each takes up something that she did not ask for."""
        likes = np.minimum(1.0, self.kinds["takes"][who] + 0.5)
        return np.asarray(self.world.given["card"]["unasked"] * likes, np.float64)

    def invitations(self, step: int, day: int, acts: Acts, dpd: Ints) -> None:
        """Those who would take an unasked offer and bear with its questions state a budget and see their cards."""
        if acts.invite is None:
            return
        fresh = (self.signed_day < 0) & (self.asked_day < 0) & ~self.offered
        who = np.flatnonzero(acts.invite & self.open & fresh)
        self.offered[who] = True
        self.spend(who, self.world.given["cost"]["message"], day)
        self.irritation[who] += self.world.given["complaint"]["message"]
        if self.log is not None:
            self.log.add(day, "invited", who)
        comes = self.unasked(who) * self.world.given["card"]["answers"]
        self.help(who[self.homes.chance["unasked"][who] < comes], step, day, dpd, invited=True)

    def asking(self, step: int, day: int, span: int, dpd: Ints, due: Floats) -> None:
        """Some press the button; they are calm at once where the policy holds, and see their cards."""
        shows = self.each(self.policy.shows_help)
        if day > LAST_ASK or not shows.any():
            return
        given = self.world.given["asking"]
        hazard = np.asarray(self.world.forms["asking"](dpd.astype(np.float64), given), np.float64)
        hazard = hazard * self.kinds["asks"] * np.where(self.heard_help, given["heard"], 1.0)
        again = (self.asked_day < 0) | ((self.signed_day < 0) & (day >= self.asked_day + MONTH))
        asks = shows & (due > 0) & again & (self.homes.chance["ask"][step] < np.minimum(1.0, hazard))
        self.help(np.flatnonzero(asks), step, day, dpd, invited=False)

    def help(self, who: Ints, step: int, day: int, dpd: Ints, *, invited: bool) -> None:
        """Who asks is calm at once where the policy holds, says how things are, and sees her cards."""
        if not len(who):
            return
        self.asked_day[who] = day
        calm = who[self.each(self.policy.holds)[who] & (self.holds_used[who] < self.policy.hold_uses)]
        self.calm_until[calm] = day + self.policy.hold_days
        self.holds_used[calm] += 1
        self.fines[calm] -= self.borne_today[calm]
        self.penalty[calm] -= self.borne_today[calm]  # the day of asking bears none (G7)
        self.borne_today[calm] = 0.0
        # The page shows what is due.
        sees = self.homes.chance["stir"][step][who] < self.world.given["asking"]["sees_due"]
        self.mindful[who] |= sees
        asked = self.say(who, day, dpd)
        self.agree_mandate(day, who[self.policy.mandates(asked)])
        menu = self.policy.menu(asked)
        if self.log is not None:
            self.log.add(day, "asked", who)
            for column in range(MENU):
                some = menu[:, column] >= 0
                self.log.add(day, "shown", who[some], plan=menu[some, column])
        self.choose(asked, menu, invited=invited)

    def say(self, who: Ints, day: int, dpd: Ints) -> Asked:
        """What those who ask say of themselves."""
        told, chance = self.world.given["disclosure"], self.homes.chance
        short = self.homes.income(day)[who] < 0.95 * self.homes.usual[who]
        own = np.array([CAUSES.index(one) for one in ("forgot", "timing", "job", "any", "dispute")])
        cause = np.where(short | self.homes.forges[who], CAUSES.index("job"), own[self.homes.kind[who]])
        cause = np.where((cause == CAUSES.index("job")) & ~short & ~self.homes.forges[who], 0, cause)
        forged = self.homes.forges[who]
        found = forged & (chance["find"][who] < told["found"])
        proved = (chance["prove"][who] < told["proves"]) & ~found & (self.homes.tells[who] != 2)
        return Asked(
            day=day, who=who, loan=self.homes.loan[who], dpd=dpd[who], cause=cause, proved=proved, refuted=found,
            **declared(self.world, self.homes, who, day),
        )  # fmt: skip

    def choose(self, asked: Asked, menu: Ints, *, invited: bool) -> None:
        """She takes the card that she values most, if it is worth it to her, or none.

        Who followed an invitation has already shown that she would take a plan; only its cost may still deter her.
        """
        card, book, who, day = self.world.given["card"], self.book, asked.who, asked.day
        shown = menu >= 0
        safe = np.where(shown, menu, 0)
        base = book.contract[self.homes.loan[who]]
        owed = book.until[base, -1].astype(np.float64)[:, None]
        total = book.until[safe, -1] / owed
        early = np.zeros_like(total)
        for column in range(MENU):
            early[:, column] = early_share(book, safe[:, column], day) / book.instalment[self.homes.loan[who]]
        value = np.asarray(self.world.forms["card"](total, early, card), np.float64)
        value = np.where(shown, value, -np.inf)
        best = np.argmax(value, axis=1)
        pick = safe[np.arange(len(who)), best]
        dearer = total[np.arange(len(who)), best] > 1.0
        ready = 1.0 if invited else card["takes"] * np.minimum(1.0, self.kinds["takes"][who])
        share = ready * np.where(dearer, card["dearer"], 1.0)
        takes = shown.any(axis=1) & (self.homes.chance["take"][who] < share) & (self.signed_day[who] < 0)
        self.sign(who[takes], pick[takes], day)
        self.rests[who[takes]] = self.policy.reviews(asked.some(takes), pick[takes])

    def sign(self, who: Ints, plan: Ints, day: int) -> None:
        """The plan is in force from now on; what was paid since day 0 counts towards it."""
        if not len(who):
            return
        book = self.book
        self.plan[who], self.place[who], self.signed_day[who] = plan, 0, day
        gone, settled = book.waives_penalty[plan], self.fines[who] - self.penalty[who]
        self.penalty[who] = np.where(gone, 0.0, np.maximum(0.0, self.penalty[who] - book.penalty_in[plan]))
        self.fines[who] = settled + self.penalty[who]  # the rest is waived, or in the plan's payments
        promise = self.world.given["promise"]
        kept = np.where(self.each(self.policy.by_person)[who], promise["person"], promise["alone"])
        self.keeps[who] = self.homes.chance["keep"][who] < kept
        self.spend(who, self.world.given["cost"]["plan"], day)
        if self.log is not None:
            self.log.add(day, "signed", who, plan=plan)
        rest = who
        while len(rest):
            rest = rest[self.paid[rest] >= book.until[self.plan[rest], self.place[rest] + 1]]
            rest = rest[book.due_day[self.plan[rest], self.place[rest]] < 1 << 20]
            self.place[rest] += 1
        self.open[who[self.paid[who] >= book.until[plan, -1]]] = False

    def review(self, day: int) -> None:
        """Before a payment that rests on the income she hoped for, she is asked whether it is back. It is due when she says
        so; otherwise it and all later ones wait a month, as often as the plan allows. What is late already does not wait.
        """
        book, rests = self.book, np.maximum(0, self.rests)
        due_day = book.waited[self.waits, self.plan, rests]
        who = np.flatnonzero((self.rests >= 0) & (due_day - WAIT_DAYS <= day) & self.open)
        if not len(who):
            return
        plan, place = self.plan[who], rests[who]
        self.spend(who, self.world.given["cost"]["message"], day)
        self.irritation[who] += self.world.given["complaint"]["message"]
        said = declared(self.world, self.homes, who, day)
        left = said["income"] - said["spending"] - said["other"]
        asks = book.until[plan, place + 1] - book.until[plan, place]
        answers = self.homes.chance["answer"][who] < self.world.given["card"]["answers"]
        back = answers & (left >= asks)
        over = ~back & (self.waits[who] - self.put_offs[who] >= self.policy.review_waits)
        waits = ~back & ~over & (self.place[who] >= place)
        self.rests[who[~waits]] = NOTHING
        self.waits[who[waits]] += 1
        if self.log is not None:
            self.log.add(day, "confirmed", who[back])
            self.log.add(day, "waited", who[waits])

    def put_off(self, day: int, span: int) -> None:
        """Before another payment of her plan whoever keeps it, and cannot bear it, may let it wait a month on her word. What
        she would declare decides, so who understates uses up waits that she does not need.
        """
        most = np.broadcast_to(np.asarray(self.policy.own_waits, np.int64), self.n)
        asks_on = self.book.waited[self.waits, self.plan, self.place] - WAIT_DAYS
        coming = (asks_on <= day) & (asks_on > day - span) & (self.rests != self.place)
        kept = (self.signed_day >= 0) & (self.signed_day < day) & self.keeps & self.open
        who = np.flatnonzero(coming & kept & (self.put_offs < most))
        who = who[self.homes.chance["answer"][who] < self.world.given["card"]["answers"]]
        if not len(who):
            return
        plan, place = self.plan[who], self.place[who]
        said = declared(self.world, self.homes, who, day)
        left = said["income"] - said["spending"] - said["other"]
        tight = who[left < self.book.until[plan, place + 1] - self.book.until[plan, place]]
        self.spend(tight, self.world.given["cost"]["message"], day)
        self.waits[tight] += 1
        self.put_offs[tight] += 1
        if self.log is not None:
            self.log.add(day, "waited", tight)

    # -- what is counted -------------------------------------------------------------------------------------------

    def complain(self, step: int, day: int, span: int) -> None:
        """Irritation fades, or becomes a complaint."""
        given = self.world.given["complaint"]
        hazard = np.asarray(self.world.forms["complaint"](self.irritation, given), np.float64)
        who = np.flatnonzero(self.homes.chance["complain"][step] < hazard)
        self.complained[who] += 1
        self.irritation[who] = 0.0
        self.spend(who, self.world.given["cost"]["complaint"], day)
        if self.log is not None:
            self.log.add(day, "complained", who)
        self.irritation *= (1 - given["fades_daily"]) ** span

    def settle_disputes(self, step: int, span: int) -> None:
        """A dispute is settled some day, sooner where she was heard."""
        given = self.world.given["dispute"]
        heard = np.where(self.asked_day >= 0, given["after_asking"], 1.0)
        self.settled |= self.homes.chance["settle"][step] < over(
            np.minimum(1.0, given["settles_daily"] * heard), span
        )

    def write_off(self, day: int, dpd: Ints, *, everything: bool) -> None:
        """What is late too long is given up for the share that still comes back."""
        given = self.world.given["payment"]
        gone = self.open & ((dpd >= given["written_off_after_days"]) | everything)
        who = np.flatnonzero(gone)
        left = (
            self.book.principal_until[self.plan[who], -1]
            - self.book.principal_until[self.plan[who], self.place[who]]
        )
        self.npv[who] += given["recovered"] * left * self.worth(day)
        self.open[who] = False
        self.bad[who] = True
        if self.log is not None and not everything:
            self.log.add(day, "written_off", who, left)

    def measure(self, day: int, dpd: Ints) -> None:
        """Read the outcomes of the day."""
        if day == CURE_DAY:
            self.cured = (dpd == 0) & ~self.bad
            paid = self.paid_all * 100 >= self.book.first_payment[self.plan] * PAID_PERCENT
            self.paying = self.cured & (~self.open | paid)
        if CURE_DAY < day <= DAILY:
            self.redefault |= (dpd >= 30) | self.bad
        if day in self.months:
            self.check_plans(self.months[day], day)
        if day == DAILY:
            self.waited = self.waits.astype(np.float64)
        if day in self.months or day + 1 in self.months.values():
            self.fell_due = self.book.until[self.plan, self.upto(day)]

    def check_plans(self, first: int, last: int) -> None:
        """Whether the true surplus of a calendar month, day `first` to `last`, bore what the plan asked for in it: G8 as it
        turned out, in the solver's own months. In thirty days two instalments of February and March may stand together.
        """
        who = np.flatnonzero((self.signed_day >= 0) & (self.signed_day < first) & self.open)
        asks = (self.book.until[self.plan, self.upto(last)] - self.fell_due)[who]
        some = asks > 0
        bears = self.homes.free_of_month((first + last) // 2)[who] >= asks
        self.plan_months[who] += some
        self.borne[who] += some & bears

    def run(self) -> Outcomes:
        """Let time pass."""
        for step, (day, span) in enumerate(
            zip(self.steps.day.tolist(), self.steps.span.tolist(), strict=True)
        ):
            self.live(step, day)
            self.review(day)
            self.put_off(day, span)
            self.bear(day, span)
            due, dpd = self.due_now(day)
            acts = self.policy.act(self.seen(day, span, due, dpd))
            self.messages(step, day, acts)
            self.offers(day, acts)
            self.invitations(step, day, acts, dpd)
            self.asking(step, day, span, dpd, due)
            if (self.signed_day == day).any():
                due, dpd = self.due_now(day)
            self.decide_to_pay(step, day, span, due, dpd)
            self.settle_disputes(step, span)
            self.complain(step, day, span)
            _, dpd = self.due_now(day)
            self.measure(day, dpd)
            self.write_off(day, dpd, everything=step == len(self.steps.day) - 1)
        return Outcomes(
            cured=self.cured, paying=self.paying, redefault=self.redefault, lost=self.bad,
            months_short=(self.short > NOTABLE * self.homes.essential).sum(axis=0).astype(np.float64),
            unmet=self.short.sum(axis=0), npv=self.npv, complaints=self.complained.astype(np.float64),
            asked=self.asked_day >= 0, signed=self.signed_day >= 0, borne=self.borne, plan_months=self.plan_months,
            waited=self.waited,
            cost=self.book.until[self.plan, -1] - self.book.principal_until[self.plan, -1] + self.fines,
        )  # fmt: skip

    def seen(self, day: int, span: int, due: Floats, dpd: Ints) -> Seen:
        """What the policy may see: copies, so that it can change nothing."""
        return Seen(
            day=day, daily=span == 1, loan=self.homes.loan.copy(), plan=self.plan.copy(), dpd=dpd.copy(),
            due=due.astype(np.int64), paid=self.paid_all.copy(), reminded=self.reminded.copy(),
            asked_day=self.asked_day.copy(), signed_day=self.signed_day.copy(), autopay=self.autopay.copy(),
            complained=self.complained.copy(), open=self.open.copy(),
        )  # fmt: skip


def over(daily: Floats, span: int) -> Floats:
    """This function will return the chance of an event within `span` days from its daily hazard."""
    return daily if span == 1 else np.asarray(1.0 - (1.0 - daily) ** span)


def simulate_cohort(
    world: World,
    book: PlanBook,
    steps: Steps,
    homes: Households,
    policy: LabPolicy,
    log: EventLog | None = None,
) -> Outcomes:
    """This function will run one cohort under one policy and return what became of each household."""
    return _Run(world, book, steps, homes, policy, log).run()
