"""The contract's text: a versioned bilingual template, filled strictly, with nothing left to chance or to the clock.

The text is a pure function of the quote and the parties, so that the fingerprint shown before signing is the
fingerprint of what is stored, and anyone can print the same bytes again. A placeholder that nothing fills, or a value
that no placeholder uses, is an error: a contract never silently says less than it should.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from puhui.core.money import format_minor
from puhui.core.rounding import Rounding, divide
from puhui.core.writing import format_day, format_money, format_rate
from puhui.offers.domain.quote import Purchase, Quote, cost_lines, quote_sha256, subsidy_of
from puhui.products.domain import CapBasis, Method

LANGUAGES = ("zh", "en")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_METHODS = {
    Method.EQUAL_INSTALMENT: {"zh": "等额本息", "en": "equal instalments"},
    Method.EQUAL_PRINCIPAL: {"zh": "等额本金", "en": "equal principal"},
    Method.INTEREST_FIRST: {"zh": "先息后本", "en": "interest first, principal with the last instalment"},
    Method.FLAT: {"zh": "等本等息", "en": "equal instalments, interest on the whole amount"},
    Method.BULLET: {"zh": "到期一次还本付息", "en": "everything in one payment at the end"},
}
_BASES = {
    CapBasis.NOMINAL: {"zh": "单利口径", "en": "nominal basis"},
    CapBasis.EFFECTIVE: {"zh": "复利口径", "en": "effective basis"},
}


class ContractTextInvalid(ValueError):
    """A contract template and the values that fill it do not match; the message names which. A bug or a bad file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTemplate:
    """A reviewed contract text with placeholders."""

    product_id: str  # product that it belongs to
    version: str  # date of the file, ISO
    language: str  # "zh" or "en"
    text: str  # HTML with {placeholders}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lender:
    """The lender as the contract names it."""

    name_en: str  # legal name, English
    name_zh: str  # legal name, Chinese
    licence: str  # licence number and authority
    address_en: str  # registered address, English
    address_zh: str  # registered address, Chinese
    complaint_en: str  # how to complain to the lender, English
    complaint_zh: str  # how to complain to the lender, Chinese
    authority_en: str  # who hears a complaint beyond the lender, English
    authority_zh: str  # who hears a complaint beyond the lender, Chinese


