"""The one place that touches django-oauth-toolkit: its applications are our clients, its tokens open our API.

The toolkit's own tables are used as they come; swapping its models would tie our migrations to its every release.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from time import monotonic
from typing import Any

from django.db.transaction import on_commit
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.scopes import SettingsScopes

from puhui.access.partners.domain import ClientState, ClientToken
from puhui.access.partners.models import ClientRow
from puhui.runtime.rows import direct, in_utc

FIND_TOKEN = (
    f"SELECT a.client_id, t.scope, t.expires FROM {AccessToken._meta.db_table} t "
    f"JOIN {Application._meta.db_table} a ON a.id = t.application_id WHERE t.token_checksum = %s"
)

BELIEVED_SECONDS = 1.0  # for so long a token is not looked up again
MOST_BELIEVED = 1000  # tokens of which this is remembered
_believed: dict[str, tuple[ClientToken, float]] = {}  # until when (monotonic), by checksum


class ClientScopes(SettingsScopes):  # type: ignore[misc]
    """What a token may open: only what its client was given, all of it when the request names nothing."""

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """This function will return the scopes of an application's client, none for a closed or unknown one."""
        rows = ClientRow.objects.filter(
            id=getattr(application, "client_id", ""), state=ClientState.OPEN.value
        )
        return sorted(" ".join(rows.values_list("scopes", flat=True)).split())

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """This function will return the same: a client that asks for nothing in particular gets what it has."""
        return self.get_available_scopes(application, request)


def put_application(*, client_id: str, secret: str, name: str) -> None:
    """This function will store a confidential application for client credentials, its secret hashed."""
    Application.objects.create(
        client_id=client_id,
        client_secret=secret,
        hash_client_secret=True,
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def change_secret(*, client_id: str, secret: str) -> None:
    """This function will put a new secret in the place of the old one and end every token of the client."""
    application = Application.objects.get(client_id=client_id)
    application.client_secret = secret
    application.save()
    AccessToken.objects.filter(application=application).delete()
    on_commit(forget_tokens)


def remove_application(*, client_id: str) -> None:
    """This function will remove an application and every token of it."""
    Application.objects.filter(client_id=client_id).delete()
    on_commit(forget_tokens)


def delete_ended_tokens(before: datetime) -> int:
    """This function will delete the tokens that ended before an instant, and return how many."""
    return int(AccessToken.objects.filter(expires__lt=before).delete()[0])


def find_token(token: str) -> ClientToken | None:
    """This function will return what a bearer token says, expired or not; None for one that was never given or ended.

    One query, by the SHA-256 of the token: the token itself is not stored. What is found is believed for a second, for a
    program sends its requests close together: a token that another process ended opens for so long, one that this process
    ended not at all.
    """
    checksum = hashlib.sha256(token.encode()).hexdigest()
    known = _believed.get(checksum)
    if known is not None and monotonic() < known[1]:
        return known[0]
    began = monotonic()
    found = direct().fetch(FIND_TOKEN, [checksum])
    if not found:
        _believed.pop(checksum, None)
        return None
    client_id, scope, expires = found[0]
    expires_at = datetime.fromisoformat(expires) if isinstance(expires, str) else expires
    said = ClientToken(
        client_id=str(client_id), scopes=frozenset(str(scope).split()), expires_at=in_utc(expires_at)
    )
    if len(_believed) >= MOST_BELIEVED:
        _believed.clear()
    _believed[checksum] = (said, began + BELIEVED_SECONDS)
    return said


def forget_tokens() -> None:
    """This function will look every token up again: some may have ended."""
    _believed.clear()
