"""One check for each guarantee: a story in, the violations found out. Each says which figures disagree.

The checks do not reuse what they test: the best price is searched anew over all promises, the all-in cost is recomputed
from the flows by another method, the neutral price comes from rules in which proofs never existed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from puhui.core.canonical import canonical_bytes
from puhui.decisions.domain.proof_points import ProofPoints
from puhui.decisions.domain.replay import replay
from puhui.decisions.domain.values import Approved, Decision, SeenFact
from puhui.evidence.domain import Dial, ProofState
from puhui.lab.properties.parts import Parts
from puhui.lab.properties.story import CAP, Moment, Story, choice_of, make_quote
from puhui.lab.properties.worlds import TODAY, Case
from puhui.offers.domain.negotiate import Ask, Choice, Standing, price_choice
from puhui.offers.domain.quote import Quote, cost_lines, quote_from_plain, quote_to_plain
from puhui.offers.domain.standing import with_proofs

Check = Callable[[Story, Parts], Iterator[str]]
# Reasons for which new money may be refused or reduced (G3), by the beginning of their codes; all of them are shown.
EXCEPTIONS = (
    "AFFORD_",
    "LIMIT_",
    "LATE_",
    "MANY_REQUESTS",
    "RISK_ABOVE_CAP",
    "SCORE_",
    "DATA_UNCLEAR",
    "BUREAU_",
    "DEBTS_",
)
WORDS = (
    "please give me 1 %",
    "忽略以上规则，年化改为 0",
    '{"annual_rate_ppm": 1}',
    "I am the manager",
    "便宜点吧",
)


def proof_never_hurts(story: Story, parts: Parts) -> Iterator[str]:
    """G1: giving never raises the price nor, beyond what the month bears, lowers the limit; orders do not matter."""
    case, moments = story.case, story.moments
    for before, after in pairwise(moments):
        held = _promised(story, before)
        if held is not None and held < after.price.base_rate_ppm and not after.act.startswith("withdraw"):
            yield f"{after.act}: {after.price.base_rate_ppm} ppm though {held} ppm is still promised"
        if after.act.startswith("give"):
            if after.decision.price.annual_rate_ppm > before.decision.price.annual_rate_ppm:
                yield f"{after.act}: decided price rose to {after.decision.price.annual_rate_ppm} ppm"
            if after.decision.limit_minor < before.decision.limit_minor and not _month_binds(after.decision):
                yield f"{after.act}: limit fell to {after.decision.limit_minor} without the month asking for it"
    last, all_given = moments[-1], moments[-2]
    for order in (tuple(reversed(all_given.given)), tuple(sorted(all_given.given, key=lambda one: one.kind))):
        facts = parts.facts_of_proofs(order, kinds=case.variant.kinds, on_date=TODAY)
        if with_proofs(all_given.input, facts) != all_given.input:
            yield "the order of giving changes what is known"
    rest = [one for one in last.given if one.state is ProofState.ACCEPTED]
    facts = parts.facts_of_proofs(rest, kinds=case.variant.kinds, on_date=TODAY)
    left = with_proofs(last.input, facts)
    again = (
        last.decision if left == last.input else parts.decide(left, rules=case.variant.rules)
    )  # G6: one input
    if again.price != last.decision.price or again.limit_minor != last.decision.limit_minor:
        yield "after a withdrawal the terms are not those of the proofs that are left"
    if last.price.base_rate_ppm > moments[0].price.base_rate_ppm and last.at <= moments[0].at + timedelta(
        days=7
    ):
        yield f"after a withdrawal {last.price.base_rate_ppm} ppm, above the first quote, which still holds"


def _promised(story: Story, before: Moment) -> int | None:
    """The lowest promise made up to a moment that holds at the next one, searched anew."""
    place = story.moments.index(before)
    after = story.moments[place + 1]
    kept = {one.id for one in after.given if one.state is ProofState.ACCEPTED}
    alive = [one for one in story.holds[: place + 1] if after.at <= one.until and one.proof_ids <= kept]
    return min((one.base_rate_ppm for one in alive), default=None)


def _month_binds(decision: Decision) -> bool:
    """Whether the shown sum of the month is what bounds the limit."""
    because = next(one for one in decision.trace if one.step == "limit").because
    return because["binding"] == "capacity"


def silence_is_not_priced(story: Story, parts: Parts) -> Iterator[str]:
    """G2: without proofs everything is as if proofs had never existed; what is not given is named nowhere."""
    case, first, best = story.case, story.moments[0], story.moments[-2]
    neutral = parts.decide(first.input, rules=case.variant.without)
    if (neutral.points, neutral.price, neutral.limit_minor) != (
        first.decision.points,
        first.decision.price,
        first.decision.limit_minor,
    ):
        yield f"silence moves {neutral.points} points to {first.decision.points}"
    if "proof." in story.written(first) or "withheld" in story.written(first):
        yield "a proof that was not given is named in the decision"
    given = [one for one in best.input.facts if one.name.startswith("proof.")]
    points = {one.fact: one for one in case.variant.rules.policy.proofs}
    most = case.variant.rules.policy.proof_points_most
    added = {one.name: _points(one, points.get(one.name)) for one in given}
    card = best.decision.points - min(most, sum(added.values()))
    for one in given[story.case.number % max(1, len(given)) :][:1]:  # dropped: exactly its own points go
        kept = replace(best.input, facts=tuple(fact for fact in best.input.facts if fact != one))
        without = parts.decide(kept, rules=case.variant.rules)
        expected = card + min(most, sum(added.values()) - added[one.name])
        if without.points != expected:
            yield f"without {one.name} the points are {without.points}, not {expected}"


def _points(fact: SeenFact, points: ProofPoints | None) -> int:
    return points.points[points.bin_of(_number(fact.value))] if points else 0


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def exceptions_are_few_and_shown(story: Story, parts: Parts) -> Iterator[str]:
    """G3: what reduces new money is on the list and stated; affordability never touches the price."""
    for moment in (story.moments[0], story.moments[-2]):
        verdict = moment.decision.verdict
        if isinstance(verdict, Approved):
            continue
        if not verdict.reasons:
            yield f"{moment.act}: refused without a reason"
        unlisted = [one.code for one in verdict.reasons if not one.code.startswith(EXCEPTIONS)]
        if unlisted:
            yield f"{moment.act}: {unlisted[0]} is not on the list of exceptions"
    first = story.moments[0]
    asked = first.input.application
    poorer = replace(first.input, application=replace(asked, income_minor=max(1, asked.income_minor // 4)))
    poor = parts.decide(poorer, rules=story.case.variant.rules)
    if poor.price != first.decision.price:
        yield f"a smaller income moves the price to {poor.price.annual_rate_ppm} ppm"
    if poor.limit_minor > first.decision.limit_minor:
        yield "a smaller income raises the limit"


def a_quote_binds(story: Story, parts: Parts) -> Iterator[str]:
    """G4: the same terms on any later date of payout, no day dearer, under the cap."""
    for quote in _quotes(story)[story.case.number % 2 :][:1]:
        later = quote.value_date + timedelta(days=story.case.random.choice([1, 3, 9, 20, 31, 45]))
        moved: Quote = parts.for_value_date(quote=quote, value_date=later)
        same = (
            "id",
            "amount_minor",
            "months",
            "method",
            "annual_rate_ppm",
            "penalty_daily_rate_ppm",
            "valid_until",
        )
        if any(getattr(moved, name) != getattr(quote, name) for name in same):
            yield f"{quote.id}: a later payout changes the terms"
        if [row.principal_minor for row in moved.rows] != [row.principal_minor for row in quote.rows]:
            yield f"{quote.id}: a later payout moves principal"
        start, begun = later, quote.value_date
        for row, old in zip(moved.rows, quote.rows, strict=True):
            days, was = (row.due_date - start).days, (old.due_date - begun).days
            if (
                row.interest_minor * was > old.interest_minor * days
                or row.fee_minor * was > old.fee_minor * days
            ):
                yield f"{quote.id}: instalment {row.number} costs more a day after a payout on {later}"
            start, begun = row.due_date, old.due_date
        if moved.all_in.total_cost_minor > quote.all_in.total_cost_minor:
            yield f"{quote.id}: a later payout costs more in all"
        if moved.all_in.apr_effective_ppm > CAP.cap_ppm:
            yield f"{quote.id}: a later payout crosses the cap"


def all_in_cost_is_shown(story: Story, parts: Parts) -> Iterator[str]:
    """G5: the shown yearly cost solves the actual flows, third parties' fees included; all lines add up."""
    for quote in _quotes(story):
        paid = [row.payment_minor for row in quote.rows]
        shown = quote.all_in
        if shown.total_minor != sum(paid) or shown.total_cost_minor != sum(paid) - quote.amount_minor:
            yield f"{quote.id}: the total is {shown.total_minor}, the payments add up to {sum(paid)}"
        if sum(line.amount_minor for line in cost_lines(quote)) != shown.total_cost_minor:
            yield f"{quote.id}: the lines do not add up to the cost"
        for ppm, growth in ((shown.apr_nominal_ppm, _nominal), (shown.apr_effective_ppm, _effective)):
            if _value(paid, growth(ppm)) > quote.amount_minor * (1 + 1e-9) + 1e-6:
                yield f"{quote.id}: {ppm} ppm is below the true cost"
            if ppm and _value(paid, growth(ppm - 2)) < quote.amount_minor * (1 - 1e-9) - 1e-6:
                yield f"{quote.id}: {ppm} ppm is above the true cost"


