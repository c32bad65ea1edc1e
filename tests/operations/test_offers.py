"""Quotes in a real database: they never change, and one signature is all that a quote ever has."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db import transaction as django_transaction
from django.test.utils import CaptureQueriesContext

from puhui.core.canonical import content_hash
from puhui.offers import queries
from puhui.offers.domain import ContractTextInvalid, Quote, SignedQuote, quote_sha256
from puhui.offers.models import QuoteRow, SignatureRow
from puhui.offers.operations import (
    QuoteAlreadySigned,
    QuoteExpired,
    QuoteNotYours,
    issue_quote,
    sign_quote,
)
from puhui.offers.queries import QuoteNotFound
from puhui.runtime.transactions import transaction
from tests.loans_kit import NOW, new_borrower, new_quote
from tests.operations.house import new_house

REPO = Path(__file__).resolve().parents[2]


def sign(quote: Quote, *, signer: str = "", now: datetime = NOW) -> SignedQuote:
    with transaction():
        return sign_quote(
            quote_id=quote.id,
            signer_customer_id=signer or quote.customer_id,
            code_id="code",
            language="en",
            contract_sha256="5" * 64,
            now=now,
        )


@pytest.mark.django_db
def test_what_is_issued_is_what_is_read() -> None:
    quote = new_quote(1)
    assert queries.get_quote(id=quote.id) == quote
    row = QuoteRow.objects.get(id=quote.id)
    assert row.sha256 == quote_sha256(quote) == content_hash(row.body.encode())
    with CaptureQueriesContext(connection) as captured:
        [listed] = queries.list_quotes(customer_id=quote.customer_id)
    assert listed.quote == quote and not listed.signed and len(captured) == 1
    assert queries.find_quote(id="x") is None and queries.find_signature(quote_id=quote.id) is None
    with pytest.raises(QuoteNotFound):
        queries.get_quote(id="x")


@pytest.mark.django_db
def test_issued_once() -> None:
    quote = new_quote(1)
    with transaction():
        assert issue_quote(quote=quote, now=NOW) == quote
    assert QuoteRow.objects.count() == 1
    with pytest.raises(AssertionError, match="never changes"), transaction():
        issue_quote(quote=replace(quote, annual_rate_ppm=1), now=NOW)
    with pytest.raises(AssertionError):
        issue_quote(quote=quote, now=NOW)  # no transaction


@pytest.mark.django_db
def test_signed() -> None:
    quote = new_quote(1)
    signed = sign(quote)
    assert signed.quote == quote and signed.quote_sha256 == quote_sha256(quote)
    assert queries.find_signature(quote_id=quote.id) == queries.get_signature(quote_id=quote.id) == signed
    assert queries.list_quotes(customer_id=quote.customer_id)[0].signed


@pytest.mark.django_db
def test_refusals_in_order() -> None:
    quote = new_quote(1)
    other, _, _ = new_borrower(2)
    late = quote.valid_until + timedelta(microseconds=1)
    with pytest.raises(QuoteNotFound):
        sign(replace(quote, id="x"), signer=other, now=late)
    with pytest.raises(QuoteNotYours):
        sign(quote, signer=other, now=late)
    with pytest.raises(QuoteExpired):
        sign(quote, now=late)
    assert SignatureRow.objects.count() == 0
    sign(quote, now=quote.valid_until)  # the last instant counts
    with pytest.raises(QuoteAlreadySigned):
        sign(quote, now=late)
    with pytest.raises(QuoteNotYours):
        sign(quote, signer=other)
    assert SignatureRow.objects.count() == 1


@pytest.mark.django_db
def test_signing_takes_three_queries() -> None:
    quote = new_quote(1)
    with transaction(), CaptureQueriesContext(connection) as captured:
        sign_quote(
            quote_id=quote.id,
            signer_customer_id=quote.customer_id,
            code_id=None,
            language="en",
            contract_sha256="5" * 64,
            now=NOW,
        )
    assert len(captured) <= 3, [one["sql"] for one in captured]


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["offers_quote", "offers_signature"])
def test_nothing_is_edited(table: str) -> None:
    sign(new_quote(1))
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET signed_at = NULL"):
        if table == "offers_quote":
            statement = statement.replace("signed_at = NULL", "amount_minor = 1")
        with pytest.raises(DatabaseError, match="append-only"), django_transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.django_db
def test_contract_texts_by_date(tmp_path: Path, settings: object) -> None:
    day = date(2026, 11, 20)
    template = queries.get_contract_template(product_id="haoqidai", language="zh-hans", on_date=day)
    assert (template.language, template.version) == ("zh", "2026-11-01")
    english = queries.get_contract_template(product_id="haoqidai", language="en", on_date=day)
    assert english.language == "en" and "Loan contract" in english.text
    assert queries.get_lender(on_date=day).name_zh
    with pytest.raises(ContractTextInvalid):
        queries.get_contract_template(product_id="haoqidai", language="en", on_date=date(2024, 1, 1))
    settings.POLICIES_DIR = tmp_path  # type: ignore[attr-defined]
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "lender-soon.toml").write_text("")
    with pytest.raises(ContractTextInvalid, match="date"):
        queries.get_lender(on_date=day)


def race(folder: Path, *command: str) -> dict[str, int]:
    """Run a race of threads in a database of its own, of the kind that the suite runs on, and count the outcomes."""
    with new_house(folder) as house:
        line = [sys.executable, "-m", "tests.operations.race", *command]
        done = subprocess.run(line, cwd=REPO, env=house.env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.django_db(transaction=True)
def test_of_many_signers_exactly_one_signs(tmp_path: Path) -> None:
    """Eight threads sign one quote at once, two of them another person: one signature, six and one refusals."""
    assert race(tmp_path, "sign", "8") == {
        "signed": 1,
        "QuoteAlreadySigned": 5,
        "QuoteNotYours": 2,
        "rows": 1,
    }


@pytest.mark.django_db(transaction=True)
def test_repayment_against_payoff_at_the_same_instant(tmp_path: Path) -> None:
    """Eight threads pay the same loan off at once: one closes it, the others are refused by name; no event is lost."""
    assert race(tmp_path, "payoff", "8") == {"recorded": 1, "RepaymentAfterPayoff": 7, "rows": 2, "closed": 1}


@pytest.mark.django_db(transaction=True)
def test_payments_at_the_same_instant_are_all_counted(tmp_path: Path) -> None:
    assert race(tmp_path, "repay", "8") == {"recorded": 8, "rows": 9, "paid": 8_00}


@pytest.mark.django_db(transaction=True)
def test_of_payments_begun_at_the_same_instant_one_goes_to_the_bank(tmp_path: Path) -> None:
    """Eight pages order a payment or the payoff of one loan at once: one order, the others are told that it is under way."""
    assert race(tmp_path, "start", "8") == {"created": 1, "PaymentUnderWay": 7, "orders": 1}
