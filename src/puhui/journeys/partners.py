"""The lender lets a partner's program in, gives it another secret, and shuts it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import Client
from puhui.core.ids import derive_id
from puhui.runtime.sealing import blind_index
from puhui.runtime.transactions import transaction

DEMO_NAME = "Demo partner · 演示合作方"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoClient:
    """The demo's partner, with its secret: the demo has no other way to show it twice."""

    client: Client  # as it stands
    secret: str  # the same as long as this deployment keeps its keys


def open_client(
    *, name: str, scopes: Sequence[str], secret: str, actor: str, key: str, now: datetime
) -> Client:
    """This function will let a program in with `secret`, which nobody can read again. Raises: ScopeUnknown."""
    with transaction():
        return partners.open_client(
            id=derive_id("client", key), secret=secret, name=name, scopes=scopes, actor=actor, now=now
        )


def change_secret(*, client_id: str, secret: str, actor: str, now: datetime) -> None:
    """This function will end a client's old secret and every token it has. Raises: ClientUnknown."""
    with transaction():
        partners.change_client_secret(id=client_id, secret=secret, actor=actor, now=now)


def close_client(*, client_id: str, actor: str, now: datetime) -> None:
    """This function will shut a client out; customers stay, and act for themselves. Raises: ClientUnknown."""
    with transaction():
        partners.close_client(id=client_id, actor=actor, now=now)


def ensure_demo_client(*, now: datetime) -> DemoClient:
    """This function will return the demo's client with every scope, made at the first call. In the demo only."""
    assert settings.DEMO, "a client whose secret can be read again exists in the demo only"
    secret = blind_index("demo", purpose="partners.demo_secret")
    client = open_client(
        name=DEMO_NAME,
        scopes=sorted(settings.OAUTH2_PROVIDER["SCOPES"]),
        secret=secret,
        actor="demo",
        key="demo",
        now=now,
    )
    return DemoClient(client=client, secret=secret)
