"""A quote carries the house's signature: anybody can check it, and what was edited behind it is refused."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.db import connection
from django.test import Client

from puhui.journeys import staff_replay
from puhui.offers import queries
from puhui.offers.models import SignatureRow
from puhui.offers.operations import QuoteAltered, sign_quote
from puhui.payments.domain import OrderState
from puhui.payments.queries import list_orders
from puhui.runtime.signing import is_signed, sign_bytes
from puhui.runtime.transactions import transaction
from tests.journeys.world import World
from tests.loans_kit import NOW, new_quote

from .intruder import lift_every_guard

# column → what an edit makes of it
EDITS: dict[str, Any] = {
    "body": lambda body: body.replace('"amount_minor":', '"amount_minor":1', 1),
    "amount_minor": lambda amount: amount - 100,
    "valid_until": lambda until: until + timedelta(days=30),
    "sha256": lambda found: "0" * 64,
    "policy_sha256": lambda found: "1" * 64,
    "house_signature": lambda found: None,
    "number": lambda found: "Q-0000-00",
}


def edit(sql: str, values: list[Any]) -> None:
    """Change a row past every guard of the database, until the test ends."""
    lift_every_guard()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount == 1


def published() -> tuple[Ed25519PublicKey, str]:
    """Return the published key, as anybody gets it."""
    found = json.loads(Client().get("/house-key").content)
    key = load_pem_public_key(found["pem"].encode())
    assert isinstance(key, Ed25519PublicKey) and found["algorithm"] == "ed25519"
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert found["key_id"] == hashlib.sha256(raw).hexdigest()[:16]
    return key, found["key_id"]


@pytest.mark.django_db
def test_anybody_can_check_a_quote_with_the_published_key() -> None:
    quote = new_quote(1)
    key, key_id = published()
    text, signature = queries.get_signed_text(quote_id=quote.id)
    algorithm, named, written = signature.split(":")
    assert (algorithm, named) == ("ed25519", key_id)
    key.verify(bytes.fromhex(written), text.encode())
    said = json.loads(text)["quote"]
    assert (said["amount_minor"], said["input_hash"]) == (quote.amount_minor, quote.input_hash)
    assert said["all_in"]["apr_nominal_ppm"] == quote.all_in.apr_nominal_ppm
    assert len(said["rows"]) == quote.months and said["valid_until"]
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(written), text.replace(str(quote.amount_minor), "1").encode())


@pytest.mark.parametrize(
    "wrong", ["", "ed25519", "ed25519:0000:00", "rsa:{id}:00", "ed25519:{id}:zz", "ed25519:{id}:"]
)
def test_what_is_no_signature_is_none(wrong: str) -> None:
    key_id = sign_bytes(b"x").split(":")[1]
    assert is_signed(b"x", sign_bytes(b"x")) and not is_signed(b"y", sign_bytes(b"x"))
    assert not is_signed(b"x", wrong.format(id=key_id))


@pytest.mark.django_db
@pytest.mark.parametrize("column", sorted(EDITS))
def test_an_edited_quote_is_not_signed(column: str) -> None:
    quote = new_quote(1)
    row = queries.get_quote_row(quote.id)
    edit(f'UPDATE offers_quote SET "{column}" = %s WHERE id = %s', [EDITS[column](row[column]), quote.id])
    assert not queries.is_genuine(quote_id=quote.id)
    with pytest.raises(QuoteAltered), transaction():
        sign_quote(
            quote_id=quote.id,
            signer_customer_id=quote.customer_id,
            code_id=None,
            language="en",
            contract_sha256="5" * 64,
            now=NOW,
        )
    assert SignatureRow.objects.count() == 0


@pytest.mark.django_db
def test_the_money_of_an_edited_quote_stays_and_the_replay_names_it() -> None:
    world = World()
    _borrower, loan = world.signed(0)
    quote_id = queries.list_quotes(customer_id=loan.customer_id)[0].quote.id
    edit("UPDATE offers_quote SET policy_sha256 = %s WHERE id = %s", ["2" * 64, quote_id])
    replayed = staff_replay.replay(kind="quote", id=quote_id)
    assert [one.path for one in replayed.differences] == ["policy_sha256"]
    world.work()
    [order] = list_orders(loan_id=loan.id)
    assert order.state is OrderState.FAILED
    world.close()
