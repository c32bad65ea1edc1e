"""Negotiation: trades for a lower price, a higher limit or other dates; what each proof is worth; proofs and promises.

The same functions as the pages: an answer is a trade with its whole price, and `POST …/quotes` with its choice makes it
binding. Nothing that is asked here is stored or priced.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Router
from pydantic import BeforeValidator, Field

from puhui.evidence.domain import Dial, Proof
from puhui.evidence.queries import find_proof, list_proofs
from puhui.journeys import commit, negotiate, prove
from puhui.journeys.negotiate import ProofCard
from puhui.offers.domain.negotiate import Ask, Choice, Trade
from puhui.offers.domain.standing import Commitment
from puhui.offers.domain.worth import Worth
from puhui.offers.queries import get_signed_text
from puhui.products.domain import Method
from puhui.runtime.signing import public_key
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.fields import (
    Body,
    Id,
    MethodName,
    Minor,
    Months,
    Out,
    PositiveMinor,
    QueryDueDay,
    QueryMinor,
    QueryMonths,
    only_digits,
)
from puhui.web.partner_api.operations import operation
from puhui.web.shared.proofs import why

router = Router(tags=["Negotiation and proofs"])
READ, WRITE = "quotes:read", "quotes:write"
PROOFS_READ, PROOFS_WRITE = "proofs:read", "proofs:write"
SHOWN = 12  # trades of one answer; the cheapest
Part = Literal["amount", "months", "method", "due_day"]  # of a choice
CHANGED: tuple[Part, ...] = ("amount", "months", "method", "due_day")
DialName = Annotated[
    Literal["price", "limit", "repayment"], Field(description="What is talked about: 惠, 慧 or 会.")
]
QueryApr = Annotated[
    int,
    Field(ge=0, le=1_000_000, description="All-in annual cost (nominal), at most, millionths."),
    BeforeValidator(only_digits),
]
KindCode = Annotated[
    str,
    Field(
        strict=True,
        pattern=r"^[a-z_]{3,24}$",
        description="A kind from `GET …/proof-values`.",
        examples=["income_tax"],
    ),
]


class TradeOut(Out):
    """A choice with its whole price; `POST …/quotes` with it makes exactly this binding."""

    amount_minor: PositiveMinor
    months: Months
    method: MethodName
    due_day: int | None
    annual_rate_ppm: int = Field(description="Contract rate a year, millionths.")
    apr_nominal_ppm: int = Field(description="All-in annual cost, nominal, millionths.")
    apr_effective_ppm: int = Field(description="All-in annual cost, effective, millionths.")
    total_minor: Minor = Field(description="Everything that is paid back.")
    total_cost_minor: Minor = Field(description="Interest and fees.")
    first_payment_minor: Minor
    highest_payment_minor: Minor
    changed: list[Part] = Field(description="What differs from the choice that was sent.")


class LeftOut(Out):
    """A choice that was looked at and is not offered, with its reason."""

    trade: TradeOut
    reason: Literal["payment", "short"] = Field(
        description="`payment`: more than her month bears. `short`: not what was asked for."
    )


class AnswerOut(Out):
    """The solver's answer: never a bare refusal."""

    now: TradeOut
    trades: list[TradeOut] = Field(description="What meets the request, cheapest for her household first.")
    nearest: TradeOut | None = Field(description="The nearest that can be had, where nothing meets it.")
    left: list[LeftOut]
    payment_bears_minor: Minor = Field(description="Highest payment that her month still bears.")
    limit_minor: Minor = Field(description="Most that can be drawn today.")
    held_by: str = Field(description="The earlier promise that holds today's price, empty for none.")


class WorthOut(Out):
    """What giving a proof could change, before it is given. It never raises the price (guarantee G1)."""

    at_most_ppm: int = Field(description="Largest fall of the all-in annual cost, millionths.")
    typical_ppm: int = Field(description="Middle fall among those for whom it falls, millionths.")
    no_change_ppm: int = Field(description="Share of people whose price stays as it is, millionths.")
    limit_at_most_minor: Minor = Field(description="Largest rise of the limit.")
    limit_may_fall: bool = Field(
        description="Whether some value lowers the limit to what her month bears (G3)."
    )
    basis: Literal["measured", "assumed"]


