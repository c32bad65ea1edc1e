"""The contract's text, in both languages, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from puhui.offers.domain import (
    ContractTemplate,
    ContractTextInvalid,
    Lender,
    parse_lender,
    render_contract,
)
from tests.golden import loan_values as values
from tests.golden.golden import check

FOLDER = values.POLICIES / "contracts"


def lender() -> Lender:
    path = FOLDER / "lender-2025-01-01.toml"
    return parse_lender(text=path.read_text(encoding="utf-8"), file=path.name)


def template(language: str) -> ContractTemplate:
    text = (FOLDER / f"haoqidai-2025-01-01.{language}.html").read_text(encoding="utf-8")
    return ContractTemplate(product_id="haoqidai", version="2025-01-01", language=language, text=text)


def render(text: ContractTemplate, name: str = "陈*") -> str:
    return render_contract(
        template=text,
        quote=values.quote(),
        lender=lender(),
        borrower_name=name,
        borrower_number="310***********0012",
        account_tail="6621",
        complaint_days=15,
        freeze_days=14,
        freeze_uses_per_year=2,
        zone="Asia/Shanghai",
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_contract(language: str) -> None:
    text = render(template(language))
    check(f"contracts/haoqidai-2025-01-01.{language}.html", text)
    for figure in (
        "¥20,000.00",
        "¥21,690.12",
        "¥1,690.12",
        "¥96.00",
        "15.25%",
        "16.36%",
        "24.00%",
        "0.05%",
        "6621",
    ):
        assert figure in text, figure
    assert text.count("1,807.51") == 12


def test_values_are_escaped() -> None:
    assert "&lt;b&gt;" in render(template("zh"), name="<b>")


def test_a_place_that_nothing_fills() -> None:
    with pytest.raises(ContractTextInvalid, match="surprise"):
        render(replace(template("en"), text=template("en").text + "{surprise}"))


def test_a_value_without_a_place() -> None:
    with pytest.raises(ContractTextInvalid, match="apr_effective"):
        render(replace(template("en"), text=template("en").text.replace("{apr_effective}", "")))


def test_a_lender_file_is_read_strictly() -> None:
    with pytest.raises(ContractTextInvalid, match="licence"):
        parse_lender(text='name_en = "x"', file="lender.toml")
