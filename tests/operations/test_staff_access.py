"""The access matrix is true: every endpoint has its entry, every field is declared, and everybody is really turned away."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from puhui.access import operations as access
from puhui.access.domain import Role
from puhui.access.staff.domain import PERMISSIONS
from puhui.customers.queries import get_customer
from puhui.journeys import change_ask, complain, models, relief_ask
from puhui.journeys.staff_queue import NEEDS, ItemKind
from puhui.loans.domain import ChangeChoice
from puhui.loans.queries import get_contract, list_events
from puhui.payments.queries import list_orders
from puhui.protection.texts.domain import TextFolder
from puhui.protection.texts.operations import record_draft
from puhui.runtime.transactions import transaction
from puhui.web.matrix import ENTRIES, ROLES, Audience, Endpoint, endpoints, needs_of, roles_of, write
from tests.decisions_kit import POLICIES
from tests.journeys.world import World
from tests.operations.intake_kit import an_intake
from tests.operations.webhook_kit import a_delivery
from tests.papers_kit import a_waiting_paper

PAGE = Path(settings.BASE_DIR) / "docs/reference/access-matrix.md"
WITHOUT_SAYING = {"key", "next", "csrfmiddlewaretoken"}
READERS = {
    "text",
    "amount",
    "needed_amount",
    "_post",
}  # functions whose second argument is a field of the form
PAGES = [one for one in endpoints() if one.app == ""]
ADMIN_PATHS = ("/admin/", "/admin/access/user/", "/admin/runtime/audit/")


def test_every_endpoint_has_its_entry_and_every_entry_its_endpoint() -> None:
    names = [one.name for one in PAGES]
    assert len(names) == len(set(names)) and "" not in names
    assert set(names) == set(ENTRIES), set(names) ^ set(ENTRIES)
    for one in PAGES:
        if ENTRIES[one.name].audience is Audience.STAFF:
            assert needs_of(one), f"{one.name} has no door"
        else:
            assert not needs_of(one), f"{one.name} is not declared as a staff page"


def test_a_planted_endpoint_is_found() -> None:
    planted = Endpoint(name="planted", route="planted", view=lambda request: None, app="")
    assert planted.name not in ENTRIES and not roles_of(needs_of(planted))


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == write(), "run: puhui access_matrix"


def _fields_read(module: Any) -> set[str]:
    """Return the names of form fields that a module reads, off its syntax tree."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        name: ast.expr | None = None
        if isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func)
            if called.endswith(("POST.get", "POST.getlist")):
                name = node.args[0]
            elif called.split(".")[-1] in READERS and len(node.args) > 1:
                name = node.args[1]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(".POST"):
            name = node.slice
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            found.add(name.value)
    return found - WITHOUT_SAYING


def test_every_field_that_a_page_writes_from_is_declared() -> None:
    declared: defaultdict[str, set[str]] = defaultdict(set)
    for one in PAGES:
        declared[inspect.unwrap(one.view).__module__] |= set(ENTRIES[one.name].fields)
    declared["puhui.web.staff.factors"] = declared["puhui.web.staff.me"] | declared["puhui.web.staff.login"]
    declared["puhui.web.staff.paper"] |= set(ENTRIES["staff_item"].fields)  # whose acts it carries out
    for name in sorted(one for one in sys.modules if one.startswith("puhui.web.")):
        if ".partner_api" in name or name.endswith((".inputs", ".middleware", ".catalogues")):
            continue
        undeclared = _fields_read(sys.modules[name]) - declared[name]
        assert not undeclared, f"{name} reads {undeclared}"


@dataclass
class Cast:
    """Everybody who may knock, and what there is to knock at."""

    own: dict[str, str] = field(default_factory=dict)  # arguments of addresses, the first borrower's things
    users: dict[str, Any] = field(default_factory=dict)  # who → login

    def client(self, who: str) -> Client:
        """Return a browser of somebody."""
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        if who != "nobody":
            client.force_login(self.users[who])
        return client


