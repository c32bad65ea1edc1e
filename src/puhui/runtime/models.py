"""Tables of the runtime. Texts that are JSON are canonical bytes, so that what is hashed is what is stored."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import connection, models
from django.db.models import F, Q

from puhui.runtime.domain import AuditEntry, WorkRow, WorkState
from puhui.runtime.rows import direct

OPEN_STATES = (WorkState.READY.value, WorkState.LEASED.value)


class Work(models.Model):
    """One thing to do, put in the transaction that makes it necessary."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    payload = models.TextField()  # canonical JSON
    state = models.CharField(max_length=6)
    run_at = (
        models.DateTimeField()
    )  # while leased it equals lease_until, so that one index finds all that is due
    put_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    deferrals = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    token = models.CharField(max_length=32, default="")
    error = models.CharField(max_length=500, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "runtime_work"
        constraints = [
            models.CheckConstraint(
                name="runtime_work_state", condition=Q(state__in=[state.value for state in WorkState])
            ),
            models.CheckConstraint(
                name="runtime_work_lease",
                condition=(
                    Q(state="leased", lease_until=F("run_at")) & ~Q(token="")
                    | ~Q(state="leased") & Q(token="", lease_until=None)
                ),
            ),
            models.CheckConstraint(
                name="runtime_work_open",
                condition=Q(state__in=OPEN_STATES, settled_at=None)
                | Q(state__in=["done", "dead"], settled_at__isnull=False),
            ),
            models.CheckConstraint(
                name="runtime_work_counts", condition=Q(attempts__gte=0, deferrals__gte=0)
            ),
        ]
        # Open is "not settled": SQLite uses no partial index that an IN over bound parameters must imply.
        indexes = [
            models.Index(name="runtime_work_due", fields=["run_at", "id"], condition=Q(settled_at=None)),
            models.Index(name="runtime_work_token", fields=["token"], condition=Q(lease_until__isnull=False)),
            models.Index(name="runtime_work_dead", fields=["settled_at"], condition=Q(state="dead")),
        ]

    def to_domain(self) -> WorkRow:
        """This function will return the row as a value."""
        return WorkRow(
            key=self.key,
            kind=self.kind,
            payload=json.loads(self.payload),
            state=WorkState(self.state),
            run_at=self.run_at,
            put_at=self.put_at,
            attempts=self.attempts,
            deferrals=self.deferrals,
            error=self.error,
            settled_at=self.settled_at,
        )


class Worker(models.Model):
    """One worker process and its last sign of life."""

    name = models.CharField(max_length=120, primary_key=True)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    done = models.BigIntegerField(default=0)

    class Meta:
        db_table = "runtime_worker"


class ScheduleCursor(models.Model):
    """Up to which instant a schedule's due instants have been put as work."""

    name = models.CharField(max_length=60, primary_key=True)
    last_at = models.DateTimeField()

    class Meta:
        db_table = "runtime_schedule"


class IdempotencyKey(models.Model):
    """A key that a caller chose for one act, with the hash of its body and the answer."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    body_hash = models.CharField(max_length=64)
    answer = models.TextField(null=True)  # canonical JSON; null while the act has not answered
    remembered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "runtime_key"
        constraints = [models.UniqueConstraint(name="runtime_key_once", fields=["scope", "key"])]


class Inbox(models.Model):
    """One callback of an outside party, received once."""

    party = models.CharField(max_length=40)
    callback_id = models.CharField(max_length=120)
    body_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "runtime_inbox"
        constraints = [models.UniqueConstraint(name="runtime_inbox_once", fields=["party", "callback_id"])]


class Blob(models.Model):
    """A stored document: named by the SHA-256 of its content, which lies sealed in a folder."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "runtime_blob"


class Audit(models.Model):
    """One link of the audit chain. Append-only; a trigger moves the head."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    detail = models.TextField()  # canonical JSON
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "runtime_audit"
        indexes = [models.Index(name="runtime_audit_subject", fields=["subject", "seq"])]

    def to_domain(self) -> AuditEntry:
        """This function will return the row as a value."""
        return AuditEntry(
            seq=self.seq,
            at=self.at,
            actor=self.actor,
            action=self.action,
            subject=self.subject,
            detail=json.loads(self.detail),
            prev_hash=self.prev_hash,
            hash=self.hash,
        )


class AuditHead(models.Model):
    """The end of the audit chain: one row, locked by whoever adds a link."""

    id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "runtime_audit_head"
        constraints = [models.CheckConstraint(name="runtime_audit_head_one", condition=Q(id=1))]


class RowSeal(models.Model):
    """The seal of one row of another table, kept by triggers: a keyed hash of all its columns."""

    id = models.CharField(max_length=200, primary_key=True)  # "table:key"
    seal = models.CharField(max_length=64)

    class Meta:
        db_table = "runtime_seal"


class Clock(models.Model):
    """How far the demo's clock is moved: one row."""

    id = models.IntegerField(primary_key=True)
    offset_seconds = models.BigIntegerField()

    class Meta:
        db_table = "runtime_clock"
        constraints = [models.CheckConstraint(name="runtime_clock_one", condition=Q(id=1))]


def lock_audit_head() -> tuple[int, str]:
    """This function will return (seq, hash) of the audit chain's end, locked until commit; (0, "") when it is empty."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    statement = f"SELECT seq, hash FROM runtime_audit_head WHERE id = 1{lock}"
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone()
        if found is None and lock:  # nothing to lock yet: two first writers would both begin the chain
            cursor.execute(
                "INSERT INTO runtime_audit_head (id, seq, hash) VALUES (1, 0, %s) ON CONFLICT DO NOTHING",
                ["0" * 64],
            )
            cursor.execute(statement)
            found = cursor.fetchone()
    return (int(found[0]), str(found[1])) if found else (0, "")


def mark_done(*, id: int, token: str, at: datetime) -> bool:
    """This function will make a leased item done if `token` still holds it. One query; False when the lease is lost."""
    database = direct()
    changed = database.change(
        "UPDATE runtime_work SET state = 'done', token = '', lease_until = NULL, error = '', settled_at = %s "
        "WHERE id = %s AND token = %s AND state = 'leased'",
        [database.instant(at), id, token],
    )
    return changed == 1


def mark_answered(*, scope: str, key: str, body_hash: str, answer: str, at: datetime) -> None:
    """This function will store the answer of a key that this transaction has claimed, with what it does next.

    Raises: AssertionError, now or then, when the key was not claimed, or has an answer already.
    """
    database = direct()
    database.write_soon(
        "UPDATE runtime_key SET answer = %s, answered_at = %s "
        "WHERE scope = %s AND key = %s AND body_hash = %s AND answer IS NULL",
        [answer, database.instant(at), scope, key, body_hash],
        certain="remember_key comes before store_answer, in the same transaction, once",
    )
