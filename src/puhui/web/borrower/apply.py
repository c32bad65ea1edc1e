"""She applies in five steps; each saves as typed, and nothing leaves the house before the last one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from puhui.core.money import parse_minor
from puhui.core.refusals import Refusal
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_name, mask_number
from puhui.decisions import queries as decisions
from puhui.decisions.domain import ApplicationInput, ApplicationState, assess_affordability
from puhui.journeys import apply, consent, house, identify
from puhui.protection import queries as protection
from puhui.protection.domain import ConsentPurpose, ConsentText
from puhui.web import clock
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.shared import inputs
from puhui.web.shared.formats import is_chinese

STEPS = (1, 2, 3, 4, 5)
FIELDS = {
    1: ("amount", "months", "purpose"),
    3: ("income", "rent", "living", "other_instalments", "other_lenders"),
}
MONEY = ("amount", "income", "rent", "living", "other_instalments")
# Consents asked for in step 4; identity was given in step 2, the credit report stands apart, the rest come later.
ASKED = (ConsentPurpose.SERVICE, ConsentPurpose.AUTOMATED_DECISION, ConsentPurpose.CONTACT_SERVICE)


def purposes() -> list[tuple[str, str]]:
    """This function will list what a loan may be for, with its name."""
    return [
        ("daily", _("Daily life")),
        ("appliances", _("Appliances")),
        ("renovation", _("Renovation")),
        ("education", _("Education")),
        ("medical", _("Medical")),
        ("travel", _("Travel")),
        ("wedding", _("Wedding")),
        ("other", _("Something else")),
    ]


@require_http_methods(["GET", "POST"])
@signed_in
def step_page(request: HttpRequest, customer: Customer, step: int) -> HttpResponseBase:
    """This function will show one step of the form, or take it and go on."""
    if request.method == "POST":
        return {1: _take_fields, 2: _take_identity, 3: _take_fields, 4: _take_consents, 5: _submit}[step](
            request, customer, step
        )
    latest = decisions.find_open_application(customer.id)
    if latest is not None and latest.state is ApplicationState.SUBMITTED:
        return go("apply_wait")
    typed = typed_fields(request, customer, step)
    context = {1: _show_request, 2: _show_identity, 3: _show_money, 4: _show_consents, 5: _show_check}[step](
        request, customer, typed
    )
    back = up("apply", _("Apply"), step - 1) if step > 1 else up("home", _("Apply"))
    return show(
        request, f"apply_{step}", step=step, steps=STEPS, minutes=6 - step, typed=typed, up=back, **context
    )


def typed_fields(request: HttpRequest, customer: Customer, step: int) -> dict[str, Any]:
    """This function will return what she typed so far: the draft, and over it what this request brought."""
    draft = decisions.find_open_application(customer.id)
    typed: dict[str, Any] = dict(draft.fields) if draft is not None else {}
    for name in FIELDS.get(step, ()):
        if name in request.POST:
            typed[name] = request.POST[name]
    for name in MONEY:
        typed[f"{name}_minor"] = _amount(typed, name)
    typed["months"] = _whole(typed.get("months"))
    typed["other_lenders"] = (
        typed.get("other_lenders", "") if step == 3 else _whole(typed.get("other_lenders"))
    )
    return typed


def _amount(typed: Mapping[str, Any], name: str) -> int:
    try:
        return parse_minor(str(typed.get(name) or "0"), house.lender().currency, field=name)
    except Refusal:
        return 0


def _whole(text: Any) -> int:
    digits = str(text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0


def month_sum(customer: Customer, typed: Mapping[str, Any], request: HttpRequest) -> dict[str, int] | None:
    """This function will return the running sum of a month for the card, None until an income is typed.

    The figures are the domain's own (`assess_affordability`), so the card and the decision cannot differ.
    """
    if not typed.get("income_minor"):
        return None
    policy = house.policy(clock.now(request))
    month = ApplicationInput(
        amount_minor=typed.get("amount_minor") or 0,
        currency=house.lender().currency,
        purpose="other",
        months=typed.get("months") or 1,
        income_minor=typed["income_minor"],
        rent_minor=max(typed["rent_minor"], 0),
        living_minor=max(typed["living_minor"], 0),
        other_instalments_minor=max(typed["other_instalments_minor"], 0),
        other_lenders=0,
    )
    found = assess_affordability(
        month,
        essential_floor_minor=policy.essential_floor_minor(customer.region_code),
        reserve_ppm=policy.affordability_reserve_ppm,
    )
    return {
        "left_minor": found.surplus_minor,
        "rent_minor": found.rent_minor,
        "living_minor": found.counted_living_minor,
        "other_minor": found.other_instalments_minor,
        "affordable_minor": found.affordable_minor,
        "reserve_ppm": found.reserve_ppm,
    }


def _show_request(request: HttpRequest, customer: Customer, typed: dict[str, Any]) -> dict[str, Any]:
    return {"product": house.product(clock.now(request)), "purposes": purposes()}


def known_of(customer: Customer) -> dict[str, str] | None:
    """This function will return her name and masked number, None before she has said who she is."""
    if customer.identified_at is None:
        return None
    name, number = customers.get_identity(customer.id)
    return {"name": mask_name(name), "number": mask_number(number)}


def _show_identity(request: HttpRequest, customer: Customer, typed: dict[str, Any]) -> dict[str, Any]:
    return {"known": known_of(customer)}


def _show_money(request: HttpRequest, customer: Customer, typed: dict[str, Any]) -> dict[str, Any]:
    policy = house.policy(clock.now(request))
    floor = policy.essential_floor(customer.region_code)
    place = floor.name_zh if is_chinese(get_language() or "") else floor.name_en
    return {
        "sum": month_sum(customer, typed, request),
        "floor_minor": floor.amount_minor,
        "floor_place": place if floor.region != "*" else "",
    }


def _given(request: HttpRequest, customer: Customer) -> frozenset[str]:
    return consent.list_standing(customer_id=customer.id, now=clock.now(request))


def words(text: ConsentText) -> dict[str, str]:
    """This function will put a consent text into the reader's language."""
    language = "zh" if is_chinese(get_language() or "") else "en"
    return {
        name: str(getattr(getattr(text, name), language))
        for name in ("title", "what", "who", "how_long", "if_refused")
    }