def a_draft(now: datetime) -> str:
    """A product's text as somebody drafted it."""
    text = (POLICIES / "products/haoqidai-2026-11-01.toml").read_text(encoding="utf-8")
    with transaction():
        return record_draft(
            folder=TextFolder.PRODUCTS,
            name="haoqidai-2026-12-01.toml",
            text=text.replace("2026-11-01", "2026-12-01"),
            valid_from=date(2026, 12, 1),
            by="tang.wei",
            now=now,
        ).id


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    """One borrower with everything, one with nothing, one of staff for each role."""
    world = World(start=date(2026, 11, 23))
    borrower, loan = world.running(0)
    world.prepay(loan)
    world.work()
    change = change_ask.ask(
        customer_id=loan.customer_id, loan_id=loan.id, choice=ChangeChoice(due_day=5), key="c", now=world.now
    )
    case = complain.open(
        customer_id=loan.customer_id, kind="question", about="", text="?", key="q", now=world.now
    )
    contract = get_contract(id=loan.contract_id)
    made = Cast()
    made.own = {
        "application_id": borrower.application_id,
        "quote_id": contract.quote_id,
        "contract_id": contract.id,
        "loan_id": loan.id,
        "event_id": list_events(loan_id=loan.id)[-1].id,
        "case_id": case.id,
        "customer_id": loan.customer_id,
        "sha256": contract.text_sha256,
        "order_id": list_orders(loan_id=loan.id)[0].id,
        "kind": "case",
        "ref": case.id,
        "table": "months",
        "form": "csv",
        "letter": "statement",
        "about_id": loan.id,
        "step": "1",
        "delivery_id": a_delivery(world.now),
        "intake_id": an_intake([world.person(0).resident_number]),
        "model_id": models.list_registered(world.now)[-1].id,
        "text_id": a_draft(world.now),
        "proof_id": a_waiting_paper(loan.customer_id, now=world.now),
        "change_id": change.id,
        "lesson": "due_dates",
        "request_id": relief_ask.start(
            customer_id=loan.customer_id, loan_id=loan.id, cause="illness", key="relief", now=world.now
        ).id,
        "folder": "credit",
        "name": "2026-11-01",
    }
    users = get_user_model()._default_manager
    made.users["own"] = users.get(pk=get_customer(loan.customer_id).user_id)
    other = world.borrower(1)
    other.register(world.now)
    made.users["other"] = users.get(pk=get_customer(other.customer_id).user_id)
    for role in ROLES:
        with transaction():
            pk = access.create_staff(
                login=f"m.{role.value}", password="long-enough-password", role=role.value, now=world.now
            )
        made.users[role.value] = users.get(pk=pk)
    yield made
    world.close()


def _expected(one: Endpoint, who: str, method: str) -> bool | None:
    """Whether somebody is let in; None where the endpoint is the rail's, by signature."""
    entry = ENTRIES[one.name]
    if entry.read_by_all and method == "get":
        return True
    if one.name == "staff_item":  # the item of the cast is a question
        seen = {role.value for role in ROLES if NEEDS[ItemKind.QUESTION] & PERMISSIONS[role]}
        return who in seen
    match entry.audience:
        case Audience.EVERYBODY | Audience.DEMO:
            return True
        case Audience.RAIL:
            return None
        case Audience.PENDING:
            return False
        case Audience.BORROWER:
            return who == "own" or (who == "other" and not entry.own)
    return who in {role.value for role in roles_of(needs_of(one))}


def _let_in(answer: Any) -> bool:
    """Whether an answer let the caller in: not a refusal at the door, not a way to a sign-in page."""
    if answer.status_code in (401, 403, 404):
        return False
    location = answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", "")
    return not location.startswith(("/sign-in?", "/staff/login"))


def test_everybody_is_let_in_or_turned_away_as_the_matrix_says(cast: Cast) -> None:
    wrong: list[str] = []
    knocks = 0
    everybody = ["nobody", "own", "other", *(role.value for role in ROLES)]
    for one in sorted(PAGES, key=lambda page: page.name in ("sign_out", "staff_logout")):
        for who in everybody:
            for method in ("get", "post"):
                expected = _expected(one, who, method)
                answer = getattr(cast.client(who), method)(_address(one, cast))
                knocks += 1
                assert answer.status_code < 500 or answer.status_code == 501, (one.name, who, method)
                if expected is None:
                    if method == "post" and answer.status_code < 400:
                        wrong.append(f"{one.name} {who} {method}: {answer.status_code}")
                elif expected is False and _let_in(answer) and answer.status_code != 405:
                    wrong.append(f"{one.name} lets in {who} by {method}: {answer.status_code}")
                elif expected and method == "get" and not _let_in(answer):
                    wrong.append(f"{one.name} turns away {who}: {answer.status_code}")
    assert wrong == [], "\n".join(wrong)
    print(f"{knocks} requests, {len(PAGES)} endpoints, 0 wrong allows")


