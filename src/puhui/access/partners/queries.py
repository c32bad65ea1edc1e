"""Read → values: clients and tokens, whom a client acts for, endpoints and what became of deliveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from puhui.access.partners import oauth
from puhui.access.partners.domain import (
    Attempt,
    Client,
    ClientState,
    ClientToken,
    ClientUnknown,
    Delegation,
    Delivery,
    DeliveryState,
    DeliveryUnknown,
    Endpoint,
    EndpointState,
    EndpointUnknown,
    PartnerEvent,
)
from puhui.access.partners.models import (
    AttemptRow,
    ClientRow,
    DelegationRow,
    DeliveryRow,
    EndpointRow,
    PartnerEventRow,
)
from puhui.runtime.rows import direct, list_rows
from puhui.runtime.sealing import unseal


def find_token(token: str) -> ClientToken | None:
    """This function will return what a bearer token says, expired or not; None for one that opens nothing."""
    return oauth.find_token(token)


def find_client(id: str) -> Client | None:
    """This function will return a client, open or closed, or None."""
    row = ClientRow.objects.filter(id=id).first()
    return row.to_domain() if row else None


def get_client(id: str) -> Client:
    """This function will return an open client. Raises: ClientUnknown."""
    client = find_client(id)
    if client is None or client.state is not ClientState.OPEN:
        raise ClientUnknown()
    return client


def list_clients() -> tuple[Client, ...]:
    """This function will return every client, the newest first."""
    return tuple(row.to_domain() for row in ClientRow.objects.order_by("-opened_at", "id"))


def delegated(user: str) -> str:
    """This function will return the SQL condition that a client may act for the login in a column, its id the one mark.

    For queries of later stages that ask whose something is and whether the caller may see it in one statement.
    """
    return (
        f"EXISTS (SELECT 1 FROM access_delegation d WHERE d.user_id = {user} "
        "AND d.client_id = %s AND d.withdrawn_at IS NULL)"
    )


def has_delegation(*, client_id: str, user_id: int) -> bool:
    """This function will tell whether a client may act for a login. Written out, for it stands in every request."""
    sql = "SELECT 1 FROM access_delegation WHERE user_id = %s AND client_id = %s AND withdrawn_at IS NULL"
    return bool(direct().fetch(sql, [user_id, client_id]))


def find_delegation(*, user_id: int) -> Delegation | None:
    """This function will return who may act for a login, None when nobody may."""
    found = list_rows(DelegationRow, user_id=user_id, withdrawn_at=None)
    return found[0].to_domain() if found else None


def list_delegations(
    *, client_id: str, after: tuple[datetime, str] | None = None, limit: int = 50
) -> tuple[Delegation, ...]:
    """This function will return for whom a client may act, oldest first, after (given_at, id) of the page before."""
    rows = DelegationRow.objects.filter(client_id=client_id, withdrawn_at=None).order_by("given_at", "id")
    if after is not None:
        at, id = after
        rows = rows.filter(given_at__gte=at).exclude(given_at=at, id__lte=id)
    return tuple(row.to_domain() for row in rows[:limit])


def list_endpoints(*, client_id: str) -> tuple[Endpoint, ...]:
    """This function will return a client's endpoints, closed ones too, oldest first."""
    rows = EndpointRow.objects.filter(client_id=client_id).order_by("opened_at", "id")
    return tuple(row.to_domain() for row in rows)


def list_all_endpoints(*, limit: int) -> tuple[Endpoint, ...]:
    """This function will return every client's endpoints: closed ones first, then the newest."""
    rows = EndpointRow.objects.order_by("state", "-opened_at", "id")
    return tuple(row.to_domain() for row in rows[:limit])


def list_endpoints_by_id(ids: Collection[str]) -> dict[str, Endpoint]:
    """This function will return the endpoints with these ids, of any client."""
    return {row.id: row.to_domain() for row in EndpointRow.objects.filter(id__in=list(ids))}


def find_endpoint(id: str) -> Endpoint | None:
    """This function will return an endpoint of any client, for the house's own desk, or None."""
    return list_endpoints_by_id([id]).get(id)


def get_endpoint(*, client_id: str, id: str) -> Endpoint:
    """This function will return an endpoint of a client. Raises: EndpointUnknown (another client's too)."""
    row = EndpointRow.objects.filter(client_id=client_id, id=id).first()
    if row is None:
        raise EndpointUnknown()
    return row.to_domain()


def get_endpoint_secret(*, client_id: str, id: str) -> str:
    """This function will return the newest secret of an endpoint, in full. Raises: EndpointUnknown."""
    row = EndpointRow.objects.filter(client_id=client_id, id=id).first()
    if row is None:
        raise EndpointUnknown()
    return unseal(row.secret_sealed)


