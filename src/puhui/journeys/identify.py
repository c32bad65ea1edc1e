"""She says who she is: name and resident number, checked and bound to her alone."""

from __future__ import annotations

from datetime import datetime

from puhui.core.refusals import Refusal
from puhui.customers import operations as customers
from puhui.customers import queries as known
from puhui.customers.domain import Customer
from puhui.journeys.once import keep, recall
from puhui.runtime.transactions import transaction


class IdentityMissing(Refusal):
    """Who she is has not been recorded yet, and the act needs it."""

    field = "identity"
    status = 409


def record(*, customer_id: str, name: str, number: str, key: str, now: datetime) -> Customer:
    """This function will bind name and resident number to the customer.

    Raises: NameInvalid, ResidentNumberInvalid, UnderAge, IdentityAlreadyRecorded, IdentityAlreadyUsed,
    KeyReusedWithOtherBody.
    """
    body = {"customer_id": customer_id, "name": name, "number": number}
    with transaction():
        if recall(scope="identify.record", key=key, body=body, now=now) is not None:
            return known.get_customer(customer_id)
        customer = customers.record_identity(customer_id=customer_id, name=name, number=number, now=now)
        keep(scope="identify.record", key=key, body=body, answer={}, now=now)
        return customer
