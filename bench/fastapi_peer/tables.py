"""The tables that the service reads and writes, as `puhui migrate` made them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, Table, Text

metadata = MetaData()

token = Table(
    "oauth2_provider_accesstoken", metadata,
    Column("id", BigInteger, primary_key=True),
    Column("application_id", BigInteger),
    Column("token_checksum", String(64)),
    Column("scope", Text),
    Column("expires", DateTime(timezone=True)),
)  # fmt: skip
client = Table(
    "oauth2_provider_application", metadata,
    Column("id", BigInteger, primary_key=True),
    Column("client_id", String(100)),
)  # fmt: skip
delegation = Table(
    "access_delegation", metadata,
    Column("id", String(26), primary_key=True),
    Column("client_id", String(26)),
    Column("user_id", BigInteger),
    Column("withdrawn_at", DateTime(timezone=True)),
)  # fmt: skip
customer = Table(
    "customers_customer", metadata,
    Column("id", String(26), primary_key=True),
    Column("user_id", BigInteger),
    Column("identified_at", DateTime(timezone=True)),
)  # fmt: skip
consent = Table(
    "protection_consent", metadata,
    Column("id", String(26), primary_key=True),
    Column("customer_id", String(26)),
    Column("purpose", String(30)),
    Column("withdrawn_at", DateTime(timezone=True)),
)  # fmt: skip
application = Table(
    "decisions_application", metadata,
    Column("id", String(26), primary_key=True),
    Column("number", String(24)),
    Column("customer_id", String(26)),
    Column("state", String(12)),
    Column("typed_json", Text),
    Column("submitted_json", Text),
    Column("opened_at", DateTime(timezone=True)),
    Column("saved_at", DateTime(timezone=True)),
    Column("submitted_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
)  # fmt: skip
application_event = Table(
    "decisions_application_event", metadata,
    Column("id", BigInteger, primary_key=True),
    Column("application_id", String(26)),
    Column("seq", Integer),
    Column("act", String(12)),
    Column("state", String(12)),
    Column("at", DateTime(timezone=True)),
)  # fmt: skip
key = Table(
    "runtime_key", metadata,
    Column("id", BigInteger, primary_key=True),
    Column("scope", String(60)),
    Column("key", String(120)),
    Column("body_hash", String(64)),
    Column("answer", Text),
    Column("remembered_at", DateTime(timezone=True)),
    Column("answered_at", DateTime(timezone=True)),
)  # fmt: skip
work = Table(
    "runtime_work", metadata,
    Column("id", BigInteger, primary_key=True),
    Column("key", String(200)),
    Column("kind", String(60)),
    Column("payload", Text),
    Column("state", String(6)),
    Column("run_at", DateTime(timezone=True)),
    Column("put_at", DateTime(timezone=True)),
    Column("attempts", Integer),
    Column("deferrals", Integer),
    Column("lease_until", DateTime(timezone=True)),
    Column("token", String(32)),
    Column("error", String(500)),
    Column("settled_at", DateTime(timezone=True)),
)  # fmt: skip