def consent_items(
    request: HttpRequest, wanted: tuple[ConsentPurpose, ...], given: frozenset[str]
) -> list[dict[str, Any]]:
    """This function will list consents for ticking: nothing is ticked unless she gave it before or ticked it just now."""
    texts = protection.get_consent_texts(on_date=clock.today(request)).texts
    ticked = given | set(request.POST.getlist("consent"))
    return [
        {
            "purpose": one.value,
            "need": texts[one].required,
            "given": one.value in ticked,
            **words(texts[one]),
        }
        for one in wanted
    ]


def _show_consents(request: HttpRequest, customer: Customer, typed: dict[str, Any]) -> dict[str, Any]:
    given = _given(request, customer)
    report = consent_items(request, (ConsentPurpose.CREDIT_REPORT,), given)[0]
    report["given"] = report["given"] or bool(request.POST.get("credit_report"))
    return {
        "consents": consent_items(request, ASKED, given),
        "report": report,
        "marketing": consent_items(request, (ConsentPurpose.MARKETING,), given)[0],
    }


def _show_check(request: HttpRequest, customer: Customer, typed: dict[str, Any]) -> dict[str, Any]:
    given = _given(request, customer)
    agreed = [
        one for one in (*ASKED, ConsentPurpose.IDENTITY, ConsentPurpose.CREDIT_REPORT) if one.value in given
    ]
    return {
        "known": known_of(customer) or {},
        "purpose_name": dict(purposes()).get(str(typed.get("purpose")), "–"),
        "agreed": [item["title"] for item in consent_items(request, tuple(agreed), given)],
        "sum": month_sum(customer, typed, request),
    }