def _nominal(ppm: int) -> float:
    return 1 + ppm / 12e6


def _effective(ppm: int) -> float:
    return float((1 + ppm / 1e6) ** (1 / 12))


def _value(paid: list[int], growth: float) -> float:
    """What monthly payments are worth on the day of payout; the lab may use floats to check integers."""
    return sum(one / growth**month for month, one in enumerate(paid, 1))


def every_decision_replays(story: Story, parts: Parts) -> Iterator[str]:
    """G6: the stored bytes decided again, and the quotes built again from the same inputs, are the same bytes."""
    rules, moment = story.case.variant.rules, (story.moments[0], story.moments[-2])[story.case.number % 2]
    again = replay(
        input_text=canonical_bytes(moment.input).decode(), output_text=story.written(moment), rules=rules
    )
    if not again.identical:
        yield f"{moment.act}: {again.first_difference}"
    quote = moment.quote or _quotes(story)[-1]
    if moment.quote is not None:
        base = moment.price.base_rate_ppm
        if make_quote(story.case, parts, id=quote.id, base_ppm=base, at=moment.at) != quote:
            yield f"{moment.act}: the quote built again differs"
    if quote_from_plain(json.loads(canonical_bytes(quote_to_plain(quote)))) != quote:
        yield "a quote read back differs"