def list_secrets(*, endpoint_id: str, at: datetime) -> list[str]:
    """This function will return the secrets that sign for an endpoint at an instant, the newest first."""
    row = EndpointRow.objects.get(id=endpoint_id)
    secrets = [unseal(row.secret_sealed)]
    if row.old_secret_sealed and row.old_secret_until is not None and at < row.old_secret_until:
        secrets.append(unseal(row.old_secret_sealed))
    return secrets


def find_listener(*, user_id: int) -> str | None:
    """This function will return the client that may act for a login and has an open endpoint, None where there is none.

    Written out, for it is asked with every message to a customer, and most have no partner.
    """
    found = direct().fetch(
        "SELECT d.client_id FROM access_delegation d WHERE d.user_id = %s AND d.withdrawn_at IS NULL "
        "AND EXISTS (SELECT 1 FROM access_endpoint e WHERE e.client_id = d.client_id AND e.state = %s)",
        [user_id, EndpointState.OPEN.value],
    )
    return str(found[0][0]) if found else None


def find_partner_event(id: str) -> PartnerEvent | None:
    """This function will return an event by its `webhook-id`, or None."""
    row = PartnerEventRow.objects.filter(id=id).first()
    return row.to_domain() if row else None


def find_delivery(id: str) -> tuple[Delivery, Endpoint] | None:
    """This function will return a delivery and its endpoint, for the worker; None when there is none."""
    row = DeliveryRow.objects.select_related("event", "endpoint").filter(id=id).first()
    return (row.to_domain(), row.endpoint.to_domain()) if row else None


def get_delivery(*, client_id: str, id: str) -> Delivery:
    """This function will return a delivery of a client. Raises: DeliveryUnknown (another client's too)."""
    row = DeliveryRow.objects.select_related("event").filter(id=id, endpoint__client_id=client_id).first()
    if row is None:
        raise DeliveryUnknown()
    return row.to_domain()


def list_deliveries(
    *,
    client_id: str | None = None,
    endpoint_id: str | None = None,
    state: DeliveryState | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> tuple[Delivery, ...]:
    """This function will return deliveries, the newest first: of a client, an endpoint, in a state, or all.

    `after` is (opened_at, id) of the last one of the page before.
    """
    rows = DeliveryRow.objects.select_related("event").order_by("-opened_at", "-id")
    if client_id is not None:
        rows = rows.filter(endpoint__client_id=client_id)
    if endpoint_id is not None:
        rows = rows.filter(endpoint_id=endpoint_id)
    if state is not None:
        rows = rows.filter(state=state.value)
    if after is not None:
        at, id = after
        rows = rows.filter(opened_at__lte=at).exclude(opened_at=at, id__gte=id)
    return tuple(row.to_domain() for row in rows[:limit])


def list_attempts(delivery_id: str) -> tuple[Attempt, ...]:
    """This function will return the calls of a delivery, in order."""
    rows = AttemptRow.objects.filter(delivery_id=delivery_id).order_by("seq")
    return tuple(row.to_domain() for row in rows)


def list_last_attempts(delivery_ids: Collection[str]) -> dict[str, Attempt]:
    """This function will return the newest call of each of these deliveries; one never called is not in it."""
    rows = AttemptRow.objects.filter(delivery_id__in=list(delivery_ids), seq=F("delivery__attempts"))
    return {row.delivery_id: row.to_domain() for row in rows}


def count_deliveries(endpoint_ids: Collection[str]) -> dict[str, dict[DeliveryState, int]]:
    """This function will count the deliveries of endpoints by state: endpoint id → state → how many."""
    found: dict[str, dict[DeliveryState, int]] = {id: dict.fromkeys(DeliveryState, 0) for id in endpoint_ids}
    rows = DeliveryRow.objects.filter(endpoint_id__in=list(endpoint_ids)).values_list("endpoint_id", "state")
    for endpoint_id, state, n in rows.annotate(n=Count("id")).order_by():
        found[endpoint_id][DeliveryState(state)] = n
    return found


def failed_for_good(*, endpoint_id: str) -> QuerySet[DeliveryRow]:
    """This function will return the newest failed delivery of each event that an endpoint neither took nor awaits."""
    same = DeliveryRow.objects.filter(endpoint_id=endpoint_id, event_id=OuterRef("event_id"))
    newer = Q(opened_at__gt=OuterRef("opened_at")) | Q(opened_at=OuterRef("opened_at"), id__gt=OuterRef("id"))
    moved = ~Q(state=DeliveryState.FAILED.value)
    rows = DeliveryRow.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.FAILED.value)
    return rows.exclude(Exists(same.filter(moved | newer)))


def count_failed_for_good(*, endpoint_id: str) -> int:
    """This function will count the events that an endpoint never took and that no delivery carries any more."""
    return failed_for_good(endpoint_id=endpoint_id).count()
