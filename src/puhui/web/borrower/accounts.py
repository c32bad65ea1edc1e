"""She binds her own account, and agrees to autopay or not, and takes it back as easily."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.customers.domain import Customer
from puhui.journeys import account, house
from puhui.payments import queries as payments
from puhui.protection.domain import ConsentPurpose
from puhui.web import clock
from puhui.web.borrower.apply import consent_items
from puhui.web.borrower.session import show, signed_in, up
from puhui.web.borrower.sign_in import safe_next
from puhui.web.shared import inputs


def _back(request: HttpRequest) -> HttpResponseBase:
    target = request.POST.get("next", "")
    query = f"?next={target}" if target and safe_next(request, target) == target else ""
    return HttpResponseRedirect(reverse("accounts") + query)


@require_http_methods(["GET", "POST"])
@signed_in
def accounts_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will list her accounts and bind another one."""
    now = clock.now(request)
    if request.method == "POST" and request.POST.get("act"):
        _change_mandate(request, customer)
        return _back(request)
    if request.method == "POST":
        account.bind(
            customer_id=customer.id,
            number=inputs.text(request, "account_number", limit=40),
            bank_name=inputs.text(request, "bank_name", limit=40),
            key=inputs.form_key(request),
            now=now,
        )
        return _back(request)
    target = request.GET.get("next") or request.POST.get("next", "")
    text = consent_items(request, (ConsentPurpose.MANDATE,), frozenset())[0]
    return show(
        request,
        "accounts",
        accounts=payments.list_accounts(customer_id=customer.id),
        mandate=payments.get_active_mandate(customer_id=customer.id),
        mandate_text=text,
        policy=house.policy(now),
        next=target if target and safe_next(request, target) == target else "",
        up=up("me", _("Accounts")),
    )


def _change_mandate(request: HttpRequest, customer: Customer) -> None:
    key, now = inputs.form_key(request), clock.now(request)
    if request.POST.get("act") == "withdraw":
        account.withdraw_mandate(customer_id=customer.id, key=key, now=now)
        return
    if not request.POST.get("mandate"):
        raise inputs.ConsentNeeded("mandate")
    chosen = inputs.text(request, "account", limit=26)
    account.agree_mandate(customer_id=customer.id, account_id=chosen, key=key, now=now)
