"""Reads of payments, as values. Only `get_submission` opens a sealed account number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from puhui.core.refusals import Refusal
from puhui.payments.domain import (
    OPEN_STATES,
    BankAccount,
    Direction,
    Discrepancy,
    Flow,
    Mandate,
    MandateState,
    OrderChange,
    OrderState,
    PaymentOrder,
    RecordedStatement,
    Submission,
    SuspenseItem,
)
from puhui.payments.models import (
    AccountRow,
    Closing,
    DiscrepancyRow,
    MandateRow,
    OrderEvent,
    OrderRow,
    StatementDay,
    SuspenseRow,
)
from puhui.runtime.rows import find_row, list_rows, list_rows_where
from puhui.runtime.sealing import unseal

CHUNK = 500


class OrderNotFound(Refusal):
    """There is no such payment order, or it is not this customer's."""

    field = "order"
    status = 404


class AccountNotFound(Refusal):
    """There is no such bound account, or it is not this customer's."""

    field = "account"
    status = 404


def get_order(*, id: str) -> PaymentOrder:
    """This function will return the order. Raises: OrderNotFound."""
    if (order := find_order(id=id)) is None:
        raise OrderNotFound()
    return order


def find_order(*, id: str) -> PaymentOrder | None:
    """This function will return the order, or None when there is none of this id."""
    row = find_row(OrderRow, id=id)
    return row.to_domain() if row else None


def list_orders(
    *,
    ids: Iterable[str] | None = None,
    loan_id: str | None = None,
    customer_id: str | None = None,
    state: OrderState | None = None,
    limit: int = 500,
) -> list[PaymentOrder]:
    """This function will return the orders that fit every condition given, newest first, at most `limit`.

    `ids` is read in chunks and is not limited.
    """
    found = OrderRow.objects.order_by("-created_at", "id")
    if loan_id is not None:
        found = found.filter(loan_id=loan_id)
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    if state is not None:
        found = found.filter(state=state.value)
    if ids is None:
        return [row.to_domain() for row in found[:limit]]
    wanted = sorted(set(ids))
    rows = [row for i in range(0, len(wanted), CHUNK) for row in found.filter(id__in=wanted[i : i + CHUNK])]
    return [row.to_domain() for row in rows]


def list_order_page(*, after: str = "", limit: int = 500) -> list[PaymentOrder]:
    """This function will return orders by id, from the one after `after`: a page of all that ever moved money."""
    return [row.to_domain() for row in OrderRow.objects.filter(id__gt=after).order_by("id")[:limit]]


def list_orders_on(*, day: date) -> list[PaymentOrder]:
    """This function will return the orders that the rail's word puts on `day`: settled or returned then."""
    rows = OrderRow.objects.filter(Q(settled_date=day) | Q(returned_date=day)).order_by("id")
    return [row.to_domain() for row in rows]


def list_orders_to_query(
    *, now: datetime, older_than_seconds: int = 60, silent_after_seconds: int = 600, limit: int = 200
) -> list[PaymentOrder]:
    """This function will return the orders to ask the rail about, longest waiting first.

    Unknown ones that have stood so for `older_than_seconds`, and accepted ones whose callback has not come in
    `silent_after_seconds`.
    """
    unknown = Q(state=OrderState.UNKNOWN.value, changed_at__lte=now - timedelta(seconds=older_than_seconds))
    silent = Q(state=OrderState.SENT.value, changed_at__lte=now - timedelta(seconds=silent_after_seconds))
    rows = OrderRow.objects.filter(unknown | silent).order_by("changed_at", "id")[:limit]
    return [row.to_domain() for row in rows]


def has_open_order(*, loan_id: str, direction: Direction | None = None) -> bool:
    """This function will tell whether an order for the loan still awaits the rail's last word."""
    found = OrderRow.objects.filter(loan_id=loan_id, state__in=[state.value for state in OPEN_STATES])
    return (found.filter(direction=direction.value) if direction else found).exists()


def list_order_changes(*, order_id: str) -> list[OrderChange]:
    """This function will return the order's whole history, oldest first."""
    return [row.to_domain() for row in list_rows(OrderEvent, order=("seq",), order_id=order_id)]


def get_submission(*, order_id: str) -> Submission | None:
    """This function will return what to hand to the rail, or None when the rail has answered already.

    Holds the bare account number: hand it to the gateway and forget it. Raises: OrderNotFound.
    """
    row = find_row(OrderRow, id=order_id)
    if row is None:
        raise OrderNotFound()
    if row.state not in (OrderState.CREATED.value, OrderState.UNKNOWN.value):
        return None
    account = find_row(AccountRow, id=row.account_id)
    assert account is not None, "an order has its account"
    return Submission(
        key=row.id,
        direction=Direction(row.direction),
        amount_minor=row.amount_minor,
        currency=row.currency,
        account_number=unseal(account.number_sealed),
    )


