"""Pages on real rows: steps, refusals at their field, one key one effect, numbers of queries, foreign things."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from puhui.decisions.queries import find_open_application
from puhui.protection.queries import list_cases, list_purposes_in_force
from puhui.runtime.clock import utc_now

from .web_kit import borrower, key_of, post, text_of

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = {"income": "8600", "rent": "2200", "living": "2400", "other_instalments": "680", "other_lenders": "2"}
ASKED = ("service", "automated_decision", "contact_service")


def test_every_field_is_saved_as_typed_and_shown_again() -> None:
    client, customer = borrower("en")
    saved = client.post("/apply/1/save", {"amount": "２0,000", "purpose": "education"})
    assert saved.status_code == 204
    draft = find_open_application(customer.id)
    assert draft is not None and draft.fields["amount"] == "２0,000"
    assert 'value="２0,000"' in client.get("/apply/1").content.decode()


def test_the_running_sum_is_the_domains_own() -> None:
    client, _customer = borrower("en")
    part = client.post("/apply/3/save", MONTH, headers={"HX-Request": "true"})
    words = text_of(part.content)
    assert "¥3,320" in words and "¥2,822" in words and "<html" not in part.content.decode()


@pytest.mark.parametrize(
    ("step", "data", "field", "words"),
    [
        (1, {"amount": "", "months": "12", "purpose": "other"}, "amount", "still empty"),
        (1, {"amount": "lots", "months": "12", "purpose": "other"}, "amount", ""),
        (2, {"name": "林晓雯", "number": "510104199001010010", "identity": "yes"}, "number", ""),
        (2, {"name": "Bob", "number": "51010419900101001X", "identity": "yes"}, "name", ""),
        (2, {"name": "林晓雯", "number": "51010419900101001X"}, "identity", "consent"),
        (3, {**MONTH, "income": "8600元"}, "income", ""),
        (4, {"consent": ["service"], "credit_report": "credit_report"}, "contact_service", "consent"),
        (4, {"consent": list(ASKED)}, "credit_report", "consent"),
    ],
)
def test_a_refused_step_names_its_field_and_keeps_what_was_typed(
    step: int, data: dict[str, Any], field: str, words: str
) -> None:
    client, _customer = borrower("en")
    answer = post(client, f"/apply/{step}", data)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="e-{field}"' in html and 'role="alert"' in html and words in html
    for name, value in data.items():
        if isinstance(value, str) and name in ("amount", "name", "number", "income") and value:
            assert f'value="{value}"' in html


def test_nothing_is_ever_ticked_for_her() -> None:
    client, _customer = borrower()
    for page in ("/apply/2", "/apply/4"):
        assert " checked" not in client.get(page).content.decode()


def test_consents_are_given_one_by_one_and_withdrawn_as_easily() -> None:
    client, customer = borrower("en")
    answer = post(client, "/apply/4", {"consent": list(ASKED), "credit_report": "credit_report"})
    assert answer.status_code == 302
    given = list_purposes_in_force(customer.id, utc_now())
    assert given == {*ASKED, "credit_report"}
    assert post(client, "/me", {"act": "withdraw", "purpose": "credit_report"}).status_code == 302
    assert "credit_report" not in list_purposes_in_force(customer.id, utc_now())
    again = post(client, "/me", {"act": "withdraw", "purpose": "credit_report"})
    assert again.status_code == 409 and "What you allowed" in text_of(again.content)


def test_a_form_sent_twice_acts_once_and_with_another_body_never() -> None:
    client, customer = borrower("en")
    key = key_of(client.get("/cases/new").content)
    first = client.post("/cases/new", {"kind": "complaint", "text": "Once", "key": key})
    second = client.post("/cases/new", {"kind": "complaint", "text": "Once", "key": key})
    assert first.headers["Location"] == second.headers["Location"]
    other = client.post("/cases/new", {"kind": "complaint", "text": "Something else", "key": key})
    assert other.status_code == 409 and "Something else" in other.content.decode()
    assert [case.text for case in list_cases(customer.id)] == ["Once"]
    without = client.post("/cases/new", {"kind": "complaint", "text": "Once"})
    assert without.status_code == 400


def test_one_press_freezes_without_a_question() -> None:
    client, customer = borrower("en")
    assert post(client, "/help", {}, page="/me").headers["Location"] == "/help"
    words = text_of(client.get("/help").content)
    assert "Take a breath" in words and "No papers needed now" in words
    assert [case.kind.value for case in list_cases(customer.id)] == ["help"]
    case = list_cases(customer.id)[0]
    note = post(client, "/help", {"case": case.id, "cause": "illness", "text": ""}, page="/help")
    assert note.headers["Location"] == f"/cases/{case.id}"
    assert "Illness or injury" in text_of(client.get(f"/cases/{case.id}").content)


def test_a_foreign_case_takes_no_note() -> None:
    client, customer = borrower()
    post(client, "/cases/new", {"kind": "question", "text": "我的问题"})
    case = list_cases(customer.id)[0]
    other, _stranger = borrower()
    answer = other.post(f"/cases/{case.id}", {"text": "不是我的", "key": "k" * 24})
    assert answer.status_code == 404
    assert other.post("/help", {"case": case.id, "text": "x", "key": "k" * 24}).status_code == 404


@pytest.mark.parametrize("path", ["/", "/loans", "/me", "/me/data", "/proofs", "/accounts"])
def test_a_borrowers_page_asks_a_fixed_number_of_questions(path: str) -> None:
    client, _customer = borrower()
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    assert len(asked) <= 14, [one["sql"][:90] for one in asked]


def test_the_demo_clock_moves_forward_only_and_is_shown_everywhere() -> None:
    client, _customer = borrower("en")
    assert "The demo’s clock is moved" not in client.get("/").content.decode()
    assert post(client, "/sandbox/clock", {"days": "7"}).status_code == 302
    for path in ("/", "/me", "/how-it-works"):
        assert "The demo’s clock is moved" in client.get(path).content.decode(), path
    back = post(client, "/sandbox/clock", {"to": "2020-01-01"})
    assert back.status_code == 422 and "forward only" in text_of(back.content)


def test_a_page_without_a_line_sends_her_home() -> None:
    client, _customer = borrower()
    assert client.get("/draw").headers["Location"] == "/"
    assert client.get("/apply/wait").headers["Location"] == "/apply/1"


def test_the_session_is_another_one_after_signing_in() -> None:
    from django.test import Client

    from puhui.contact.queries import list_inbox
    from puhui.journeys.handlers import HANDLERS
    from puhui.runtime.worker import drain

    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert post(client, "/sign-in", {"phone": "154 9999 0001"}).headers["Location"] == "/sign-in/code"
    before = client.session.session_key
    stored = client.session["sign_in_phone"]
    assert "15499990001" not in stored, "a phone in a session is sealed"
    drain(handlers=HANDLERS, now=utc_now())
    code = next(
        word.strip(".,，。 ")
        for word in list_inbox(limit=1)[0].text.split()
        if word.strip(".,，。 ").isdigit()
    )
    wrong = post(client, "/sign-in/code", {"code": "000000" if code != "000000" else "111111"})
    assert wrong.status_code == 422 and 'id="e-code"' in wrong.content.decode()
    assert post(client, "/sign-in/code", {"code": code}).headers["Location"] == "/"
    assert client.session.session_key != before
    assert "sign_in_phone" not in client.session
