"""Product files: what may be lent, read strictly from dated, reviewed text.

An unknown field, a wrong type or an impossible figure is an error that names the file and the field; nothing falls
back to a default that nobody reviewed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.core.canonical import content_hash
from puhui.core.money import exponent
from puhui.core.refusals import InputRefused
from puhui.core.rounding import Rounding
from puhui.products.domain.by_options import affordable_principal
from puhui.products.domain.options import DueUnit, LoanOptions, OptionsInvalid, options_from_plain
from puhui.products.domain.schedule import MAX_MONTHS, Method


class ProductInvalid(ValueError):
    """A product file cannot be read as one: the message names the file and the field. Not a borrower's error."""


class AmountNotOffered(InputRefused):
    """The product lends no such amount."""

    field = "amount"


class TermNotOffered(InputRefused):
    """The product has no such number of months."""

    field = "months"


class MethodNotOffered(InputRefused):
    """The product does not repay this way, or not for so many months."""

    field = "method"


class DueDayNotOffered(InputRefused):
    """The due day is not one that every month has."""

    field = "due_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodTerms:
    """A repayment method that a product offers."""

    method: Method  # how the principal comes back
    max_months: int  # the longest term for which it is offered


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeItem:
    """A fee that a borrower could expect: charged with each instalment, or shown as zero because people fear it."""

    code: str  # stable name ("guarantee")
    name_en: str  # what it is called, English
    name_zh: str  # what it is called, Chinese
    party_en: str  # who receives it, English
    party_zh: str  # who receives it, Chinese
    third_party: bool  # whether the receiver is someone else than the lender
    per_instalment_minor: int  # charged with each instalment, minor units; 0 = never charged, shown as zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What can be lent, and how."""

    id: str  # stable name ("haoqidai")
    version: str  # date of the file's version, ISO
    hash: str  # SHA-256 of the file's bytes
    valid_from: date  # first business date on which it is offered
    valid_to: date | None  # first business date on which it no longer is
    name_en: str  # English name
    name_zh: str  # Chinese name
    currency: str  # ISO 4217
    amount_min_minor: int  # smallest draw, minor units
    amount_max_minor: int  # largest draw, minor units
    amount_step_minor: int  # draws are multiples of it, minor units
    terms: tuple[int, ...]  # months offered, ascending
    methods: tuple[MethodTerms, ...]  # methods offered, the usual one first
    fees: tuple[FeeItem, ...]  # charged ones and those shown as zero
    instalment_rounding: Rounding  # how the level instalment is rounded
    first_period_min_days: int  # with a chosen due day, the first instalment is at least so far away
    restores: bool  # whether repaid principal can be drawn again (循环)
    semantics_version: int  # rules by which its loans are computed (puhui.loans)
    options: LoanOptions | None = None  # its further choices; None = semantics version 1, which has none

    @property
    def fee_per_instalment_minor(self) -> int:
        """All fees of one instalment, minor units."""
        return sum(fee.per_instalment_minor for fee in self.fees)


def check_draw(
    *, product: Product, amount_minor: int, months: int, method: Method, due_day: int | None = None
) -> None:
    """This function will do nothing where the product offers these terms.

    Raises, in this order: AmountNotOffered, TermNotOffered, MethodNotOffered, DueDayNotOffered.
    """
    low, high, step = product.amount_min_minor, product.amount_max_minor, product.amount_step_minor
    if not low <= amount_minor <= high or amount_minor % step:
        raise AmountNotOffered(min_minor=low, max_minor=high, step_minor=step, currency=product.currency)
    if months not in product.terms:
        raise TermNotOffered(months=", ".join(str(term) for term in product.terms))
    offered = {one.method: one.max_months for one in product.methods}
    if months > offered.get(method, 0):
        raise MethodNotOffered(method=method.value, max_months=offered.get(method, 0))
    by_month = product.options is None or product.options.unit is DueUnit.MONTH
    if due_day is not None and not (1 <= due_day <= 28 and by_month):
        raise DueDayNotOffered(due_day=due_day)


def largest_draw(*, product: Product, at_most_minor: int) -> int:
    """This function will return the largest amount that the product offers at or below `at_most_minor`, 0 if none."""
    amount = (
        min(at_most_minor, product.amount_max_minor) // product.amount_step_minor * product.amount_step_minor
    )
    return amount if amount >= product.amount_min_minor else 0


def most_affordable(
    *, product: Product, months: int, annual_rate_ppm: int, payment_minor: int, at_most_minor: int
) -> int:
    """This function will return the largest amount that the product offers for a term, at or below `at_most_minor`,
    whose highest payment by its usual method is at most `payment_minor`; minor units, 0 if none.
    """
    method = next((one.method for one in product.methods if months <= one.max_months), None)
    if months not in product.terms or method is None:
        return 0
    own = product.options.fixed_rate_ppm if product.options else None
    bears = affordable_principal(
        payment_minor=payment_minor,
        annual_rate_ppm=annual_rate_ppm if own is None else min(own, annual_rate_ppm),
        months=months,
        method=method,
        max_minor=largest_draw(product=product, at_most_minor=at_most_minor),
        step_minor=product.amount_step_minor,
        fee_minor=product.fee_per_instalment_minor,
        rounding=product.instalment_rounding,
        options=product.options,
    )
    return largest_draw(product=product, at_most_minor=bears)