class ProofValueOut(Out):
    """A kind of proof: what is read, why, how long it takes and is kept, and what it is worth."""

    kind: str
    name: str
    why: str
    reads: str
    leaves: str
    minutes: int
    retention_days: int
    given: Id | None = Field(description="The proof that stands, None before one is given.")
    worth: WorthOut | None = Field(description="None once it is given.")


class ProofValues(Out):
    """Every kind of proof: those given first, then by what each could change."""

    items: list[ProofValueOut]


class ProofIn(Body):
    """She gives a proof: its source is asked for the record."""

    kind: KindCode


class ProofOut(Out):
    """A proof as it stands."""

    id: Id
    customer_id: Id
    kind: str
    state: Literal["asked", "checking", "accepted", "refused", "withdrawn"]
    trust: Literal["signed", "issuer", "ocr", "declared"] | None
    reason: str = Field(description="Why it does not count, empty where it does.")
    remedy: str = Field(description="What to do about it, empty where nothing is the matter.")
    given_at: datetime
    read_at: datetime | None
    valid_until: date | None
    delete_on: date | None = Field(description="Day on which what was read is deleted.")
    withdrawn_at: datetime | None


class ProofList(Out):
    """Her proofs, refused and withdrawn ones too, oldest first."""

    items: list[ProofOut]


class PromiseIn(Body):
    """She asks for a promise before she gives a proof."""

    kind: KindCode


class PromiseOut(Out):
    """A promise that binds us: if the proof shows at least this by then, the rate is at most that."""

    id: Id
    customer_id: Id
    kind: str
    fact: str = Field(examples=["proof.income_monthly_minor"])
    at_least: int = Field(description="The value that suffices, in the fact's unit.")
    base_rate_ppm: int = Field(description="Contract rate before what term and amount take off.")
    made_at: datetime
    until: datetime


class PromiseList(Out):
    """The promises to her that still run, the earliest first."""

    items: list[PromiseOut]


class SignedTextOut(Out):
    """A quote as the house signed it: the bytes of `text` under the published key."""

    text: str = Field(description="Canonical JSON of every term; its UTF-8 bytes are what is signed.")
    signature: str = Field(description="`ed25519:<key id>:<hex>` (RFC 8032).")
    algorithm: Literal["ed25519"]
    key_id: str
    pem: str = Field(description="The public key (RFC 8410), the same as at `/house-key`.")


def _trade(one: Trade) -> TradeOut:
    return TradeOut(
        amount_minor=one.choice.amount_minor,
        months=one.choice.months,
        method=one.choice.method.value,
        due_day=one.choice.due_day,
        annual_rate_ppm=one.annual_rate_ppm,
        apr_nominal_ppm=one.all_in.apr_nominal_ppm,
        apr_effective_ppm=one.all_in.apr_effective_ppm,
        total_minor=one.all_in.total_minor,
        total_cost_minor=one.all_in.total_cost_minor,
        first_payment_minor=one.first_minor,
        highest_payment_minor=one.highest_minor,
        changed=[name for name in CHANGED if name in one.changed],
    )


def _proof_out(one: Proof) -> ProofOut:
    reason, remedy = why(one.reason) if one.reason else ("", "")
    return ProofOut(
        id=one.id,
        customer_id=one.customer_id,
        kind=one.kind,
        state=one.state.value,
        trust=one.trust.value if one.trust else None,
        reason=reason,
        remedy=remedy,
        given_at=one.given_at,
        read_at=one.read_at,
        valid_until=one.valid_until,
        delete_on=one.delete_on,
        withdrawn_at=one.withdrawn_at,
    )


def _promise_out(one: Commitment) -> PromiseOut:
    return PromiseOut(
        id=one.id,
        customer_id=one.customer_id,
        kind=one.kind,
        fact=one.fact,
        at_least=one.at_least,
        base_rate_ppm=one.base_rate_ppm,
        made_at=one.made_at,
        until=one.until,
    )