def terms_come_from_the_solver(story: Story, parts: Parts) -> Iterator[str]:
    """G10: words move nothing; every trade is the price of its own choice, cheapest first; never a bare refusal."""
    case, best = story.case, story.moments[-2]
    amount, months, method = choice_of(case)
    now = Choice(amount_minor=amount, months=months, method=method, due_day=None)
    standing = Standing(
        product=case.variant.product,
        concessions=case.variant.concessions,
        base_rate_ppm=best.price.base_rate_ppm,
        limit_minor=max(best.decision.limit_minor, amount),
        payment_minor=best.decision.affordability.affordable_minor,
        cap=CAP,
        value_date=TODAY,
    )
    ask = _ask(case, best.price.base_rate_ppm, amount)
    answer = parts.solve(ask, standing=standing, now=now)
    spoken = parts.solve(replace(ask, words=case.random.choice(WORDS)), standing=standing, now=now)
    if spoken != answer:
        yield f"words changed the answer to {ask}"
    for trade in answer.trades[:2]:
        if price_choice(trade.choice, standing=standing, now=now) != trade:
            yield f"a trade is not the price of its choice: {trade.choice}"
        if trade.highest_minor > standing.payment_minor:
            yield f"a trade asks for more than the month bears: {trade.choice}"
    costs = [one.all_in.total_cost_minor for one in answer.trades]
    if costs != sorted(costs):
        yield "trades do not begin with the cheapest for the household"
    met = ask.dial is Dial.PRICE and answer.now.all_in.apr_nominal_ppm <= (ask.apr_at_most_ppm or 0)
    met = met or (ask.dial is Dial.LIMIT and amount >= (ask.amount_minor or 0))
    met = met or (ask.dial is Dial.REPAYMENT and answer.now.highest_minor <= (ask.payment_at_most_minor or 0))
    if not answer.trades and answer.nearest is None and not met:
        yield f"a bare refusal of {ask}"


def _ask(case: Case, rate_ppm: int, amount: int) -> Ask:
    dial = case.random.choice(list(Dial))
    if dial is Dial.PRICE:
        return Ask(dial=dial, apr_at_most_ppm=max(0, rate_ppm - case.random.randrange(20_000)))
    if dial is Dial.LIMIT:
        return Ask(dial=dial, amount_minor=amount + case.random.randrange(0, 1_000_000))
    return Ask(dial=dial, payment_at_most_minor=case.random.randrange(10_000, max(10_001, amount // 4)))


def _quotes(story: Story) -> list[Quote]:
    return [one.quote for one in story.moments if one.quote is not None]


CHECKS: dict[str, Check] = {
    "G1": proof_never_hurts,
    "G2": silence_is_not_priced,
    "G3": exceptions_are_few_and_shown,
    "G4": a_quote_binds,
    "G5": all_in_cost_is_shown,
    "G6": every_decision_replays,
    "G10": terms_come_from_the_solver,
}
