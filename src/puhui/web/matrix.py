"""Who may call what: one entry for every endpoint, held against the router by a test that calls them all.

Staff pages carry their permissions themselves (`needs`), the partner API its scopes; this table says the rest: whose
object an address names, and every field that an endpoint writes from. `docs/reference/access-matrix.md` is generated
from here, and a new endpoint or field without an entry fails the build.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from puhui.access.domain import Role
from puhui.access.staff.domain import PERMISSIONS, Permission
from puhui.web.staff.guard import ANYBODY

ROLES = tuple(role for role in Role if role is not Role.NONE)


class Audience(StrEnum):
    """For whom an endpoint is."""

    EVERYBODY = "everybody"  # no session asked for
    BORROWER = "borrower"  # a signed-in borrower, her own things only
    STAFF = "staff"  # staff whose role holds a permission
    PARTNER = "partner"  # a program with a token and a scope
    RAIL = "rail"  # the payment rail, by signature
    PENDING = "pending"  # staff whose password was right, on the way to the second factor
    DEMO = "demo"  # everybody, in the demo only


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is declared of one endpoint."""

    audience: Audience  # for whom
    own: str = ""  # whose object the address names: "own" = the borrower's own only, "" = no object
    fields: tuple[str, ...] = ()  # every field that it may write from; "key" and "next" go without saying
    read_by_all: bool = False  # whether everybody may read it, though only its audience may write


def _everybody(*fields: str) -> Entry:
    return Entry(audience=Audience.EVERYBODY, fields=fields)


def _hers(*fields: str) -> Entry:
    return Entry(audience=Audience.BORROWER, fields=fields)


def _own(*fields: str) -> Entry:
    return Entry(audience=Audience.BORROWER, own="own", fields=fields)


def _staff(*fields: str) -> Entry:
    return Entry(audience=Audience.STAFF, own="any", fields=fields)


APPLY = (
    "amount", "purpose", "months", "name", "number", "identity", "income", "rent", "living", "other_instalments",
    "other_lenders", "consent", "credit_report", "act",
)  # fmt: skip
ITEM = (
    "act", "version", "to", "why", "note", "outcome", "answer", "limit", "reasons", "loan_id", "other_id", "agreed",
    "reason", "name", "number", "issued", "period", "months", "total_minor", "base_minor", "balance_minor", "amount_minor",
    "monthly_minor", "count", "confirmed", "days_since",
)  # fmt: skip