def _posted(request: HttpRequest, step: int) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip()[:60] for name in FIELDS[step] if name in request.POST}


def _take_fields(request: HttpRequest, customer: Customer, step: int) -> HttpResponseBase:
    fields = _posted(request, step)
    apply.save(customer_id=customer.id, fields=fields, key=inputs.form_key(request), now=clock.now(request))
    if request.POST.get("act") == "save":
        return go("apply", step)
    for name in FIELDS[step]:
        inputs.text(request, name)
        if name in MONEY:
            parse_minor(fields[name], house.lender().currency, field=name)
    return go("apply", step + 1)


def _take_identity(request: HttpRequest, customer: Customer, step: int) -> HttpResponseBase:
    if customer.identified_at is None:
        name, number = inputs.text(request, "name", limit=60), inputs.text(request, "number", limit=40)
        if not request.POST.get("identity"):
            raise inputs.ConsentNeeded("identity")
        key, now = inputs.form_key(request), clock.now(request)
        consent.give(customer_id=customer.id, purposes=[ConsentPurpose.IDENTITY], key=key, now=now)
        identify.record(customer_id=customer.id, name=name, number=number, key=key, now=now)
    return go("apply", 3)


def _take_consents(request: HttpRequest, customer: Customer, step: int) -> HttpResponseBase:
    ticked = set(request.POST.getlist("consent"))
    texts = protection.get_consent_texts(on_date=clock.today(request)).texts
    for one in ASKED:
        if texts[one].required and one.value not in ticked:
            raise inputs.ConsentNeeded(one.value)
    if not request.POST.get("credit_report"):
        raise inputs.ConsentNeeded("credit_report")
    wanted = [one for one in (*ASKED, ConsentPurpose.MARKETING) if one.value in ticked]
    consent.give(
        customer_id=customer.id,
        purposes=[*wanted, ConsentPurpose.CREDIT_REPORT],
        key=inputs.form_key(request),
        now=clock.now(request),
    )
    return go("apply", 5)


def _submit(request: HttpRequest, customer: Customer, step: int) -> HttpResponseBase:
    draft = decisions.find_open_application(customer.id)
    if draft is None:
        return go("apply", 1)
    apply.submit(
        customer_id=customer.id,
        application_id=draft.id,
        key=inputs.form_key(request),
        now=clock.now(request),
    )
    return go("apply_wait")


@require_POST
@signed_in
def save(request: HttpRequest, customer: Customer, step: int) -> HttpResponseBase:
    """This function will save what was typed so far and, in step 3, answer with the running sum."""
    if step not in FIELDS:
        return HttpResponse(status=204)
    fields = _posted(request, step)
    apply.save(customer_id=customer.id, fields=fields, key=inputs.new_key(), now=clock.now(request))
    if step != 3:
        return HttpResponse(status=204)
    typed = typed_fields(request, customer, step)
    return show(request, "apply_sum", sum=month_sum(customer, typed, request))


@require_safe
@signed_in
def wait_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will wait with her for the answer and show it when it is there."""
    application = decisions.find_latest_application(customer.id)
    if application is None or application.state is ApplicationState.DRAFT:
        return go("apply", 1)
    asked_by_part = bool(request.headers.get("HX-Request"))
    if application.state is ApplicationState.DECIDED:
        answer = go("verdict", application.id)
        if asked_by_part:
            return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
        return answer
    waited = (
        (clock.now(request) - application.submitted_at).total_seconds() if application.submitted_at else 0
    )
    return show(
        request,
        "apply_wait_part" if asked_by_part else "apply_wait",
        slow=waited > 20,
        up=up("home", _("Home")),
    )
