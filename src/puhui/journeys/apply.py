"""She types what she wants and what a month holds, every field saved as typed, and sends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.customers.queries import look_whether_identified
from puhui.decisions import operations as decisions
from puhui.decisions.domain.application import parse_application
from puhui.decisions.domain.gather import application_limits
from puhui.decisions.domain.stored import Application, ApplicationUnknown
from puhui.decisions.queries import lock_application
from puhui.journeys import consent, house
from puhui.journeys.identify import IdentityMissing
from puhui.journeys.once import keep, recall
from puhui.runtime.operations import put_work_soon
from puhui.runtime.rows import look_up
from puhui.runtime.transactions import transaction

ASK_BUREAU = "assess.bureau"  # kind of the work that asks the bureau and decides


def save(*, customer_id: str, fields: Mapping[str, str], key: str, now: datetime) -> Application:
    """This function will keep fields as typed, opening a draft at the first one; the last words typed stand.

    Raises: ApplicationFieldUnknown, TypedTooLong, ApplicationAlreadySent, AnotherApplicationOpen.
    """
    with transaction():
        id = derive_id("application", customer_id, key)
        return decisions.open_application(id=id, customer_id=customer_id, fields=fields, now=now)


def submit(*, customer_id: str, application_id: str, key: str, now: datetime) -> Application:
    """This function will check the typed fields, send the application and put the work that asks the bureau.

    Raises: ApplicationUnknown, IdentityMissing, ConsentMissing, what `parse_application` refuses,
    ApplicationAlreadySent, KeyReusedWithOtherBody.
    """
    body = {"customer_id": customer_id, "application_id": application_id}
    looks = (
        lock_application(application_id),
        look_whether_identified(customer_id),
        *consent.look_at_standing(customer_id=customer_id, now=now),
    )
    application: Application | None
    with transaction():
        application, identified, given, decided = look_up(*looks)
        if application is None or application.customer_id != customer_id:
            raise ApplicationUnknown()
        if recall(scope="apply.submit", key=key, body=body, now=now) is not None:
            return application
        if not identified:
            raise IdentityMissing()
        consent.refuse_missing(
            customer_id=customer_id, needed=consent.TO_APPLY, now=now, held=consent.standing(given, decided)
        )
        figures = parse_application(application.fields, limits=application_limits(house.product(now)))
        sent = decisions.submit_application(id=application_id, application=figures, now=now, held=application)
        put_work_soon(
            key=f"bureau:{application_id}",
            kind=ASK_BUREAU,
            payload={"application_id": application_id},
            now=now,
        )
        keep(scope="apply.submit", key=key, body=body, answer={}, now=now)
    return sent
