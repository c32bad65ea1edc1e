"""The public values and functions of offers, in one place for the stages that come after."""

from puhui.offers.domain.contract_text import (
    ContractTemplate,
    ContractTextInvalid,
    Lender,
    lender_values,
    parse_lender,
    render_contract,
)
from puhui.offers.domain.quote import (
    CostLine,
    IssuedQuote,
    Purchase,
    Quote,
    SignedQuote,
    build_quote,
    cost_lines,
    for_value_date,
    quote_from_plain,
    quote_sha256,
    quote_to_plain,
    subsidy_of,
)

__all__ = [
    "ContractTemplate",
    "ContractTextInvalid",
    "CostLine",
    "IssuedQuote",
    "Lender",
    "Purchase",
    "Quote",
    "SignedQuote",
    "build_quote",
    "cost_lines",
    "for_value_date",
    "lender_values",
    "parse_lender",
    "quote_from_plain",
    "quote_sha256",
    "quote_to_plain",
    "render_contract",
    "subsidy_of",
]