def get_account(*, id: str) -> BankAccount:
    """This function will return the bound account. Raises: AccountNotFound."""
    row = find_row(AccountRow, id=id)
    if row is None:
        raise AccountNotFound()
    return row.to_domain()


def list_accounts(*, customer_id: str) -> list[BankAccount]:
    """This function will return the customer's own bound accounts, newest first; those of merchants left out."""
    rows = list_rows(AccountRow, order=("-bound_at", "id"), customer_id=customer_id, merchant_id="")
    return [row.to_domain() for row in rows]


def list_payees(*, customer_id: str) -> list[BankAccount]:
    """This function will return every account that a loan of hers may have paid, those of merchants included."""
    rows = list_rows(AccountRow, order=("-bound_at", "id"), customer_id=customer_id)
    return [row.to_domain() for row in rows]


def get_active_mandate(*, customer_id: str, account_id: str | None = None) -> Mandate | None:
    """This function will return the customer's newest active mandate (of one account, if given), or None."""
    wanted: dict[str, Any] = {"customer_id": customer_id, "state": MandateState.ACTIVE.value}
    if account_id is not None:
        wanted["account_id"] = account_id
    found = list_rows(MandateRow, order=("-agreed_at", "id"), **wanted)
    return found[0].to_domain() if found else None


def list_active_mandates(*, customer_ids: Iterable[str]) -> dict[str, Mandate]:
    """This function will return the newest active mandate of each customer who has one, by customer id."""
    ids = list(customer_ids)
    if not ids:
        return {}
    found = list_rows_where(
        MandateRow,
        f"state = 'active' AND customer_id IN ({', '.join(['%s'] * len(ids))})",
        ids,
        ending="ORDER BY agreed_at, id DESC",
    )
    return {row.customer_id: row.to_domain() for row in found}


def list_mandates(*, customer_id: str) -> list[Mandate]:
    """This function will return all the customer's mandates, withdrawn ones too, newest first."""
    rows = MandateRow.objects.filter(customer_id=customer_id).order_by("-agreed_at", "id")
    return [row.to_domain() for row in rows]


def find_statement(*, day: date) -> RecordedStatement | None:
    """This function will return that the statement of `day` was recorded, or None."""
    row = find_row(StatementDay, day=day)
    return row.to_domain() if row else None


def list_statement_days() -> list[RecordedStatement]:
    """This function will return every day whose statement was recorded, oldest first."""
    return [row.to_domain() for row in StatementDay.objects.order_by("day")]


def list_suspense(*, open_only: bool = True, limit: int = 500) -> list[SuspenseItem]:
    """This function will return cash in suspense, oldest first; with `open_only` false, allocated items too."""
    found = SuspenseRow.objects.order_by("statement_id", "line_id")
    if open_only:
        found = found.exclude(id__in=Closing.objects.values("item_id"))
    rows = list(found[:limit])
    closings = _closings([row.id for row in rows])
    return [row.to_domain(closings.get(row.id)) for row in rows]


def get_suspense_balance(*, currency: str) -> int:
    """This function will return the open suspense in minor units: what came in less what went out."""
    found = SuspenseRow.objects.filter(currency=currency).exclude(id__in=Closing.objects.values("item_id"))
    sums = {row["flow"]: int(row["sum"]) for row in found.values("flow").annotate(sum=Sum("amount_minor"))}
    return sums.get(Flow.IN.value, 0) - sums.get(Flow.OUT.value, 0)


def list_discrepancies(
    *, open_only: bool = True, order_id: str | None = None, limit: int = 500
) -> list[Discrepancy]:
    """This function will return orders on which the rail and we do not agree, oldest first."""
    found = DiscrepancyRow.objects.order_by("recorded_at", "id")
    if order_id is not None:
        found = found.filter(order_id=order_id)
    if open_only:
        found = found.exclude(id__in=Closing.objects.values("item_id"))
    rows = list(found[:limit])
    closings = _closings([row.id for row in rows])
    return [row.to_domain(closings.get(row.id)) for row in rows]


def _closings(ids: Sequence[str]) -> dict[str, Closing]:
    return {row.item_id: row for row in Closing.objects.filter(item_id__in=ids)}


def count_orders(*, until: datetime) -> list[tuple[str, str, int, int]]:
    """This function will return (direction, state, orders, minor units) of all orders as they stood at an instant. One query."""
    later = OrderEvent.objects.filter(order_id=OuterRef("order_id"), seq__gt=OuterRef("seq"), at__lt=until)
    last = OrderEvent.objects.filter(~Exists(later), at__lt=until).values_list("order__direction", "after")
    found = last.annotate(n=Count("id"), total=Sum("order__amount_minor")).order_by(
        "order__direction", "after"
    )
    return [(one[0], one[1], int(one[2]), int(one[3])) for one in found]
