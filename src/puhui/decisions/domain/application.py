"""What a person asks for, from the words she typed to figures that a decision may use, and the states of her request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from puhui.core.money import exponent, parse_minor
from puhui.core.refusals import InputRefused, Refusal

# What the money may be for. Purpose is asked for honesty and for the law on what may be lent for; it is never scored.
PURPOSES = ("daily", "appliances", "renovation", "education", "medical", "travel", "wedding", "other")
FIELDS = ("amount", "purpose", "months", "income", "rent", "living", "other_instalments", "other_lenders")
MAX_INCOME_MONTHLY = 10_000_000  # whole units of currency; more than this a month is a typing mistake
MIN_INCOME_MONTHLY = 1  # nothing at all cannot carry a payment
MAX_LENDERS = 99
MAX_TYPED = 60  # characters of one typed field


class ApplicationState(Enum):
    """Where a request stands."""

    DRAFT = "draft"  # being typed, saved as typed
    SUBMITTED = "submitted"  # sent, waiting for the bureau and the decision
    DECIDED = "decided"  # has its decision


# The one table of transitions; an act that is not in it is refused.
TRANSITIONS: dict[tuple[ApplicationState | None, str], ApplicationState] = {
    (None, "open"): ApplicationState.DRAFT,
    (ApplicationState.DRAFT, "save"): ApplicationState.DRAFT,
    (ApplicationState.DRAFT, "submit"): ApplicationState.SUBMITTED,
    (ApplicationState.SUBMITTED, "decide"): ApplicationState.DECIDED,
    (ApplicationState.DECIDED, "person"): ApplicationState.DECIDED,  # once, where the policy referred
    (ApplicationState.DECIDED, "prove"): ApplicationState.DECIDED,  # each time she gives or withdraws a proof
}


class ApplicationAlreadySent(Refusal):
    """The request was sent, so its fields can no longer change and it cannot be sent again."""

    status = 409


class NotAwaitingPerson(Refusal):
    """The policy did not send the request to a person, or a person has decided it already."""

    field = "application"
    status = 409


class ApplicationNotSent(Refusal):
    """The request has not been sent, so there is nothing to decide."""

    status = 409


class ApplicationFieldUnknown(InputRefused):
    """The form has no such field."""


class TypedTooLong(InputRefused):
    """The typed text is longer than any sensible answer."""


class AnswerMissing(InputRefused):
    """A field that the decision needs is empty."""


class AmountOutOfRange(InputRefused):
    """The product does not lend this amount."""

    field = "amount"


class TermOutOfRange(InputRefused):
    """The product has no such number of months."""

    field = "months"


class PurposeUnknown(InputRefused):
    """The purpose is not one of those on the list."""

    field = "purpose"


class IncomeImplausible(InputRefused):
    """The income a month is nothing, negative, or more than anybody's."""

    field = "income"


class SpendingImplausible(InputRefused):
    """A spending a month is negative, or more than anybody's."""


class LendersImplausible(InputRefused):
    """The number of other lenders is not a small whole number, or contradicts the instalments."""

    field = "other_lenders"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationInput:
    """What a person asks for and what she says of her month, as figures."""

    amount_minor: int  # asked for, minor units
    currency: str  # ISO 4217 code of every amount here
    purpose: str  # one of PURPOSES
    months: int  # term asked for
    income_minor: int  # a month, after tax
    rent_minor: int  # a month, rent or mortgage
    living_minor: int  # a month, food, transport, family
    other_instalments_minor: int  # a month, to all other lenders together
    other_lenders: int  # number of other lenders


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationLimits:
    """What the product lends, as far as an application must keep to it."""

    currency: str  # ISO 4217 code
    amount_min_minor: int  # smallest amount
    amount_max_minor: int  # largest amount
    amount_step_minor: int  # amounts are multiples of it
    terms: tuple[int, ...]  # months on offer, ascending


def check_typed(fields: Mapping[str, str]) -> dict[str, str]:
    """This function will return typed fields fit to be saved, as typed. Raises: ApplicationFieldUnknown, TypedTooLong."""
    for name, text in fields.items():
        if name not in FIELDS:
            raise ApplicationFieldUnknown(name)
        if len(text) > MAX_TYPED:
            raise TypedTooLong(name, longest=MAX_TYPED)
    return dict(fields)


def parse_application(typed: Mapping[str, str], *, limits: ApplicationLimits) -> ApplicationInput:
    """This function will turn typed fields into an application, checking field by field in the order of the form.

    Spending fields left empty mean nothing spent; the essential floor of the region still counts. Raises: AnswerMissing,
    AmountInvalid, AmountOutOfRange, PurposeUnknown, TermOutOfRange, IncomeImplausible, SpendingImplausible,
    LendersImplausible, each naming its field.
    """
    amount = _money(typed, "amount", limits)
    low, high, step = limits.amount_min_minor, limits.amount_max_minor, limits.amount_step_minor
    if not low <= amount <= high or amount % step:
        raise AmountOutOfRange(min_minor=low, max_minor=high, step_minor=step, currency=limits.currency)
    purpose = _text(typed, "purpose")
    if purpose not in PURPOSES:
        raise PurposeUnknown()
    months = _whole(_text(typed, "months"))
    if months not in limits.terms:
        raise TermOutOfRange(months=", ".join(str(one) for one in limits.terms))
    income = _money(typed, "income", limits)
    unit = _unit(limits)
    if not MIN_INCOME_MONTHLY * unit <= income <= MAX_INCOME_MONTHLY * unit:
        raise IncomeImplausible(max_minor=MAX_INCOME_MONTHLY * unit, currency=limits.currency)
    rent, living, others = (
        _spending(typed, name, limits) for name in ("rent", "living", "other_instalments")
    )
    lenders = _whole(typed.get("other_lenders", "").strip() or "0")
    if lenders is None or not 0 <= lenders <= MAX_LENDERS or (others > 0 and lenders == 0):
        raise LendersImplausible(most=MAX_LENDERS)
    return ApplicationInput(
        amount_minor=amount,
        currency=limits.currency,
        purpose=purpose,
        months=months,
        income_minor=income,
        rent_minor=rent,
        living_minor=living,
        other_instalments_minor=others,
        other_lenders=lenders,
    )


def _unit(limits: ApplicationLimits) -> int:
    unit: int = 10 ** exponent(limits.currency)
    return unit


def _text(typed: Mapping[str, str], name: str) -> str:
    text = typed.get(name, "").strip()
    if not text:
        raise AnswerMissing(name)
    return text


def _money(typed: Mapping[str, str], name: str, limits: ApplicationLimits) -> int:
    return parse_minor(_text(typed, name), limits.currency, field=name)


def _spending(typed: Mapping[str, str], name: str, limits: ApplicationLimits) -> int:
    text = typed.get(name, "").strip()
    amount = parse_minor(text, limits.currency, field=name) if text else 0
    most = MAX_INCOME_MONTHLY * _unit(limits)
    if not 0 <= amount <= most:
        raise SpendingImplausible(name, max_minor=most, currency=limits.currency)
    return amount


def _whole(text: str) -> int | None:
    plain = text.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 4 else None
