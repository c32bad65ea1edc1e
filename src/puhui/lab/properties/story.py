"""What one person lives through: proofs in a random order, days that pass, a worsening credit file, a withdrawal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from puhui.core.canonical import canonical_bytes
from puhui.decisions.domain.values import Decision, DecisionInput
from puhui.evidence.domain import Proof, ProofState
from puhui.lab.properties.parts import Parts
from puhui.lab.properties.worlds import START, TODAY, Case
from puhui.offers.domain.quote import Quote
from puhui.offers.domain.standing import Hold, StandingPrice, hold_of, proofs_of, with_proofs
from puhui.products.domain import CapBasis, CapRule, Method

CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
VALID_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How things stand after one act."""

    at: datetime  # when
    act: str  # "start", "give ID", "worse", "withdraw ID"
    given: tuple[Proof, ...]  # proofs that count
    input: DecisionInput  # what the decision saw
    decision: Decision  # what came out
    price: StandingPrice  # what binds
    quote: Quote | None  # issued at this moment, None where nothing can be lent


@dataclass(slots=True, kw_only=True)
class Story:
    """All moments of a case, in order."""

    case: Case  # whose
    moments: list[Moment] = field(default_factory=list)  # so far
    holds: list[Hold] = field(default_factory=list)  # promised so far
    texts: dict[str, str] = field(default_factory=dict)  # decisions as stored, by the act before them

    def written(self, moment: Moment) -> str:
        """This function will return a moment's decision as it is stored, worked out once."""
        if moment.act not in self.texts:
            self.texts[moment.act] = canonical_bytes(moment.decision).decode()
        return self.texts[moment.act]


def choice_of(case: Case) -> tuple[int, int, Method]:
    """This function will return amount, months and method of the case's quotes."""
    product, asked = case.variant.product, case.input.application
    return min(asked.amount_minor, 50_000_00), asked.months, product.methods[0].method


def make_quote(case: Case, parts: Parts, *, id: str, base_ppm: int, at: datetime) -> Quote:
    """This function will make a quote as the journey does: the base rate, less what the choice takes off."""
    amount, months, method = choice_of(case)
    rate = case.variant.concessions.lower(base_ppm, months=months, amount_minor=amount)
    quote: Quote = parts.build_quote(
        id=id,
        customer_id="c1",
        line_id="l1",
        decision_id=f"d-{id}",
        product=case.variant.product,
        amount_minor=amount,
        months=months,
        method=method,
        annual_rate_ppm=rate,
        penalty_daily_rate_ppm=500,
        cap=CAP,
        withdrawal_days=14,
        valid_days=VALID_DAYS,
        issued_at=at,
        zone="Asia/Shanghai",
    )
    return quote


def live(case: Case, parts: Parts) -> Story:
    """This function will tell a case's story: start, each proof, perhaps a worse file between, one withdrawal."""
    story = Story(case=case)
    random, at, base, given = case.random, START, case.input, list[Proof]()
    _next(story, parts, at=at, act="start", base=base, given=given)
    for proof in case.proofs:
        at += timedelta(days=random.choice([0, 0, 1, 6, 9]))
        if random.random() < 0.3:
            base = _worse(base, random.randrange(4))
            _next(story, parts, at=at, act="worse", base=base, given=given)
        given = [*given, replace(proof, given_at=at)]
        _next(story, parts, at=at, act=f"give {proof.id}", base=base, given=given)
    gone = random.choice(given)
    given = [
        replace(one, state=ProofState.WITHDRAWN, fields={}, withdrawn_at=at) if one is gone else one
        for one in given
    ]
    _next(story, parts, at=at, act=f"withdraw {gone.id}", base=base, given=given)
    return story


def _worse(base: DecisionInput, place: int) -> DecisionInput:
    """The same person with one more request or a fuller card in her credit file."""
    name = ("bureau.inq_last_6mths", "bureau.inq_fi", "bureau.open_il_12m", "bureau.revol_util_permille")[
        place
    ]
    rise = 500 if name.endswith("permille") else 2
    facts = tuple(
        replace(one, value=min(one.value + rise, 1000))
        if one.name == name and isinstance(one.value, int)
        else one
        for one in base.facts
    )
    return replace(base, facts=facts)


def _next(
    story: Story, parts: Parts, *, at: datetime, act: str, base: DecisionInput, given: list[Proof]
) -> None:
    case = story.case
    facts = parts.facts_of_proofs(given, kinds=case.variant.kinds, on_date=TODAY)
    input = with_proofs(base, facts)
    decision = parts.decide(input, rules=case.variant.rules)
    standing = {one.id for one in given if one.state is ProofState.ACCEPTED}
    price = parts.standing_price(decision.price.annual_rate_ppm, holds=story.holds, given=standing, now=at)
    quote = None
    if act == "start" or act == f"give {case.proofs[-1].id}":  # the first and the best are put in writing
        quote = make_quote(case, parts, id=f"q{len(story.moments)}", base_ppm=price.base_rate_ppm, at=at)
        story.holds.append(hold_of(quote, concessions=case.variant.concessions, proof_ids=proofs_of(input)))
    else:  # the others as a hold, which is all of a quote that a price depends on
        hold = Hold(
            source=f"quote:q{len(story.moments)}",
            base_rate_ppm=price.base_rate_ppm,
            until=at + timedelta(days=VALID_DAYS),
            proof_ids=proofs_of(input),
        )
        story.holds.append(hold)
    story.moments.append(
        Moment(at=at, act=act, given=tuple(given), input=input, decision=decision, price=price, quote=quote)
    )