ENTRIES: dict[str, Entry] = {
    "home": _everybody(),
    "sign_in": _everybody("phone"),
    "sign_in_code": _everybody("code", "again"),
    "sign_in_passkey": _everybody("credential"),
    "sign_out": _everybody(),
    "language": _everybody("to"),
    "look": _everybody("elder", "theme"),
    "how": _everybody(),
    "house_key": _everybody(),
    "apply": _hers(*APPLY),
    "apply_save": _hers(*APPLY),
    "apply_wait": _hers(),
    "verdict": _own(),
    "draw": _hers("amount", "months", "method", "due_day", "act", "product", "merchant", "invoice"),
    "draw_preview": _hers("amount", "months", "method", "due_day", "product", "merchant", "invoice"),
    "talk": _hers("act", "kind", "proof", "amount", "months", "method", "due_day"),
    "quote": _own(),
    "quote_signed_text": _own(),
    "contract_draft": _own(),
    "sign": _own("act", "code", "consent"),
    "contract": _own(),
    "contract_text": _own(),
    "letter": _own(),
    "accounts": _hers("act", "account_number", "bank_name", "account", "mandate"),
    "loans": _hers(),
    "loan": _own(),
    "what_if": _own(),
    "change": _own("due_day", "payments", "lower_price"),
    "change_sign": _own("act", "code", "consent"),
    "change_text": _own(),
    "statement": _own(),
    "payoff_letter": _own(),
    "pay": _own("amount", "intent", "act", "seen"),
    "pay_preview": _own("amount", "intent"),
    "receipt": _own(),
    "help": Entry(audience=Audience.BORROWER, fields=("case", "loan", "cause", "text"), read_by_all=True),
    "relief": _own("card"),
    "relief_budget": _own("income", "usual_income", "spending", "other_debts", "recovers", "lump"),
    "relief_sign": _own("act", "card", "offer", "code", "consent"),
    "relief_text": _own(),
    "relief_forgot": _own(),
    "lessons": _hers(),
    "lesson": _hers("answer0", "answer1", "answer2"),
    "case_new": _hers("kind", "about", "text"),
    "case": _own("text"),
    "proofs": _hers("proof"),
    "proof_give": _hers("file"),
    "me": _hers("act", "purpose", "language"),
    "identity_card": _hers("file"),
    "devices": _hers("act", "device", "name", "credential"),
    "my_data": _hers(),
    "credit_record": _hers(),
    "inbox": Entry(audience=Audience.DEMO),
    "clock": Entry(audience=Audience.DEMO, fields=("days", "to")),
    "rail_callback": Entry(audience=Audience.RAIL, fields=("signed body",)),
    "policy_reports": _everybody("report"),
    "healthz": _everybody(),
    "metrics": _everybody(),
    "staff": _staff(),
    "staff_login": _everybody("login", "password"),
    "staff_second_factor": Entry(audience=Audience.PENDING, fields=("code", "credential")),
    "staff_logout": _staff(),
    "staff_me": _staff("act", "code", "name", "credential", "factor"),
    "staff_queue": _staff(),
    "staff_item": _staff(*ITEM),
    "staff_paper": _staff(),
    "staff_approvals": _staff(),
    "staff_loan_event": _staff(
        "act",
        "why",
        "kind",
        "value_date",
        "amount",
        "annual_rate",
        "component",
        "count",
        "due",
        "event_id",
        "first_due",
        "from",
        "notice",
        "penalty",
        "to",
    ),
    "staff_payment": _staff("why"),
    "staff_people": _staff("act", "login", "role", "why"),
    "staff_customers": _staff("search"),
    "staff_customer": _staff("text"),
    "staff_unmask": _staff(),
    "staff_document": _staff(),
    "staff_letter": _staff(),
    "staff_relief": _staff(),
    "staff_relief_request": _staff("place", "why"),
    "staff_portfolio": _staff(),
    "staff_reports": _staff(),
    "staff_guarantees": _staff(),
    "staff_export": _staff(),
    "staff_monitoring": _staff(),
    "staff_sources": _staff(),
    "staff_intake": _staff(),
    "staff_models": _staff("files", "kind", "owner"),
    "staff_model": _staff("to", "share", "why"),
    "staff_policies": _staff("folder", "text", "file"),
    "staff_policy_draft": _staff("act", "why"),
    "staff_policy": _staff(),
    "staff_policy_workbook": _staff(),
    "staff_model_workbook": _staff(),
    "staff_policy_draft_workbook": _staff(),
    "staff_ledger": _staff(),
    "staff_replay": _staff("kind", "id", "count", "seed"),
    "staff_webhooks": _staff("act", "endpoint"),
    "staff_delivery": _staff(),
    "staff_audit": _staff("act", "person"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address of the router."""

    name: str  # its stable name
    route: str  # the pattern
    view: Any  # what answers
    app: str  # "partner_api", "admin" or ""


def endpoints() -> Iterator[Endpoint]:
    """This function will walk the router, the read-only admin aside, which is a table of its own."""
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(patterns: list[Any], before: str, app: str) -> Iterator[Endpoint]:
    for one in patterns:
        route = before + str(one.pattern).removeprefix("^").removesuffix("$")
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from _walk(one.url_patterns, route, one.app_name or app)
        elif isinstance(one, URLPattern):
            yield Endpoint(name=one.name or "", route=route, view=one.callback, app=app)


def needs_of(endpoint: Endpoint) -> frozenset[str]:
    """This function will return the permissions of which a staff page needs one; {"any"} for every member of staff."""
    return frozenset(getattr(endpoint.view, "needs", ()))


def roles_of(needs: frozenset[str]) -> frozenset[Role]:
    """This function will return the roles that pass a staff page's door."""
    if ANYBODY in needs:
        return frozenset(ROLES)
    return frozenset(role for role in ROLES if {one.value for one in PERMISSIONS[role]} & needs)


def partner_rows() -> list[tuple[str, str, str, str]]:
    """This function will return (address, method, scopes, fields) of every operation of the partner API."""
    from puhui.web.partner_api.api import api

    schema = api.get_openapi_schema(path_prefix="/api/v1")
    rows = []
    for address, methods in schema["paths"].items():
        for method, operation in methods.items():
            scopes = sorted(
                {scope for one in operation.get("security", []) for names in one.values() for scope in names}
            )
            fields = _fields(operation.get("requestBody", {}), schema)
            rows.append((str(address), method.upper(), ", ".join(scopes), ", ".join(fields)))
    return sorted(rows)


def _fields(body: Any, schema: Any) -> list[str]:
    media: list[Any] = list(body.get("content", {}).values())
    found: Any = media[0].get("schema", {}) if media else {}
    while "$ref" in found:
        found = schema["components"]["schemas"][found["$ref"].rsplit("/", 1)[1]]
    return sorted(found.get("properties", {}))


def write() -> str:
    """This function will write the access matrix as the page in docs/reference."""
    lines = [
        "# Access matrix", "",
        "Generated by `puhui access_matrix` from the router, the views' own permissions and `puhui.web.matrix`; a test calls",
        "every endpoint as everybody below. ✓ = answered, – = refused (nobody and borrowers learn nothing of staff pages).", "",
        "## Borrower and public pages", "",
        "| endpoint | address | for | object | nobody | borrower, own | borrower, other's | staff | writable fields |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    listed = [one for one in endpoints() if one.app == ""]
    for one in listed:
        entry = ENTRIES[one.name]
        if entry.audience is not Audience.STAFF:
            lines.append(_page_row(one, entry))
    lines += [
        "", "## Staff pages", "",
        "| endpoint | address | needs one of | " + " | ".join(role.value for role in ROLES) + " | writable fields |",
        "| --- | --- | --- | " + " | ".join("---" for _ in ROLES) + " | --- |",
    ]  # fmt: skip
    for one in listed:
        if ENTRIES[one.name].audience is Audience.STAFF:
            lines.append(_staff_row(one, ENTRIES[one.name]))
    lines += ["", "Staff see every customer's objects: for them own, other and none are one column.", ""]
    lines += [*_acts(), *_permissions(), *_partner(), *_tables()]
    return "\n".join(lines) + "\n"


def _page_row(one: Endpoint, entry: Entry) -> str:
    marks: tuple[str, ...] = {
        Audience.EVERYBODY: ("✓", "✓", "✓", "✓"),
        Audience.DEMO: ("demo", "demo", "demo", "demo"),
        Audience.BORROWER: ("–", "✓", "–" if entry.own else "✓", "–"),
        Audience.RAIL: ("–", "–", "–", "–"),
        Audience.PENDING: ("–", "–", "–", "–"),
    }[entry.audience]
    if entry.read_by_all:
        marks = tuple("✓" if mark == "✓" else "reads" for mark in marks)
    cells = (
        one.name,
        f"`/{one.route}`",
        entry.audience.value,
        entry.own or "none",
        *marks,
        ", ".join(entry.fields),
    )
    return f"| {' | '.join(cells)} |"


def _staff_row(one: Endpoint, entry: Entry) -> str:
    needs = needs_of(one)
    held = roles_of(needs)
    marks = tuple("✓" if role in held else "–" for role in ROLES)
    route = one.route.replace("|", "\\|")
    return f"| {' | '.join((one.name, f'`/{route}`', ', '.join(sorted(needs)), *marks, ', '.join(entry.fields)))} |"


def _acts() -> list[str]:
    from puhui.web.staff.items import ACTS

    lines = [
        "## Acts on an item of the queue",
        "",
        "| item | act | needs one of | writable fields |",
        "| --- | --- | --- | --- |",
    ]
    for kind, acts in ACTS.items():
        for name, act in acts.items():
            needs = ", ".join(sorted(one.value for one in act.needs))
            lines.append(f"| {kind} | {name} | {needs} | {', '.join(act.fields)} |")
    return [*lines, ""]


def _permissions() -> list[str]:
    lines = ["## Permissions", "", "| permission | " + " | ".join(role.value for role in ROLES) + " |"]
    lines.append("| --- | " + " | ".join("---" for _ in ROLES) + " |")
    for one in Permission:
        marks = " | ".join("✓" if one in PERMISSIONS[role] else "–" for role in ROLES)
        lines.append(f"| {one.value} | {marks} |")
    return [*lines, ""]


def _partner() -> list[str]:
    lines = [
        "## Partner API",
        "",
        "Only with a client's token; objects of customers whom the client introduced, others answer 404.",
        "",
    ]
    lines += ["| address | method | scopes | writable fields |", "| --- | --- | --- | --- |"]
    return [*lines, *(f"| `{a}` | {m} | {s} | {f} |" for a, m, s, f in partner_rows()), ""]


def _tables() -> list[str]:
    names = sorted(f"{model._meta.app_label}.{model.__name__}" for model in admin.site._registry)
    return [
        "## Raw tables (`/admin/`)", "",
        "Read-only, for the roles auditor and admin; no field is writable by anybody.", "",
        ", ".join(names), "",
    ]  # fmt: skip
