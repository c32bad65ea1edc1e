#!/usr/bin/env python3
"""A partner's program for the Puhui API, in the Python standard library alone.

    export PUHUI_URL=http://127.0.0.1:8000 PUHUI_CLIENT_ID=… PUHUI_CLIENT_SECRET=…
    python3 client.py

walks an invented person through the whole journey in the sandbox: code, consents, identity, application, quote,
signature, payout, payoff. `Puhui` is the part to copy into a program of your own; `verify_webhook` is what a receiver
of webhooks needs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any

PATIENCE = 30  # seconds to wait for one answer
TRIES = 6  # of one request that met a busy or broken line
TOLERANCE = 300  # seconds by which a webhook may be old or ahead


class Refused(Exception):
    """The API answered with a problem document (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(f"{problem.get('status')} {problem.get('code')}: {problem.get('detail')}")


class Puhui:
    """One client of the API: gets and renews its token, and sends an act again under the same key until it knows."""

    def __init__(self, url: str, client_id: str, client_secret: str, language: str = "en") -> None:
        self.url = url.rstrip("/")
        self.client_id = client_id
        self.client_secret = client_secret
        self.language = language
        self._token = ""
        self._token_until = 0.0

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """Read something. Raises: Refused."""
        asked = {name: value for name, value in query.items() if value is not None}
        tail = f"?{urllib.parse.urlencode(asked)}" if asked else ""
        return json.loads(self._send("GET", f"/api/v1{path}{tail}", headers=headers))

    def get_bytes(self, path: str, **query: Any) -> bytes:
        """Read a document, byte for byte. Raises: Refused."""
        tail = f"?{urllib.parse.urlencode(query)}" if query else ""
        return self._send("GET", f"/api/v1{path}{tail}")

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        """Act once. Keep `key` with your own record of the act, so that a crash between the two does no harm."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), "Content-Type": "application/json"}
        data = b"" if body is None else json.dumps(body).encode()
        return json.loads(self._send("POST", f"/api/v1{path}", data, headers))

    def pages(self, path: str, **query: Any) -> Any:
        """Yield every item of a list, page by page."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **query)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _bearer(self) -> str:
        if time.monotonic() >= self._token_until:
            pair = f"{urllib.parse.quote(self.client_id)}:{urllib.parse.quote(self.client_secret)}"
            request = urllib.request.Request(
                f"{self.url}/api/v1/oauth/token",
                data=b"grant_type=client_credentials",
                headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
            )
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                given = json.load(response)
            self._token = given["access_token"]
            self._token_until = time.monotonic() + given["expires_in"] - 60
        return self._token

    def _send(
        self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        for attempt in range(1, TRIES + 1):
            request = urllib.request.Request(
                self.url + path,
                data=data,
                method=method,
                headers={
                    **(headers or {}),
                    "Authorization": f"Bearer {self._bearer()}",
                    "Accept-Language": self.language,
                },
            )
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                    found: bytes = response.read()
                    return found
            except urllib.error.HTTPError as error:
                problem = json.loads(error.read() or b"{}")
                wait = int(error.headers.get("Retry-After") or 0)
                again = error.code in (429, 500, 502, 503, 504) and wait <= 30
                if not again or attempt == TRIES:
                    raise Refused(problem) from None
            except (OSError, http.client.HTTPException):  # no line, or cut off in the middle of the answer
                wait = 0  # nobody knows whether it was done: the same key finds out
                if attempt == TRIES:
                    raise
            time.sleep(max(wait, 0.2 * 2**attempt))
        raise AssertionError("the last try returned or raised")


def verify_webhook(
    *, headers: dict[str, str], body: bytes, secret: str, now: float | None = None
) -> dict[str, Any]:
    """Return the event of a webhook that is ours, fresh and unaltered. Raises: ValueError.

    Keep each `webhook-id` that you have worked off: the same event may come more than once.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id, timestamp = given["webhook-id"], given["webhook-timestamp"]
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE:
        raise ValueError("too old or too new: is this machine's clock right?")
    signed = f"{id}.{timestamp}.".encode() + body
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()
    for part in given["webhook-signature"].split(" "):
        version, _, signature = part.partition(",")
        if version == "v1" and hmac.compare_digest(signature, wanted):
            event: dict[str, Any] = json.loads(body)
            return event
    raise ValueError("the signature does not fit")


def invent_person(seed: int) -> dict[str, str]:
    """An invented person for the sandbox: right check digits, and ranges that are nobody's."""
    chance = random.Random(seed)
    first = f"310199{chance.randrange(1970, 2000)}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    first += f"{chance.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(w * int(d) for w, d in zip(weights, first, strict=True)) % 11]
    card = f"999900{chance.randrange(10**12):012d}"
    total = 0
    for place, digit in enumerate(reversed(card)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return {
        "name": "林" + chance.choice("安晨君丽宁书晓雅") + chance.choice("安晨君丽宁书晓雅"),
        "phone": f"154{chance.randrange(10**8):08d}",
        "number": first + check,
        "card": f"{card}{-total % 10}",
        "bank": "浦江银行",
    }


def phone_shows(api: Puhui, phone: str) -> list[dict[str, str]]:
    """The newest messages on a phone of the sandbox."""
    found: list[dict[str, str]] = api.get("/sandbox/messages", {"X-Sandbox-Phone": phone})["items"]
    return found


def code_from_sandbox(api: Puhui, phone: str) -> str:
    """In the sandbox the partner reads her phone; in life she types the code into the partner's page."""
    for _ in range(100):
        for one in phone_shows(api, phone):
            if one["template"].startswith("code_"):
                return str(re.findall(r"\b[0-9]{6}\b", one["text"])[0])
        time.sleep(0.2)
    raise TimeoutError("no code arrived; is the worker running?")


def wait_for(what: str, look: Any, done: Any) -> Any:
    """Poll until it is so. A program that listens for webhooks need not poll."""
    for _ in range(150):
        found = look()
        if done(found):
            return found
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not come; is the worker running?")


def introduce(api: Puhui, person: dict[str, str]) -> str:
    """From a phone number to an identified customer; returns her id."""
    phone = person["phone"]
    api.post("/customers/codes", {"phone": phone, "language": "en"})
    code = code_from_sandbox(api, phone)
    customer_id: str = api.post("/customers", {"phone": phone, "code": code, "language": "en"})["id"]
    at, version = f"/customers/{customer_id}", api.get("/consent-texts")["version"]
    purposes = ["service", "identity", "automated_decision", "contact_service", "report_to_bureau"]
    api.post(f"{at}/consents", {"purposes": purposes, "text_version": version})
    api.post(f"{at}/credit-report-consent", {"text_version": version})
    api.post(f"{at}/identity", {"name": person["name"], "number": person["number"]})
    return customer_id


def apply(api: Puhui, customer_id: str) -> dict[str, Any]:
    """From an identified customer to a verdict."""
    month = {
        "currency": "CNY",
        "amount_minor": 1_000_000,
        "purpose": "daily",
        "months": 6,
        "income_minor": 1_800_000,
        "rent_minor": 300_000,
        "living_minor": 250_000,
        "other_instalments_minor": 0,
        "other_lenders": 0,
    }
    application = api.post(f"/customers/{customer_id}/applications", month)
    api.post(f"/applications/{application['id']}/submission", {"truthful": True})
    decided: dict[str, Any] = wait_for(
        "the verdict", lambda: api.get(f"/applications/{application['id']}"), lambda one: one["verdict"]
    )
    return decided


def borrow(api: Puhui, customer_id: str, person: dict[str, str]) -> str:
    """From a line to money in her account; returns the loan's id."""
    at = f"/customers/{customer_id}"
    terms = {"amount_minor": 500_000, "currency": "CNY", "months": 6, "method": "equal_instalment"}
    quote = api.post(f"{at}/quotes", terms)
    api.post(f"{at}/bank-accounts", {"number": person["card"], "bank_name": person["bank"]})
    contract = api.get_bytes(f"/quotes/{quote['id']}/contract", language="en")
    api.post(f"/quotes/{quote['id']}/codes")
    code = wait_for(
        "the code that signs",
        lambda: [
            found[0]
            for one in phone_shows(api, person["phone"])
            if one["template"] == "code_sign_quote" and (found := re.findall(r"\b[0-9]{6}\b", one["text"]))
        ],
        bool,
    )[0]
    sha256 = hashlib.sha256(contract).hexdigest()
    signed = api.post(
        f"/quotes/{quote['id']}/signature", {"code": code, "language": "en", "contract_sha256": sha256}
    )
    loan_id: str = signed["loan_id"]
    wait_for("the payout", lambda: api.get(f"/loans/{loan_id}"), lambda one: one["state"] == "active")
    return loan_id


def main() -> int:
    """Walk one invented person through the sandbox."""
    api = Puhui(
        os.environ.get("PUHUI_URL", "http://127.0.0.1:8000"),
        os.environ["PUHUI_CLIENT_ID"],
        os.environ["PUHUI_CLIENT_SECRET"],
    )
    for seed in range(*(lambda first: (first, first + 20))(random.randrange(10**9))):
        person = invent_person(seed)
        customer_id = introduce(api, person)
        print("customer", customer_id)
        decided = apply(api, customer_id)
        verdict = decided["verdict"]
        print("verdict", verdict["verdict"], verdict["limit_minor"])
        if verdict["limit_minor"] >= 500_000:
            break
        for reason in verdict["reasons"]:
            print("  because", reason["detail"])
    loan_id = borrow(api, customer_id, person)
    position = api.get(f"/loans/{loan_id}/position")
    print("loan", loan_id, position["state"], "owes", position["payoff_minor"], position["currency"])
    repayment = api.post(f"/loans/{loan_id}/repayments", {"repayment": {"intent": "payoff"}})
    wait_for(
        "the bank's word",
        lambda: api.get(f"/repayments/{repayment['id']}"),
        lambda one: one["state"] == "done",
    )
    closed = wait_for("the end", lambda: api.get(f"/loans/{loan_id}"), lambda one: one["state"] == "closed")
    print("loan", loan_id, closed["state"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