def _value_out(card: ProofCard) -> ProofValueOut:
    language, kind = get_language() or "", card.kind
    return ProofValueOut(
        kind=kind.code,
        name=kind.name.say(language),
        why=kind.why.say(language),
        reads=kind.reads.say(language),
        leaves=kind.leaves.say(language),
        minutes=kind.minutes,
        retention_days=kind.retention_days,
        given=card.proof.id if card.proof else None,
        worth=_worth_out(card.worth) if card.worth else None,
    )


def _worth_out(worth: Worth) -> WorthOut:
    return WorthOut(
        at_most_ppm=worth.at_most_ppm,
        typical_ppm=worth.typical_ppm,
        no_change_ppm=worth.no_change_ppm,
        limit_at_most_minor=worth.limit_at_most_minor,
        limit_may_fall=worth.limit_may_fall,
        basis="measured" if worth.basis == "measured" else "assumed",
    )


@operation(
    router, "GET", "/customers/{customer_id}/trades", scope=READ,
    says=("Ask for a lower price, a higher limit or other dates", "要求降价、提额或换还款方式"), answers=AnswerOut,
)  # fmt: skip
def list_trades(
    request: HttpRequest,
    customer_id: Id,
    dial: DialName,
    amount_minor: QueryMinor,
    months: QueryMonths,
    method: MethodName = "equal_instalment",
    due_day: QueryDueDay | None = None,
    apr_at_most_ppm: QueryApr | None = None,
    wanted_amount_minor: QueryMinor | None = None,
    payment_at_most_minor: QueryMinor | None = None,
    wanted_months: QueryMonths | None = None,
    wanted_due_day: QueryDueDay | None = None,
) -> HttpResponse:
    """Send what she would take today and what she asks for; without a figure, as low or as much as can be had."""
    own.check(request, customer_id)
    standing = negotiate.get_own(customer_id=customer_id, now=clock.now(request))
    ask = Ask(
        dial=Dial(dial),
        apr_at_most_ppm=apr_at_most_ppm,
        amount_minor=wanted_amount_minor or standing.standing.limit_minor,
        payment_at_most_minor=payment_at_most_minor,
        months=wanted_months,
        due_day=wanted_due_day,
    )
    choice = Choice(amount_minor=amount_minor, months=months, method=Method(method), due_day=due_day)
    answer = negotiate.get_answer(own=standing, ask=ask, choice=choice)
    out = AnswerOut(
        now=_trade(answer.now),
        trades=[_trade(one) for one in answer.trades[:SHOWN]],
        nearest=_trade(answer.nearest) if answer.nearest else None,
        left=[
            LeftOut(trade=_trade(one.trade), reason="payment" if one.reason == "payment" else "short")
            for one in answer.left[:SHOWN]
        ],
        payment_bears_minor=standing.standing.payment_minor,
        limit_minor=standing.standing.limit_minor,
        held_by=standing.price.held_by,
    )
    return reply(out)


@operation(
    router, "GET", "/customers/{customer_id}/proof-values", scope=PROOFS_READ,
    says=("See what each proof is worth before it is given", "查看每种证明给出之前的价值"), answers=ProofValues,
)  # fmt: skip
def list_proof_values(
    request: HttpRequest,
    customer_id: Id,
    amount_minor: QueryMinor,
    months: QueryMonths,
    method: MethodName = "equal_instalment",
    due_day: QueryDueDay | None = None,
) -> HttpResponse:
    """For the draw that is sent. Worked out by the pricer itself; asking changes nothing, and neither does not giving."""
    own.check(request, customer_id)
    now = clock.now(request)
    standing = negotiate.get_own(customer_id=customer_id, now=now)
    choice = Choice(amount_minor=amount_minor, months=months, method=Method(method), due_day=due_day)
    cards = negotiate.list_cards(customer_id=customer_id, own=standing, choice=choice, now=now)
    return reply(ProofValues(items=[_value_out(one) for one in cards]))


