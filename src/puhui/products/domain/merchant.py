"""Merchants in whose shops a loan may be drawn, read strictly from dated, reviewed text like the products themselves."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from typing import Any

from puhui.core.refusals import InputRefused
from puhui.products.domain.options import LoanOptions
from puhui.products.domain.product import ProductInvalid

INVOICE_MAX = 40  # characters of an invoice's or order's number


class MerchantMissing(InputRefused):
    """The product pays a merchant, and none of those who take it was named."""

    field = "merchant"


class InvoiceMissing(InputRefused):
    """The product pays a merchant, and the number of his invoice or order is missing or too long."""

    field = "invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who sells what a loan pays for."""

    id: str  # stable name
    name_en: str  # English name
    name_zh: str  # Chinese name
    bank_name: str  # bank of the account that payouts go to
    account_number: str  # its number
    products: tuple[str, ...]  # ids of the products that he takes


def pays_merchant(options: LoanOptions | None) -> bool:
    """This function will tell whether a product's payout goes to a merchant: it has his subsidy, or one purpose only."""
    return options is not None and bool(options.merchant_subsidy_ppm or options.purpose)


def parse_invoice(text: str) -> str:
    """This function will return the number of an invoice or an order, spaces set right. Raises: InvoiceMissing."""
    found = " ".join(text.split())
    if not 0 < len(found) <= INVOICE_MAX or not found.isprintable():
        raise InvoiceMissing(longest=INVOICE_MAX)
    return found


def parse_merchants(*, text: str, file: str) -> tuple[Merchant, ...]:
    """This function will read a file of merchants strictly; `file` names it in errors. Raises: ProductInvalid."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProductInvalid(f"{file}: not TOML: {error}") from error
    if set(data) != {"version", "merchants"} or not file.endswith(f"{data['version']}.toml"):
        raise ProductInvalid(f"{file}: has a version, the date of its name, and a list of merchants")
    found = tuple(
        _merchant(row, f"{file}: merchants[{index}]") for index, row in enumerate(data["merchants"])
    )
    if len({one.id for one in found}) != len(found):
        raise ProductInvalid(f"{file}: merchants: each id once")
    return found


def _merchant(row: dict[str, Any], at: str) -> Merchant:
    names = {field.name for field in fields(Merchant)}
    if wrong := sorted(names ^ set(row)):
        raise ProductInvalid(f"{at}: missing or unknown: {', '.join(wrong)}")
    products = row["products"]
    if not isinstance(products, list) or not all(isinstance(one, str) for one in products):
        raise ProductInvalid(f"{at}: products: expected a list of ids")
    for name in sorted(names - {"products"}):
        if not isinstance(row[name], str) or not row[name]:
            raise ProductInvalid(f"{at}: {name}: expected a text")
    return Merchant(**{**row, "products": tuple(products)})