def _address(one: Endpoint, cast: Cast) -> str:
    names = re.findall(r"<(?:\w+:)?(\w+)>", one.route)
    own = cast.own | (
        {"kind": "income_tax"} if one.name == "proof_give" else {}
    )  # a kind of proof, not of work
    return reverse(one.name, kwargs={name: own[name] for name in names})


def test_raw_tables_open_for_auditor_and_admin_only_and_nobody_writes(cast: Cast) -> None:
    for who in ("nobody", "own", *(role.value for role in ROLES)):
        for path in ADMIN_PATHS[1:]:
            answer = cast.client(who).get(path)
            assert (answer.status_code == 200) == (who in ("auditor", "admin")), (
                who,
                path,
                answer.status_code,
            )
            assert cast.client(who).post(f"{path}add/", {"login": "x"}).status_code in (302, 403), (who, path)


def test_programs_are_turned_away_without_a_token(cast: Cast) -> None:
    open_to_all = {"get_token", "revoke_token", "openapi", "docs", "nothing"}
    for one in endpoints():
        if one.app != "partner_api" or one.name in open_to_all:
            continue
        path = "/" + re.sub(r"<[^>]+>", "a" * 26, one.route)
        for who in ("nobody", "own", "operations"):
            for method in ("get", "post"):
                sent = {"data": "{}", "content_type": "application/json"} if method == "post" else {}
                answer = getattr(cast.client(who), method)(path, **sent)
                assert answer.status_code in (401, 404, 405), (one.name, who, method, answer.status_code)


def test_acts_on_items_are_refused_to_roles_without_them(cast: Cast) -> None:
    from puhui.web.staff.items import ACTS

    url = reverse("staff_item", kwargs={"kind": "case", "ref": cast.own["case_id"]})
    for who in (Role.ANALYST.value, Role.COLLECTIONS.value, Role.AUDITOR.value, Role.ADMIN.value):
        for name in ACTS["case"]:
            answer = cast.client(who).post(url, {"act": name, "version": "0", "answer": "x", "note": "x"})
            assert answer.status_code in (403, 404), (who, name, answer.status_code)
    unknown = cast.client("operations").post(url, {"act": "delete"})
    assert unknown.status_code == 403


def test_staff_without_a_second_factor_are_sent_to_add_one_outside_the_demo(
    cast: Cast, settings: Any
) -> None:
    settings.SECOND_FACTOR_NEEDED = True
    client = cast.client("operations")
    assert client.get("/staff/queue").headers["Location"] == "/staff/me"
    assert client.get("/staff/me").status_code == 200
    session = client.session
    session["second_factor"] = True
    session.save()
    assert client.get("/staff/queue").status_code == 200


def test_raw_tables_have_no_door_of_their_own(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR_NEEDED = True
    client = cast.client("auditor")
    for path in (*ADMIN_PATHS, "/admin/password_change/", "/admin/login/"):
        answer = client.get(path, follow=True)
        assert answer.redirect_chain[-1][0] == "/staff/me", path
    session = client.session
    session["second_factor"] = True
    session.save()
    assert client.get("/admin/runtime/audit/").status_code == 200
    assert client.get("/admin/password_change/").headers["Location"] == "/staff/me"

    stranger = Client()
    stranger.post("/admin/login/", {"username": "auditor", "password": "auditor"})
    assert "_auth_user_id" not in stranger.session
    answer = stranger.get("/admin/access/user/", follow=True)
    assert answer.redirect_chain[-1][0] == "/staff/login?next=/admin/access/user/"
    assert cast.client("own").get("/admin/", follow=True).status_code == 404
    settings.SECOND_FACTOR_NEEDED = False
    assert cast.client("analyst").get("/admin/", follow=True).status_code == 403
