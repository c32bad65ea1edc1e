"""Her credit record: true to her loans, the same bytes again, signed so that anybody can check, and nobody else's."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pypdf
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.test import Client
from django.urls import reverse

from puhui.core.canonical import content_hash
from puhui.customers.domain import mask_number
from puhui.customers.queries import get_identity
from puhui.journeys import credit_record, letters
from puhui.runtime.signing import is_signed
from tests.journeys.world import World
from tests.operations.web_kit import client_of


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_a_record_is_true_to_her_loans_day_by_day(world: World) -> None:
    """Paid by autopay on its day is on time; unpaid, it waits one day more each day; on the due date nobody is late."""
    _one, paying = world.running(0, autopay=True)
    _other, owing = world.running(1)
    due = world.position(owing).rows[0].due_date
    world.live_until(due)
    today = credit_record.write(customer_id=owing.customer_id, on_date=due).record
    assert [(one.due, one.on_time, one.late_days_most) for one in today.loans] == [(0, 0, 0)]
    world.live_until(due + timedelta(days=12))
    late = credit_record.write(customer_id=owing.customer_id, on_date=world.today).record
    there = world.position(owing)
    (told,) = late.loans
    assert (told.due, told.on_time, told.late_days_most, told.days_past_due) == (1, 0, 12, there.dpd_days)
    assert (told.late_minor, told.outstanding_minor) == (there.late_minor, there.principal_outstanding_minor)
    assert told.late_minor > 0 and (late.due, late.on_time) == (1, 0)
    good = credit_record.write(customer_id=paying.customer_id, on_date=world.today).record
    assert (good.due, good.on_time, good.loans[0].late_days_most, good.loans[0].days_past_due) == (1, 1, 0, 0)
    assert good.first_on == good.loans[0].disbursed_on and good.loans[0].number == paying.number
    again = credit_record.write(customer_id=paying.customer_id, on_date=world.today)
    assert again.text == credit_record.write(customer_id=paying.customer_id, on_date=world.today).text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_data_and_paper_carry_a_signature_that_anybody_checks(world: World, language: str) -> None:
    _borrower, loan = world.running(0)
    client = client_of(loan.customer_id, language)
    page = client.get(reverse("my_data")).content.decode()
    assert reverse("credit_record") in page and reverse("letter", args=["record", loan.customer_id]) in page
    answer = client.get(reverse("credit_record"))
    assert answer["Content-Disposition"].endswith('.json"')
    given = json.loads(answer.content)
    key = load_pem_public_key(given["pem"].encode())
    assert isinstance(key, Ed25519PublicKey)
    signature = bytes.fromhex(given["signature"].split(":")[2])
    key.verify(signature, given["text"].encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, given["text"].replace('"on_time":0', '"on_time":1').encode())
    assert is_signed(given["text"].encode(), given["signature"])
    assert given["sha256"] == content_hash(given["text"].encode())
    told = json.loads(given["text"])
    name, number = get_identity(loan.customer_id)
    assert told["name"] == name and number not in given["text"]
    assert [one["number"] for one in told["loans"]] == [loan.number]

    paper = client.get(reverse("letter", args=["record", loan.customer_id]))
    assert paper.status_code == 200 and paper["Content-Type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(paper.content)).pages
    words = re.sub(r"\s+", "", "".join(one.extract_text() for one in pages))
    for wanted in (given["sha256"], given["signature"], given["key_id"], loan.number, name):
        assert re.sub(r"\s+", "", wanted) in words, wanted
    assert number not in words and mask_number(number).replace("*", "×").replace(" ", "") in words
    longest = max(len(one) for page in pages for one in page.extract_text().split())
    assert longest < 60, "a row of signs that no line of paper can break runs off the page"
    assert client.get(reverse("letter", args=["record", loan.customer_id])).content == paper.content


def test_who_never_borrowed_gets_an_empty_record_and_nobody_gets_another_s(world: World) -> None:
    _borrower, loan = world.running(0)
    other = world.approved(1)
    empty = credit_record.write(customer_id=other.customer_id, on_date=world.today)
    assert (empty.record.loans, empty.record.first_on, empty.record.due) == ((), None, 0)
    assert is_signed(empty.text.encode(), empty.signature)
    client = client_of(other.customer_id)
    assert "borrowed nothing here yet" in client.get(reverse("my_data")).content.decode()
    assert client.get(reverse("letter", args=["record", loan.customer_id])).status_code == 404
    assert client.get(reverse("letter", args=["record", other.customer_id])).status_code == 200
    assert Client().get(reverse("credit_record")).status_code in {302, 403}
    before = {"letter": "record", "about_id": other.customer_id, "language": "en", "now": world.now}
    with pytest.raises(letters.LetterNotDue):  # the house wrote no such letter yet
        letters.write(
            customer_id=other.customer_id,
            as_of=world.today - timedelta(days=400),
            **before,  # type: ignore[arg-type]
        )
