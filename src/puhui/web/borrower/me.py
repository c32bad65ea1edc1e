"""What she allowed, what we know, how we reach her: to see and to change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.contact import queries as contact
from puhui.contact.domain import Message, MessageState
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_phone
from puhui.decisions import queries as decisions
from puhui.facts import queries as facts
from puhui.journeys import consent as consent_journey
from puhui.journeys import credit_record, house
from puhui.protection import queries as protection
from puhui.protection.domain import ConsentPurpose
from puhui.runtime.signing import public_key
from puhui.web import clock
from puhui.web.borrower.apply import known_of, words
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.shared import explain, inputs
from puhui.web.shared.features import feature_rows, uses_of
from puhui.web.templatetags.puhui import day

HERE = tuple(one for one in ConsentPurpose if one is not ConsentPurpose.MANDATE)  # autopay has its own page


@require_http_methods(["GET", "POST"])
@signed_in
def me_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will show consents, contact hours, look and language; and take a consent given or withdrawn."""
    now = clock.now(request)
    if request.method == "POST":
        _change_consent(request, customer)
        return go("me", query="#consents")
    policy = house.policy(now)
    return show(
        request,
        "me",
        nav="me",
        known=known_of(customer) or {},
        phone=mask_phone(customers.get_phone(customer.id)),
        consents=consents_of(request, customer),
        policy=policy,
        window=policy.contact_window,
        held=contact.has_hold(customer.id, now),
        cases=protection.list_cases(customer.id, limit=10),
        LANGUAGE=get_language(),
    )


def _change_consent(request: HttpRequest, customer: Customer) -> None:
    purpose, key, now = request.POST.get("purpose", ""), inputs.form_key(request), clock.now(request)
    if request.POST.get("act") == "withdraw":
        consent_journey.withdraw(customer_id=customer.id, purpose=purpose, key=key, now=now)
    else:
        consent_journey.give(customer_id=customer.id, purposes=[purpose], key=key, now=now)


def consents_of(request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
    """This function will list every purpose with what she said and since when."""
    now = clock.now(request)
    texts = protection.get_consent_texts(on_date=clock.today(request)).texts
    standing = consent_journey.list_standing(customer_id=customer.id, now=now)
    given = {
        one.purpose: one
        for one in protection.list_consents(customer.id)
        if one.in_force(now) and one.purpose in standing
    }
    listed = []
    for purpose in HERE:
        one = given.get(purpose)
        said = words(texts[purpose])
        since = _("Given %(day)s.") % {"day": day(one.given_at)} if one else _("Not given.")
        listed.append(
            {
                "purpose": purpose.value,
                "label": said["title"],
                "words": f"{since} {said['if_refused']}" if one else f"{since} {said['what']}",
                "given": one is not None,
                "can_give": True,
            }
        )
    return listed


@require_safe
@signed_in
def data_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will list every fact that we know of her, and every message that we sent."""
    known = facts.get_facts(customer.id, known_at=clock.now(request))
    decided = decisions.list_decisions(customer.id)
    vectors = facts.list_vectors(customer.id)
    served = next((one for one in decided if one.id in vectors), None)
    return show(
        request,
        "my_data",
        facts=[
            {
                "one": one,
                "name": explain.named(one.name),
                "value": explain.write(one.name, one.value),
                "source": explain.source_name(one.source, on_date=clock.today(request)),
                "uses": uses,
            }
            for one, uses in uses_of(sorted(known.values(), key=lambda fact: fact.name), decided)
        ],
        served=served,
        only_counted=served and not any(one.name.startswith("feature.") for one in served.input.facts),
        features=feature_rows(vectors[served.id], language=get_language() or "zh-hans") if served else [],
        record=credit_record.write(customer_id=customer.id, on_date=clock.today(request)).record,
        customer=customer,
        messages_sent=[_message(one) for one in contact.list_messages(customer.id, limit=30)],
        up=up("me", _("My data")),
    )


@require_safe
@signed_in
def credit_record_file(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will hand out her credit record as the house signed it: the text byte for byte, its signature, the key."""
    signed = credit_record.write(customer_id=customer.id, on_date=clock.today(request))
    body = {"text": signed.text, "sha256": signed.sha256, "signature": signed.signature, **public_key()}
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="record-{signed.record.as_of}.json"'
    return response


def _message(message: Message) -> dict[str, Any]:
    states = {
        MessageState.QUEUED: _("on its way"),
        MessageState.DEFERRED: _("waits for the hours you set"),
        MessageState.BLOCKED: _("held back"),
        MessageState.SENT: _("sent"),
        MessageState.FAILED: _("not delivered"),
    }
    return {
        "at": message.sent_at or message.requested_at,
        "state": states[message.state],
        "text": message.text,
    }
