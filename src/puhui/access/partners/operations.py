"""Write verbs of partners: clients, delegations, endpoints, and the events that are carried to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from puhui.access.partners import oauth
from puhui.access.partners.domain import (
    BUCKET_KEPT,
    DELIVERY_TRANSITIONS,
    ENDPOINTS_MOST,
    SILENT_AFTER,
    TOKEN,
    TOKEN_KEPT,
    BucketRate,
    Client,
    ClientState,
    ClientUnknown,
    CustomerKnownElsewhere,
    Delegation,
    Delivery,
    DeliveryState,
    DeliveryUnknown,
    Endpoint,
    EndpointState,
    EndpointsTooMany,
    EndpointUnknown,
    check_url,
    draw_tokens,
    next_attempt_at,
    old_secret_until,
    outcome_of,
    parse_scopes,
)
from puhui.access.partners.models import (
    AttemptRow,
    BucketRow,
    ClientRow,
    DelegationRow,
    DeliveryRow,
    EndpointRow,
    PartnerEventRow,
)
from puhui.access.partners.queries import failed_for_good
from puhui.core.canonical import canonical_bytes
from puhui.core.ids import derive_id
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.rows import find_row, insert_if_absent, update_row
from puhui.runtime.sealing import seal
from puhui.runtime.transactions import require_transaction

DELIVER = "partners.deliver"  # kind of the work that makes one attempt


def open_client(
    *, id: str, secret: str, name: str, scopes: Iterable[str], actor: str, now: datetime
) -> Client:
    """This function will let a program in: its OAuth application (secret hashed) and what it may do.

    The same id again returns the client as it stands. Raises: ScopeUnknown.
    """
    require_transaction()
    allowed = parse_scopes(scopes, known=settings.OAUTH2_PROVIDER["SCOPES"])
    row = ClientRow(
        id=id, name=name, scopes=" ".join(sorted(allowed)), state=ClientState.OPEN.value, opened_at=now
    )
    if not insert_if_absent(row):
        return ClientRow.objects.get(id=id).to_domain()
    oauth.put_application(client_id=id, secret=secret, name=name)
    _audit(actor, "client.opened", f"client:{id}", {"scopes": sorted(allowed)}, now)
    return row.to_domain()


def change_client_secret(*, id: str, secret: str, actor: str, now: datetime) -> None:
    """This function will give an open client a new secret; its tokens end at once. Raises: ClientUnknown."""
    _lock_client(id)
    oauth.change_secret(client_id=id, secret=secret)
    _audit(actor, "client.secret_changed", f"client:{id}", {}, now)


def close_client(*, id: str, actor: str, now: datetime) -> None:
    """This function will shut a client out: its secret, its tokens and its endpoints end. Raises: ClientUnknown."""
    row = _lock_client(id)
    ClientRow.objects.filter(id=row.id).update(state=ClientState.CLOSED.value, closed_at=now)
    EndpointRow.objects.filter(client_id=id, state=EndpointState.OPEN.value).update(
        state=EndpointState.CLOSED.value, closed_at=now
    )
    oauth.remove_application(client_id=id)
    _audit(actor, "client.closed", f"client:{id}", {}, now)


def _lock_client(id: str) -> ClientRow:
    require_transaction()
    row = ClientRow.objects.select_for_update().filter(id=id, state=ClientState.OPEN.value).first()
    if row is None:
        raise ClientUnknown()
    return row


def record_delegation(*, client_id: str, user_id: int, now: datetime) -> Delegation:
    """This function will let a client act for a login. The same pair again changes nothing.

    Raises: CustomerKnownElsewhere when another client acts for it.
    """
    require_transaction()
    row = DelegationRow(
        id=derive_id("delegation", client_id, str(user_id), now.isoformat()),
        client_id=client_id,
        user_id=user_id,
        given_at=now,
    )
    if not insert_if_absent(row):
        row = DelegationRow.objects.get(user_id=user_id, withdrawn_at=None)
        if row.client_id != client_id:
            raise CustomerKnownElsewhere()
        return row.to_domain()
    _audit(f"client:{client_id}", "delegation.given", f"user:{user_id}", {"client": client_id}, now)
    return row.to_domain()


def withdraw_delegation(*, user_id: int, actor: str, now: datetime) -> bool:
    """This function will end what a client may do for a login; False when no client could do anything."""
    require_transaction()
    changed = DelegationRow.objects.filter(user_id=user_id, withdrawn_at=None).update(withdrawn_at=now)
    if changed:
        _audit(actor, "delegation.withdrawn", f"user:{user_id}", {}, now)
    return changed == 1


def open_endpoint(
    *,
    id: str,
    client_id: str,
    url: str,
    events: Iterable[str],
    description: str,
    secret: str,
    now: datetime,
) -> Endpoint:
    """This function will let an address hear of events. Raises: WebhookUrlInvalid, EndpointsTooMany."""
    require_transaction()
    checked = check_url(url, private_ok=settings.DEMO)
    _lock_client(client_id)
    _check_room(client_id)
    row = EndpointRow.objects.create(
        id=id,
        client_id=client_id,
        url=checked,
        events=" ".join(sorted(set(events))),
        description=description,
        state=EndpointState.OPEN.value,
        secret_sealed=seal(secret),
        opened_at=now,
    )
    _audit(f"client:{client_id}", "endpoint.opened", f"endpoint:{id}", {}, now)
    return row.to_domain()


def change_endpoint_secret(*, id: str, client_id: str, secret: str, now: datetime) -> Endpoint:
    """This function will sign with a new secret from now on, and with the old one too for a day.

    Raises: EndpointUnknown (another client's, or closed).
    """
    row = _lock_endpoint(id, client_id)
    row.old_secret_sealed, row.old_secret_until = row.secret_sealed, old_secret_until(now)
    row.secret_sealed, row.rotated_at = seal(secret), now
    row.save(update_fields=["old_secret_sealed", "old_secret_until", "secret_sealed", "rotated_at"])
    _audit(f"client:{client_id}", "endpoint.secret_changed", f"endpoint:{id}", {}, now)
    return row.to_domain()


def close_endpoint(*, id: str, client_id: str, reason: str, now: datetime) -> Endpoint:
    """This function will call an address no more; what waits for it fails at its next attempt.

    Raises: EndpointUnknown (another client's, or closed).
    """
    row = _lock_endpoint(id, client_id)
    row.state, row.closed_at = EndpointState.CLOSED.value, now
    row.save(update_fields=["state", "closed_at"])
    _audit(f"client:{client_id}", "endpoint.closed", f"endpoint:{id}", {"reason": reason}, now)
    return row.to_domain()


def close_silent_endpoint(*, id: str, client_id: str, now: datetime) -> bool:
    """This function will close an endpoint when its last five settled deliveries were all given up; True when it did."""
    require_transaction()
    settled = DeliveryRow.objects.filter(endpoint_id=id, settled_at__isnull=False).order_by(
        "-settled_at", "-id"
    )
    states = list(settled.values_list("state", flat=True)[:SILENT_AFTER])
    if states != [DeliveryState.FAILED.value] * SILENT_AFTER:
        return False
    if not EndpointRow.objects.filter(id=id, state=EndpointState.OPEN.value).exists():
        return False
    close_endpoint(id=id, client_id=client_id, reason="silent", now=now)
    return True


def reopen_endpoint(*, id: str, client_id: str, actor: str, now: datetime) -> Endpoint:
    """This function will call a closed address again, with its old secret; an open one stays as it is.

    Raises: EndpointUnknown (another client's), EndpointsTooMany, ClientUnknown.
    """
    _lock_client(client_id)
    row = EndpointRow.objects.select_for_update().filter(id=id, client_id=client_id).first()
    if row is None:
        raise EndpointUnknown()
    if row.state == EndpointState.OPEN.value:
        return row.to_domain()
    _check_room(client_id)
    row.state, row.closed_at = EndpointState.OPEN.value, None
    row.save(update_fields=["state", "closed_at"])
    _audit(actor, "endpoint.reopened", f"endpoint:{id}", {}, now)
    return row.to_domain()


def _check_room(client_id: str) -> None:
    rows = EndpointRow.objects.filter(client_id=client_id, state=EndpointState.OPEN.value)
    if rows.count() >= ENDPOINTS_MOST:
        raise EndpointsTooMany(most=ENDPOINTS_MOST)


def _lock_endpoint(id: str, client_id: str) -> EndpointRow:
    require_transaction()
    rows = EndpointRow.objects.select_for_update()
    row = rows.filter(id=id, client_id=client_id, state=EndpointState.OPEN.value).first()
    if row is None:
        raise EndpointUnknown()
    return row


def record_partner_event(
    *,
    id: str,
    client_id: str,
    type: str,
    data: Mapping[str, Any],
    occurred_at: datetime,
    now: datetime,
) -> int:
    """This function will record an event and open one delivery for each endpoint that wants it; returns how many.

    `data` has JSON values and no personal data: a partner reads the details through the API. The same id again
    changes nothing.
    """
    require_transaction()
    body = {"type": type, "timestamp": occurred_at, "data": dict(data)}
    event = PartnerEventRow(
        id=id,
        client_id=client_id,
        type=type,
        occurred_at=occurred_at,
        body=canonical_bytes(body).decode(),
    )
    if not insert_if_absent(event):
        return 0
    open_ones = EndpointRow.objects.filter(client_id=client_id, state=EndpointState.OPEN.value)
    wanted = [row.id for row in open_ones if type in row.events.split()]
    for endpoint_id in wanted:
        _open_delivery(derive_id("delivery", id, endpoint_id), id, endpoint_id, replay=False, now=now)
    return len(wanted)


def open_replay(*, id: str, delivery_id: str, client_id: str, now: datetime) -> Delivery:
    """This function will send the event of a delivery once more, with the same `webhook-id` and the same text.

    Raises: DeliveryUnknown, EndpointUnknown (closed since).
    """
    require_transaction()
    old = DeliveryRow.objects.filter(id=delivery_id, endpoint__client_id=client_id).first()
    if old is None:
        raise DeliveryUnknown()
    _lock_endpoint(old.endpoint_id, client_id)
    _open_delivery(id, old.event_id, old.endpoint_id, replay=True, now=now)
    return DeliveryRow.objects.select_related("event").get(id=id).to_domain()


def open_replays_of_failed(
    *, endpoint_id: str, client_id: str, key: str, most: int, now: datetime
) -> tuple[str, ...]:
    """This function will send again, oldest first, at most `most` events that an endpoint never took.

    An event of which a delivery waits or was taken meanwhile is left alone, so that two people who press at once send
    each event once. Returns the ids of the failed deliveries. Raises: EndpointUnknown (another client's, or closed).
    """
    _lock_endpoint(endpoint_id, client_id)
    again = tuple(failed_for_good(endpoint_id=endpoint_id).order_by("opened_at", "id")[:most])
    for row in again:
        id = derive_id("delivery", row.id, key)
        _open_delivery(id, row.event_id, endpoint_id, replay=True, now=now)
    return tuple(row.id for row in again)


def _open_delivery(id: str, event_id: str, endpoint_id: str, *, replay: bool, now: datetime) -> None:
    row = DeliveryRow(
        id=id,
        event_id=event_id,
        endpoint_id=endpoint_id,
        state=DeliveryState.WAITING.value,
        replay=replay,
        opened_at=now,
        next_at=now,
    )
    if insert_if_absent(row):
        _put_attempt(id, 1, now, now)


def _put_attempt(delivery_id: str, attempt: int, run_at: datetime, now: datetime) -> None:
    put_work(
        key=f"deliver:{delivery_id}:{attempt}",
        kind=DELIVER,
        payload={"delivery_id": delivery_id, "attempt": attempt},
        now=now,
        run_at=run_at,
    )


def record_attempt(
    *, delivery_id: str, attempt: int, status: int | None, error: str, now: datetime
) -> DeliveryState:
    """This function will record the `attempt`-th call and what follows: the next one, or the end. Returns the state.

    An attempt that was recorded before changes nothing. `status` is None where there was no answer.
    """
    require_transaction()
    row = DeliveryRow.objects.select_for_update().select_related("endpoint").get(id=delivery_id)
    if row.attempts >= attempt or row.state != DeliveryState.WAITING.value:
        return DeliveryState(row.state)
    outcome = outcome_of(status=status, attempt=attempt)
    AttemptRow.objects.create(delivery_id=row.id, seq=attempt, at=now, status=status, error=error[:200])
    state = DELIVERY_TRANSITIONS[DeliveryState(row.state), outcome]
    again = next_attempt_at(attempt=attempt, now=now) if state is DeliveryState.WAITING else None
    row.state, row.attempts, row.next_at = state.value, attempt, again
    row.settled_at = None if again else now
    row.save(update_fields=["state", "attempts", "next_at", "settled_at"])
    if again is not None:
        _put_attempt(row.id, attempt + 1, again, now)
    return state


def record_abandoned(*, delivery_id: str, now: datetime) -> None:
    """This function will end a delivery whose endpoint is closed; no call is made."""
    require_transaction()
    DeliveryRow.objects.filter(id=delivery_id, state=DeliveryState.WAITING.value).update(
        state=DeliveryState.FAILED.value, next_at=None, settled_at=now
    )


def draw_from_bucket(*, name: str, rate: BucketRate, want: int, now: datetime) -> tuple[int, int]:
    """This function will draw up to `want` tokens from a bucket that all processes share: (drawn, seconds to wait).

    A new bucket is full. The row is held until commit, so two processes never draw the same token.
    """
    require_transaction()
    row = find_row(BucketRow, lock=True, name=name)
    if row is None:
        insert_if_absent(BucketRow(name=name, tokens_micro=rate.at_once * TOKEN, at=now))
        row = find_row(BucketRow, lock=True, name=name)
        assert row is not None, "it was there, or it was made"
    left, drawn, wait = draw_tokens(row.to_domain(), rate=rate, want=want, now=now)
    if drawn:
        row.tokens_micro, row.at = left.tokens_micro, left.at
        update_row(row, ["tokens_micro", "at"])
    return drawn, wait


def delete_what_ran_out(*, now: datetime) -> None:
    """This function will delete the buckets that an hour without a call has filled, and tokens that ended a day ago."""
    require_transaction()
    BucketRow.objects.filter(at__lt=now - BUCKET_KEPT).delete()
    oauth.delete_ended_tokens(now - TOKEN_KEPT)


def _audit(actor: str, action: str, subject: str, detail: dict[str, Any], now: datetime) -> None:
    record_audit(actor=actor, action=action, subject=subject, detail=detail, now=now)
