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
    Quote,
    SignedQuote,
    build_quote,
    cost_lines,
    for_value_date,
    quote_from_plain,
    quote_sha256,
    quote_to_plain,
)

__all__ = [
    "ContractTemplate",
    "ContractTextInvalid",
    "CostLine",
    "IssuedQuote",
    "Lender",
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
]
