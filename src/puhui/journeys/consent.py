"""She gives consent item by item, and withdraws it as easily."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.journeys import account, house
from puhui.journeys.once import keep, recall
from puhui.protection import operations as protection
from puhui.protection import queries as rules
from puhui.protection.domain import Consent, ConsentPurpose, parse_purpose
from puhui.runtime.transactions import transaction


def give(*, customer_id: str, purposes: Sequence[str], key: str, now: datetime) -> tuple[Consent, ...]:
    """This function will record one consent for each purpose, under the text in force today.

    Raises: ConsentPurposeUnknown, KeyReusedWithOtherBody.
    """
    wanted = [parse_purpose(one) for one in purposes]
    version = rules.get_consent_texts(on_date=house.today(now)).version
    body = {"customer_id": customer_id, "purposes": wanted, "version": version}
    with transaction():
        if recall(scope="consent.give", key=key, body=body, now=now) is None:
            protection.give_consents(
                ids={one: derive_id("consent", customer_id, key, one) for one in wanted},
                customer_id=customer_id,
                text_version=version,
                now=now,
            )
            keep(scope="consent.give", key=key, body=body, answer={}, now=now)
    return tuple(one for one in rules.list_consents(customer_id=customer_id) if one.purpose in wanted)


def withdraw(*, customer_id: str, purpose: str, key: str, now: datetime) -> None:
    """This function will end a consent from `now` on; the one behind autopay ends autopay too.

    Raises: ConsentPurposeUnknown, ConsentNotGiven, MandateNotActive, KeyReusedWithOtherBody.
    """
    if parse_purpose(purpose) is ConsentPurpose.MANDATE:
        account.withdraw_mandate(customer_id=customer_id, key=key, now=now)
        return
    body = {"customer_id": customer_id, "purpose": parse_purpose(purpose)}
    with transaction():
        if recall(scope="consent.withdraw", key=key, body=body, now=now) is None:
            protection.withdraw_consent(customer_id=customer_id, purpose=parse_purpose(purpose), now=now)
            keep(scope="consent.withdraw", key=key, body=body, answer={}, now=now)
