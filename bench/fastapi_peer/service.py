"""Two operations of our partner API in FastAPI and SQLAlchemy: save an application, send it. See README.md."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, bindparam, create_engine, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from tables import application, application_event, client, consent, customer, delegation, key, token, work

URL = os.environ["PEER_DATABASE_URL"]
POOL = int(os.environ.get("PEER_POOL", "8"))
SQLITE = URL.startswith("sqlite")
engine = create_engine(
    URL, pool_size=POOL, max_overflow=0, **({"connect_args": {"timeout": 20}} if SQLITE else {})
)
Minor = Annotated[int, Field(strict=True, ge=0, le=10**13)]
AMOUNTS = ("amount", "income", "rent", "living", "other_instalments")
NEEDED = frozenset({"service", "identity", "credit_report", "automated_decision"})

SEAL_KEY = hmac.new(os.environ["PUHUI_INDEX_KEY"].strip().encode(), b"row seals", hashlib.sha256).digest()


def seal(*values: Any) -> str:
    """The function that the triggers of a SQLite database call, as ours is."""
    return hashlib.blake2b(repr(values).encode(), key=SEAL_KEY, digest_size=16).hexdigest()


@event.listens_for(engine, "connect")
def _open(connection: Any, _: Any) -> None:
    """The durability of ours, a log that is synchronised at every commit, and the key that the triggers seal rows with."""
    if not SQLITE:
        connection.execute("SELECT set_config('puhui.seal_key', %s, false)", [SEAL_KEY.hex()])
        connection.commit()
        return
    connection.isolation_level = None  # we begin transactions ourselves
    connection.create_function("puhui_seal", -1, seal, deterministic=True)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


if SQLITE:

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


class ApplicationIn(BaseModel):
    """What she wants and what a month holds."""

    model_config = ConfigDict(extra="forbid")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    amount_minor: Minor | None = None
    purpose: str | None = None
    months: Annotated[int, Field(strict=True, ge=1, le=600)] | None = None
    income_minor: Minor | None = None
    rent_minor: Minor | None = None
    living_minor: Minor | None = None
    other_instalments_minor: Minor | None = None
    other_lenders: Annotated[int, Field(strict=True, ge=0, le=99)] | None = None


class SubmissionIn(BaseModel):
    """She sends it."""

    model_config = ConfigDict(extra="forbid")
    truthful: Literal[True]


class ApplicationOut(BaseModel):
    """An application as it stands."""

    id: str
    number: str
    customer_id: str
    state: Literal["draft", "submitted", "decided"]
    fields: dict[str, str]
    opened_at: datetime
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    verdict: None = None


@contextmanager
def reading(db: Connection | None) -> Iterator[Connection]:
    """A connection to look things up: on SQLite one of its own, so that nobody waits for the write lock to read."""
    if db is not None and not SQLITE:
        yield db
        return
    with engine.connect().execution_options(reads=True) as connection:
        yield connection


@contextmanager
def acting() -> Iterator[tuple[Connection | None, Callable[[], Connection]]]:
    """The transaction of one request: open at once on PostgreSQL, at the first write on SQLite."""
    with ExitStack() as stack:
        held = None if SQLITE else stack.enter_context(engine.begin())
        yield held, lambda: held if held is not None else stack.enter_context(engine.begin())


FIND_TOKEN = (
    select(client.c.client_id, token.c.scope, token.c.expires)
    .join_from(token, client, client.c.id == token.c.application_id)
    .where(token.c.token_checksum == bindparam("checksum"))
)
FIND_CUSTOMER = (
    select(customer.c.id, customer.c.identified_at)
    .join_from(customer, delegation, delegation.c.user_id == customer.c.user_id)
    .where(
        customer.c.id == bindparam("id"),
        delegation.c.client_id == bindparam("client_id"),
        delegation.c.withdrawn_at.is_(None),
    )
)
FIND_OPEN = select(application.c.id).where(
    application.c.customer_id == bindparam("customer_id"), application.c.state.in_(["draft", "submitted"])
)
FIND_APPLICATION = select(application).where(application.c.id == bindparam("id")).with_for_update()
FIND_CONSENTS = select(consent.c.purpose).where(
    consent.c.customer_id == bindparam("customer_id"), consent.c.withdrawn_at.is_(None)
)
FIND_KEY = select(key.c.body_hash, key.c.answer).where(
    key.c.scope == bindparam("scope"), key.c.key == bindparam("key")
)
_insert = sqlite.insert if SQLITE else postgresql.insert
CLAIM = _insert(key).on_conflict_do_nothing()
ANSWER = (
    update(key)
    .where(key.c.scope == bindparam("its_scope"), key.c.key == bindparam("its_key"))
    .values(answer=bindparam("the_answer"), answered_at=bindparam("its_at"))
)
SUBMIT = (
    update(application)
    .where(application.c.id == bindparam("its_id"))
    .values(state="submitted", submitted_json=bindparam("submitted"), submitted_at=bindparam("its_at"))
)
INSERT_APPLICATION, INSERT_EVENT, INSERT_WORK = (
    insert(table).inline() for table in (application, application_event, work)
)


def caller(db: Connection, authorization: str) -> str:
    """Who calls: the client of a bearer token."""
    checksum = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).hexdigest()
    found = db.execute(FIND_TOKEN, {"checksum": checksum}).first()
    if found is None or found.expires.replace(tzinfo=UTC) <= datetime.now(UTC):
        raise HTTPException(401)
    if "applications:write" not in found.scope.split():
        raise HTTPException(403)
    return str(found.client_id)


Bearer = Annotated[str, Header(alias="Authorization")]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_-]{16,100}$")]
app = FastAPI(docs_url=None, redoc_url=None)


def once(
    db: Connection,
    client_id: str,
    sent: str,
    asked: dict[str, Any],
    status: int,
    act: Callable[[], BaseModel],
) -> Response:
    """Act once for a key, and keep the answer with it."""
    scope, now = f"api:{client_id}", datetime.now(UTC)
    body_hash = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    mine = {"scope": scope, "key": sent, "body_hash": body_hash, "remembered_at": now}
    if db.execute(CLAIM, mine).rowcount:
        text = act().model_dump_json()
        db.execute(ANSWER, {"its_scope": scope, "its_key": sent, "the_answer": text, "its_at": now})
    else:
        kept = db.execute(FIND_KEY, {"scope": scope, "key": sent}).one()
        if kept.body_hash != body_hash:
            raise HTTPException(409)
        text = kept.answer
    return Response(text, status_code=status, media_type="application/json")


def find_customer(db: Connection, customer_id: str, client_id: str) -> Any:
    """A customer for whom the caller may act."""
    found = db.execute(FIND_CUSTOMER, {"id": customer_id, "client_id": client_id}).first()
    if found is None:
        raise HTTPException(404)
    return found


@app.post("/api/v1/customers/{customer_id}/applications")
def save(customer_id: str, body: ApplicationIn, bearer: Bearer, sent: Key) -> Response:
    """Open a draft."""
    fields = {
        name.removesuffix("_minor"): f"{value / 100:,.2f}" if name.endswith("_minor") else str(value)
        for name, value in body.model_dump(exclude_none=True).items()
        if name != "currency"
    }
    asked = {"path": customer_id, "fields": body.model_dump(exclude_unset=True)}
    with acting() as (held, write):
        with reading(held) as db:
            client_id = caller(db, bearer)
            find_customer(db, customer_id, client_id)
        db = write()
        return once(db, client_id, sent, asked, 201, lambda: _open_draft(db, customer_id, fields))


def _open_draft(db: Connection, customer_id: str, fields: dict[str, str]) -> ApplicationOut:
    if db.execute(FIND_OPEN, {"customer_id": customer_id}).first() is not None:
        raise HTTPException(409)
    now, id = datetime.now(UTC), secrets.token_hex(13)
    row = {
        "id": id, "number": f"A{now:%y%m%d}-{id[:8].upper()}", "customer_id": customer_id, "state": "draft",
        "typed_json": json.dumps(fields), "submitted_json": "", "opened_at": now, "saved_at": now,
    }  # fmt: skip
    db.execute(INSERT_APPLICATION, row)
    happened = {"application_id": id, "seq": 1, "act": "open", "state": "draft", "at": now}
    db.execute(INSERT_EVENT, happened)
    return ApplicationOut(
        id=id, number=row["number"], customer_id=customer_id, state="draft", fields=fields, opened_at=now
    )


@app.post("/api/v1/applications/{application_id}/submission")
def send(application_id: str, body: SubmissionIn, bearer: Bearer, sent: Key) -> Response:
    """Send it: the figures are read, consents looked at, and the work that asks the bureau is put."""
    asked = {"path": application_id, "fields": body.model_dump()}
    with acting() as (held, write):
        with reading(held) as db:
            client_id = caller(db, bearer)
        db = write()
        return once(db, client_id, sent, asked, 202, lambda: _submit(db, application_id, client_id))


def _submit(db: Connection, application_id: str, client_id: str) -> ApplicationOut:
    row = db.execute(FIND_APPLICATION, {"id": application_id}).first()
    if row is None:
        raise HTTPException(404)
    if row.state != "draft":
        raise HTTPException(409)
    her = find_customer(db, row.customer_id, client_id)
    given = db.execute(FIND_CONSENTS, {"customer_id": row.customer_id}).scalars().all()
    if her.identified_at is None or not set(given) >= NEEDED:
        raise HTTPException(409)
    now, typed = datetime.now(UTC), json.loads(row.typed_json)
    figures = {f"{name}_minor": round(float(typed[name].replace(",", "")) * 100) for name in AMOUNTS} | {
        "purpose": typed["purpose"], "months": int(typed["months"]),
        "other_lenders": int(typed["other_lenders"]), "currency": "CNY",
    }  # fmt: skip
    db.execute(SUBMIT, {"its_id": application_id, "submitted": json.dumps(figures), "its_at": now})
    happened = {"application_id": application_id, "seq": 2, "act": "submit", "state": "submitted", "at": now}
    db.execute(INSERT_EVENT, happened)
    item = {
        "key": f"bureau:{application_id}", "kind": "assess.bureau",
        "payload": json.dumps({"application_id": application_id}), "state": "ready", "run_at": now,
        "put_at": now, "attempts": 0, "deferrals": 0, "token": "", "error": "",
    }  # fmt: skip
    db.execute(INSERT_WORK, item)
    return ApplicationOut(
        id=application_id, number=row.number, customer_id=row.customer_id, state="submitted",
        fields=typed, opened_at=row.opened_at.replace(tzinfo=UTC), submitted_at=now,
    )  # fmt: skip