class _Table:
    """A TOML table of which every field must be asked for exactly once, with its type."""

    def __init__(self, at: str, data: Mapping[str, Any]) -> None:
        self.at, self.left = at, dict(data)

    def take(self, name: str, kind: type) -> Any:
        value = self.left.pop(name, None)
        if type(value) is not kind:
            raise ProductInvalid(f"{self.at}: {name}: expected {kind.__name__}, found {value!r}")
        return value

    def number(self, name: str, low: int, high: int) -> int:
        value: int = self.take(name, int)
        if not low <= value <= high:
            raise ProductInvalid(f"{self.at}: {name}: {value} is not between {low} and {high}")
        return value

    def tables(self, name: str) -> list[_Table]:
        rows = self.left.pop(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ProductInvalid(f"{self.at}: {name}: expected a list of tables")
        return [_Table(f"{self.at}: {name}[{index}]", row) for index, row in enumerate(rows)]

    def close(self) -> None:
        if self.left:
            raise ProductInvalid(f"{self.at}: unknown field(s): {', '.join(sorted(self.left))}")


def parse_product(*, text: str, file: str) -> Product:
    """This function will read a product file's text strictly; `file` names it in errors. Raises: ProductInvalid."""
    try:
        top = _Table(file, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProductInvalid(f"{file}: not TOML: {error}") from error
    amount = _Table(f"{file}: amount", top.take("amount", dict))
    currency = top.take("currency", str)
    exponent(currency)
    terms = top.take("terms_months", list)
    if (
        not terms
        or terms != sorted(set(terms))
        or not all(type(t) is int and 0 < t <= MAX_MONTHS for t in terms)
    ):
        raise ProductInvalid(f"{file}: terms_months: expected ascending whole months")
    step = amount.number("step_minor", 1, 10**9)
    product = Product(
        id=top.take("id", str),
        version=top.take("version", str),
        hash=content_hash(text.encode()),
        valid_from=top.take("valid_from", date),
        valid_to=top.take("valid_to", date) if "valid_to" in top.left else None,
        name_en=top.take("name_en", str),
        name_zh=top.take("name_zh", str),
        currency=currency,
        amount_min_minor=amount.number("min_minor", step, 10**12),
        amount_max_minor=amount.number("max_minor", step, 10**12),
        amount_step_minor=step,
        terms=tuple(terms),
        methods=tuple(_method(table, terms[-1]) for table in top.tables("methods")),
        fees=tuple(_fee(table) for table in top.tables("fees")),
        instalment_rounding=_rounding(file, top.take("instalment_rounding", str)),
        first_period_min_days=top.number("first_period_min_days", 1, 31),
        restores=top.take("restores", bool),
        semantics_version=top.number("semantics_version", 1, 2),
        options=_options(file, top),
    )
    amount.close()
    top.close()
    _check_whole(file, product)
    return product


def _method(table: _Table, longest: int) -> MethodTerms:
    name = table.take("method", str)
    if name not in {method.value for method in Method}:
        raise ProductInvalid(f"{table.at}: method: unknown {name!r}")
    found = MethodTerms(method=Method(name), max_months=table.number("max_months", 1, longest))
    table.close()
    return found


def _options(file: str, top: _Table) -> LoanOptions | None:
    """The further choices; a table that version 2 must have and version 1 cannot."""
    if "options" not in top.left:
        return None
    try:
        return options_from_plain(top.take("options", dict))
    except OptionsInvalid as error:
        raise ProductInvalid(f"{file}: options: {error}") from None


def _fee(table: _Table) -> FeeItem:
    fee = FeeItem(
        code=table.take("code", str),
        name_en=table.take("name_en", str),
        name_zh=table.take("name_zh", str),
        party_en=table.take("party_en", str),
        party_zh=table.take("party_zh", str),
        third_party=table.take("third_party", bool),
        per_instalment_minor=table.number("per_instalment_minor", 0, 10**9),
    )
    table.close()
    return fee


def _rounding(file: str, name: str) -> Rounding:
    if name not in {rounding.value for rounding in Rounding}:
        raise ProductInvalid(f"{file}: instalment_rounding: unknown {name!r}")
    return Rounding(name)


def _check_whole(file: str, product: Product) -> None:
    options = product.options
    faults = {
        "semantics_version: 2 needs a table [options], 1 has none": (options is None)
        == (product.semantics_version >= 2),
        "options: interest_only leaves no instalment with principal in the shortest term": bool(
            options and options.interest_only >= product.terms[0]
        ),
        "options: weights: as many as instalments, so one term only": bool(
            options and options.weights and product.terms != (len(options.weights),)
        ),
        "id: letters, digits and dashes": not product.id or not product.id.replace("-", "").isalnum(),
        "version: an ISO date, the one of valid_from": product.version != product.valid_from.isoformat(),
        "valid_to: after valid_from": bool(product.valid_to and product.valid_to <= product.valid_from),
        "amount: min_minor above max_minor": product.amount_min_minor > product.amount_max_minor,
        "amount: min_minor and max_minor are multiples of step_minor": bool(
            product.amount_min_minor % product.amount_step_minor
            or product.amount_max_minor % product.amount_step_minor
        ),
        "methods: at least one, each once": not product.methods
        or len({one.method for one in product.methods}) != len(product.methods),
        "fees: each code once": len({fee.code for fee in product.fees}) != len(product.fees),
        "file name: id-version.toml": not file.endswith(f"{product.id}-{product.version}.toml"),
    }
    for fault, found in faults.items():
        if found:
            raise ProductInvalid(f"{file}: {fault}")