@operation(
    router, "POST", "/customers/{customer_id}/proofs", scope=PROOFS_WRITE, status=201,
    says=("Give a proof for her", "为她给出证明"), answers=ProofOut,
)  # fmt: skip
def give_proof(request: HttpRequest, customer_id: Id, body: ProofIn) -> HttpResponse:
    """Its source is asked within seconds; then the price is worked out again, and never rises by it."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> ProofOut:
        return _proof_out(prove.give(customer_id=customer_id, kind=body.kind, key=key, now=now))

    return act(request, body, do, status=201, audit=("partner.proof_given", f"customer:{customer_id}"))


@operation(
    router, "GET", "/customers/{customer_id}/proofs", scope=PROOFS_READ,
    says=("List her proofs", "列出她的证明"), answers=ProofList,
)  # fmt: skip
def list_her_proofs(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """States only; what was read of a proof is not handed out."""
    own.check(request, customer_id)
    return reply(ProofList(items=[_proof_out(one) for one in list_proofs(customer_id)]))


@operation(
    router, "GET", "/proofs/{proof_id}", scope=PROOFS_READ,
    says=("Read a proof", "查看证明"), answers=ProofOut,
)  # fmt: skip
def get_one_proof(request: HttpRequest, proof_id: Id) -> HttpResponse:
    """Where it stands, why it does not count, and when what was read is deleted."""
    return reply(_proof_out(_hers(request, proof_id)))


@operation(
    router, "POST", "/proofs/{proof_id}/withdrawal", scope=PROOFS_WRITE,
    says=("Take a proof back", "撤回证明"), answers=ProofOut,
)  # fmt: skip
def withdraw_proof(request: HttpRequest, proof_id: Id) -> HttpResponse:
    """What was read is deleted at once, and the terms are those of before it was given."""
    proof = _hers(request, proof_id)

    def do(key: str, now: datetime) -> ProofOut:
        gone = prove.withdraw(customer_id=proof.customer_id, proof_id=proof.id, key=key, now=now)
        return _proof_out(gone)

    return act(request, None, do, audit=("partner.proof_withdrawn", f"customer:{proof.customer_id}"))


@operation(
    router, "POST", "/customers/{customer_id}/promises", scope=WRITE, status=201,
    says=("Ask for a promise before a proof is given", "给出证明之前要求承诺"), answers=PromiseOut,
)  # fmt: skip
def ask_promise(request: HttpRequest, customer_id: Id, body: PromiseIn) -> HttpResponse:
    """It binds as long as a quote does, whatever becomes of the rules meanwhile."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> PromiseOut:
        return _promise_out(commit.commit(customer_id=customer_id, kind=body.kind, key=key, now=now))

    return act(request, body, do, status=201)


@operation(
    router, "GET", "/customers/{customer_id}/promises", scope=READ,
    says=("List the promises to her", "列出对她的承诺"), answers=PromiseList,
)  # fmt: skip
def list_her_promises(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Those that still run."""
    own.check(request, customer_id)
    found = negotiate.list_promises(customer_id=customer_id, now=clock.now(request))
    return reply(PromiseList(items=[_promise_out(one) for one in found]))


@operation(
    router, "GET", "/quotes/{quote_id}/signed-text", scope=READ,
    says=("Read a quote as we signed it", "查看我们签名的报价原文"), answers=SignedTextOut,
)  # fmt: skip
def get_signed_quote_text(request: HttpRequest, quote_id: Id) -> HttpResponse:
    """Anybody can check it with the published key: keep it, and it proves what was offered."""
    text, signature = get_signed_text(quote_id=own.quote(request, quote_id).id)
    key = public_key()
    return reply(
        SignedTextOut(
            text=text, signature=signature, algorithm="ed25519", key_id=key["key_id"], pem=key["pem"]
        )
    )


def _hers(request: HttpRequest, proof_id: str) -> Proof:
    """A proof of a customer of the caller. Raises: NotFoundHere, alike for absent and foreign."""
    found = find_proof(proof_id)
    if found is None:
        raise NotFoundHere()
    own.check(request, found.customer_id)
    return found
