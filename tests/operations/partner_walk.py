"""A partner's program that uses every operation of the API once, and keeps what it sent and what it was told.

What it keeps is the worked example of each operation: `src/puhui/web/partner_api/examples.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from puhui.access.partners.domain import make_secret
from puhui.core.ids import derive_id
from puhui.facts.sandbox_files import Entry
from puhui.facts.sandbox_files import key_of as bureau_key
from puhui.lab.people import InventedPerson
from puhui.web.partner_api.docs import description
from tests.journeys.world import World
from tests.operations.partner_kit import (
    MONTH,
    Partner,
    approve,
    bind,
    code_on,
    identify,
    introduce,
    operation_of,
    other_due_day,
    person,
    quote,
    sign,
    work,
)

HOOK = "http://127.0.0.1:9/hook"  # nobody listens there
SHOWN_HOOK = "https://partner.example/hooks"
SHOWN_SECRET = make_secret(b"an example: opens nothing at all")
MOST_ROWS, MOST_TEXT, MOST_HTML = 3, 240, 120  # of an example: it shows a shape and no archive
ID = re.compile(r"\b[a-z2-7]{26}\b")
MIDDLING = 33  # a row of data/lending_club_applicants.csv with something left to prove
DRAW = {"amount_minor": 300_000, "months": 3}


class Recorder(Partner):
    """A partner that keeps the first good answer of each operation."""

    def __init__(self) -> None:
        super().__init__("examples")
        self.kept: dict[str, dict[str, Any]] = {}

    def get(self, path: str, **query: Any) -> Any:
        """GET, keep it in both languages, and return the response."""
        response = super().get(path, **query)
        if name := self._keep(response, query, None):
            chinese = self.headers() | {"Accept-Language": "zh-CN"}
            again = self._said(self.http.get(f"/api/v1{path}", query, headers=chinese))
            if again != self.kept[name]["answer"] and not isinstance(again, str):
                self.kept[name]["answer_zh"] = again
        return response

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: str) -> Any:
        """POST, keep it, and return the response."""
        response = super().post(path, body, key=key, **more)
        self._keep(response, {}, body)
        return response

    def phone_shows(self, phone: str) -> Any:
        """Read a demo phone, and keep it."""
        response = super().phone_shows(phone)
        if response.json()["items"]:
            self._keep(response, {"X-Sandbox-Phone": phone}, None)
        return response

    def _keep(self, response: Any, asked: dict[str, Any], body: Any) -> str:
        """Keep an answer that is good and its operation's first; its name, or ""."""
        name = operation_of(response) if 200 <= response.status_code < 300 else ""
        if not name or name in self.kept:
            return ""
        kept: dict[str, Any] = {}
        if parameters := {**response.resolver_match.kwargs, **asked}:
            kept["parameters"] = parameters
        if body is not None:
            kept["body"] = body
        self.kept[name] = {**kept, "answer": self._said(response)}
        return name

    @staticmethod
    def _said(response: Any) -> Any:
        if response.headers["Content-Type"].startswith("application/json"):
            return shortened(response.json())
        return response.content.decode()[:MOST_HTML] + "…"


def shortened(value: Any) -> Any:
    """The same with the first rows of each list, and the beginning of a long text."""
    match value:
        case dict():
            return {name: shortened(one) for name, one in value.items()}
        case [dict(), *_]:
            return [shortened(one) for one in value[:MOST_ROWS]]
        case str() if len(value) > MOST_TEXT:
            return value[:MOST_TEXT] + "…"
    return value


def walk(partner: Recorder, world: World) -> None:
    """Use every operation once."""
    partner.read("/products")
    every = description()["components"]["schemas"]["EndpointIn"]["properties"]["events"]["items"]["enum"]
    hook = partner.send("/webhooks/endpoints", {"url": HOOK, "events": every})["id"]
    who = person(1)
    customer_id, loan_id = _to_the_money(partner, who)
    at, loan = f"/customers/{customer_id}", f"/loans/{loan_id}"
    for path in (
        "/customers", at, f"{at}/consents", f"{at}/applications", f"{at}/line", f"{at}/quotes", f"{at}/bank-accounts",
        f"{at}/mandates", f"{at}/loans", loan, f"{loan}/position", f"{loan}/schedule", f"{loan}/events",
        f"{at}/documents",
    ):  # fmt: skip
        partner.read(path)
    document = partner.read(f"{at}/documents")["items"][0]["sha256"]
    assert partner.get(f"{at}/documents/{document}").status_code == 200
    _change(partner, who, loan)
    _repay(partner, loan)
    partner.send(f"{at}/mandate-withdrawals", {"confirmed": True})
    _negotiate(partner, world)
    _complain(partner, at, loan_id)
    partner.send(f"{loan}/repayments", {"repayment": {"intent": "payoff"}})
    work()
    partner.send(f"{at}/consent-withdrawals", {"purpose": "contact_service"})
    _webhooks(partner, hook)


def _to_the_money(partner: Recorder, who: InventedPerson) -> tuple[str, str]:
    customer_id = approve(partner, who)
    at = f"/customers/{customer_id}"
    partner.read(f"{at}/quote-preview", amount_minor=1_000_000, months=3)
    offered = quote(partner, customer_id, months=3)["id"]
    bound = bind(partner, who, customer_id)
    partner.send(f"{at}/mandates", {"account_id": bound["id"], "agreed": True})
    partner.read(f"/quotes/{offered}")
    partner.read(f"/quotes/{offered}/signed-text")
    loan_id = sign(partner, who, offered)["loan_id"]
    partner.read(f"/quotes/{offered}/signature")
    work()
    return customer_id, loan_id