def parse_lender(*, text: str, file: str) -> Lender:
    """This function will read the lender's file strictly; `file` names it in errors. Raises: ContractTextInvalid."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractTextInvalid(f"{file}: not TOML: {error}") from error
    names = {field.name for field in fields(Lender)}
    wrong = sorted(names ^ set(data)) or sorted(name for name in data if not isinstance(data[name], str))
    if wrong:
        raise ContractTextInvalid(f"{file}: missing, unknown or not text: {', '.join(wrong)}")
    return Lender(**data)


def lender_values(*, lender: Lender, name: str, on_date: date, language: str) -> dict[str, str]:
    """This function will write what every letter says of the lender and the reader."""
    chinese = language.startswith("zh")
    return {
        "lender_name": lender.name_zh if chinese else lender.name_en,
        "lender_address": lender.address_zh if chinese else lender.address_en,
        "lender_licence": lender.licence,
        "authority": lender.authority_zh if chinese else lender.authority_en,
        "complaint_channel": lender.complaint_zh if chinese else lender.complaint_en,
        "customer_name": name,
        "on_date": format_day(on_date, "zh" if chinese else "en"),
    }


def fill(template: ContractTemplate, values: dict[str, str]) -> str:
    """This function will put `values` (already HTML) in their places, each used, none left. Raises: ContractTextInvalid."""
    places = set(_PLACE.findall(template.text))
    if places != set(values):
        name = f"{template.product_id}-{template.version}.{template.language}.html"
        raise ContractTextInvalid(
            f"{name}: nothing fills {sorted(places - set(values))}; no place for {sorted(set(values) - places)}"
        )
    return _PLACE.sub(lambda found: values[found[1]], template.text)


def _instant(when: datetime, language: str, zone: str) -> str:
    local = when.astimezone(ZoneInfo(zone))
    return f"{format_day(local.date(), language)} {local:%H:%M}"


def _row(cells: Iterable[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def render_contract(
    *,
    template: ContractTemplate,
    quote: Quote,
    lender: Lender,
    borrower_name: str,
    borrower_number: str,
    account_tail: str,
    complaint_days: int,
    freeze_days: int,
    freeze_uses_per_year: int,
    zone: str,
) -> str:
    """This function will render the contract for `quote` as a full HTML page with a print style.

    It holds the all-in cost statement of CN-COST-02 (金规〔2026〕2号): principal; each item with method, standard and
    charging party; the annual cost of normal performance on both bases; the costs of default. `borrower_name` and
    `borrower_number` are shown as given: the caller masks them. Raises: ContractTextInvalid.
    """
    language = template.language
    assert language in LANGUAGES and template.product_id == quote.product_id
    chinese = language == "zh"
    values = {
        "template_version": template.version,
        "product_name": quote.product_name_zh if chinese else quote.product_name_en,
        "lender_name": lender.name_zh if chinese else lender.name_en,
        "lender_licence": lender.licence,
        "lender_address": lender.address_zh if chinese else lender.address_en,
        "lender_complaint": lender.complaint_zh if chinese else lender.complaint_en,
        "authority": lender.authority_zh if chinese else lender.authority_en,
        "borrower_name": borrower_name,
        "borrower_number": borrower_number,
        "account_tail": account_tail,
        "complaint_days": str(complaint_days),
        "freeze_days": str(freeze_days),
        "freeze_uses": str(freeze_uses_per_year),
        "valid_until": _instant(quote.valid_until, language, zone),
        **_quote_values(quote, language),
        **(_purchase_values(quote, quote.purchase, chinese) if quote.purchase else {}),
    }
    ready = {name: escape(value) for name, value in values.items()}
    ready["cost_rows"] = _cost_rows(quote, language)
    ready["instalment_rows"] = _instalment_rows(quote, language)
    return fill(template, ready)


def _purchase_values(quote: Quote, purchase: Purchase, chinese: bool) -> dict[str, str]:
    """What the text says of the merchant who is paid."""
    return {
        "merchant_name": purchase.merchant_name_zh if chinese else purchase.merchant_name_en,
        "merchant_tail": purchase.account_tail,
        "invoice": purchase.invoice,
        "subsidy": format_money(subsidy_of(quote), quote.currency),
    }


def _quote_values(quote: Quote, language: str) -> dict[str, str]:
    """What the text says of the quote itself."""
    currency, cost = quote.currency, quote.all_in
    late = quote.rows[0].principal_minor or quote.amount_minor
    ten_days = divide(late * quote.penalty_daily_rate_ppm * 10, 1_000_000, Rounding.HALF_EVEN)
    return {
        "quote_number": quote.number,
        "quote_fingerprint": quote_sha256(quote),
        "amount": format_money(quote.amount_minor, currency),
        "months": str(quote.months),
        "method": _METHODS[quote.method][language],
        "annual_rate": format_rate(quote.annual_rate_ppm),
        "apr_nominal": format_rate(cost.apr_nominal_ppm),
        "apr_effective": format_rate(cost.apr_effective_ppm),
        "cap_rate": format_rate(quote.cap.cap_ppm),
        "cap_basis": _BASES[quote.cap.basis][language],
        "total": format_money(cost.total_minor, currency),
        "total_cost": format_money(cost.total_cost_minor, currency),
        "interest_total": format_money(cost.interest_minor, currency),
        "penalty_rate": format_rate(
            quote.penalty_daily_rate_ppm, 3 if quote.penalty_daily_rate_ppm % 100 else 2
        ),
        "penalty_example": format_money(ten_days, currency),
        "penalty_example_principal": format_money(late, currency),
        "value_date": format_day(quote.value_date, language),
        "first_due_date": format_day(quote.first_due_date, language),
        "last_due_date": format_day(quote.rows[-1].due_date, language),
        "withdrawal_days": str(quote.withdrawal_days),
    }


def _cost_rows(quote: Quote, language: str) -> str:
    def money(amount_minor: int) -> str:
        return format_money(amount_minor, quote.currency)

    found = []
    for line in cost_lines(quote):
        if line.code == "interest":
            how = {"zh": "按剩余本金、按月计", "en": "monthly on the balance"}[language]
            standard = {"zh": "年利率 ", "en": "a year: "}[language] + format_rate(quote.annual_rate_ppm)
        elif line.each_minor:
            how = {"zh": "每期一次", "en": "with each instalment"}[language]
            standard = f"{money(line.each_minor)} × {line.count}"
        else:
            how = {"zh": "不收取", "en": "not charged"}[language]
            standard = money(0)
        name, party = (line.name_zh, line.party_zh) if language == "zh" else (line.name_en, line.party_en)
        found.append(_row([name, how, standard, party, money(line.amount_minor)]))
    return "\n".join(found)


def _instalment_rows(quote: Quote, language: str) -> str:
    found = [
        _row(
            [
                str(row.number),
                row.due_date.isoformat(),
                *(
                    format_minor(amount, quote.currency)
                    for amount in (row.principal_minor, row.interest_minor, row.fee_minor, row.payment_minor)
                ),
            ]
        )
        for row in quote.rows
    ]
    totals = (
        quote.amount_minor,
        quote.all_in.interest_minor,
        quote.all_in.fee_minor,
        quote.all_in.total_minor,
    )
    label = {"zh": "合计", "en": "Total"}[language]
    found.append(_row(["", label, *(format_minor(one, quote.currency) for one in totals)], "th"))
    return "\n".join(found)