def _change(partner: Recorder, who: InventedPerson, loan: str) -> None:
    change = partner.send(f"{loan}/changes", {"due_day": other_due_day()})["changes"][0]["id"]
    partner.read(f"{loan}/changes")
    partner.read(f"{loan}/changes/{change}")
    text = partner.get(f"{loan}/changes/{change}/text", language="en")
    partner.send(f"{loan}/changes/{change}/codes")
    read = hashlib.sha256(text.content).hexdigest()
    body = {"code": code_on(partner, who.phone), "language": "en", "text_sha256": read}
    partner.send(f"{loan}/changes/{change}/sign", body)


def _repay(partner: Recorder, loan: str) -> None:
    partner.read(f"{loan}/repayment-preview", amount_minor=100_000, intent="prepay")
    part = {"intent": "prepay", "amount_minor": 100_000, "currency": "CNY"}
    paid = partner.send(f"{loan}/repayments", {"repayment": part})
    work()
    partner.read(f"{loan}/repayments")
    partner.read(f"/repayments/{paid['id']}")


def _negotiate(partner: Recorder, world: World) -> None:
    """Somebody else, whose price has room and whose sources show a strong record."""
    who = person(2)
    world.directory[bureau_key(who.resident_number)] = Entry(row=MIDDLING, hit="hit")
    customer_id = introduce(partner, who)
    identify(partner, who, customer_id)
    at = f"/customers/{customer_id}"
    opened = partner.send(f"{at}/applications", {**MONTH, "amount_minor": DRAW["amount_minor"]})
    partner.send(f"/applications/{opened['id']}/submission", {"truthful": True})
    work()
    partner.read(f"{at}/trades", dial="repayment", wanted_due_day=other_due_day(), **DRAW)
    partner.read(f"{at}/proof-values", **DRAW)
    partner.send(f"{at}/promises", {"kind": "income_tax"})
    partner.read(f"{at}/promises")
    proof = partner.send(f"{at}/proofs", {"kind": "income_tax"})["id"]
    work()
    partner.read(f"{at}/proofs")
    partner.read(f"/proofs/{proof}")
    partner.send(f"/proofs/{proof}/withdrawal")


def _complain(partner: Recorder, at: str, loan_id: str) -> None:
    asked = {"kind": "complaint", "text": "The receipt shows another amount.", "loan_id": loan_id}
    case = partner.send(f"{at}/cases", asked)["id"]
    partner.send(f"/cases/{case}/notes", {"text": "I have added the receipt."})
    partner.read(f"/cases/{case}")
    partner.read(f"{at}/cases")
    partner.send(f"{at}/help-requests", {"text": "My hours were cut.", "loan_id": loan_id})
    work()


def _webhooks(partner: Recorder, hook: str) -> None:
    work()
    partner.read("/webhooks/endpoints")
    partner.read(f"/webhooks/endpoints/{hook}")
    partner.read(f"/webhooks/endpoints/{hook}/secret")
    partner.send(f"/webhooks/endpoints/{hook}/secret-rotations")
    deliveries = partner.read("/webhooks/deliveries", endpoint_id=hook)["items"]
    partner.read(f"/webhooks/deliveries/{deliveries[-1]['id']}")
    partner.send(f"/webhooks/deliveries/{deliveries[-1]['id']}/replays")
    partner.send(f"/webhooks/endpoints/{hook}/closure")
    partner.send(f"/webhooks/endpoints/{hook}/reopening")


def events(partner: Recorder) -> dict[str, Any]:
    """One event of each kind that was told on the walk, as it is sent."""
    told: dict[str, Any] = {}
    for one in partner.read("/webhooks/deliveries", limit=100)["items"]:
        if one["type"] not in told:
            told[one["type"]] = partner.read(f"/webhooks/deliveries/{one['id']}")["payload"]
    return dict(sorted(told.items()))


def _pairs(english: Any, chinese: Any) -> dict[str, str]:
    """Words of two answers that differ by language alone."""
    match english, chinese:
        case dict(), dict():
            return {k: v for name, one in english.items() for k, v in _pairs(one, chinese[name]).items()}
        case list(), list():
            return {k: v for a, b in zip(english, chinese, strict=True) for k, v in _pairs(a, b).items()}
        case str(), str() if english != chinese:
            return {english: chinese}
    return {}


def _in_chinese(value: Any, pairs: dict[str, str]) -> Any:
    match value:
        case dict():
            return {name: _in_chinese(one, pairs) for name, one in value.items()}
        case list():
            return [_in_chinese(one, pairs) for one in value]
        case str():
            return pairs.get(value, value)
    return value


def with_chinese(kept: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same, answers of acts in Chinese, too: a key has one answer, so the words come from what was read twice."""
    read = [one for one in kept.values() if "answer_zh" in one]
    pairs = {k: v for one in read for k, v in _pairs(one["answer"], one["answer_zh"]).items()}
    for one in kept.values():
        chinese = _in_chinese(one["answer"], pairs)
        if "answer_zh" not in one and chinese != one["answer"]:
            one["answer_zh"] = chinese
    return dict(sorted(kept.items()))


def as_kept(found: dict[str, Any]) -> dict[str, Any]:
    """What was met, fit to be shown: ids in the order of their coming, a secret that opens nothing."""
    text = json.dumps(found, ensure_ascii=False).replace(HOOK, SHOWN_HOOK)
    text = re.sub(r"whsec_[A-Za-z0-9+/=]+", SHOWN_SECRET, text)
    names: dict[str, str] = {}
    text = ID.sub(lambda one: names.setdefault(one[0], derive_id("example", str(len(names)))), text)
    kept: dict[str, Any] = json.loads(text)
    return kept
