"""She takes a letter away as PDF: her contract, a statement, what pays her loan off, why we declined, what we answered."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from puhui.customers.domain import Customer
from puhui.journeys import letters
from puhui.web import clock, papers
from puhui.web.borrower.loan import asked_date
from puhui.web.borrower.session import signed_in


@require_safe
@signed_in
def letter(request: HttpRequest, customer: Customer, letter: str, about_id: str) -> HttpResponseBase:
    """This function will answer with one letter about a contract, loan, application or complaint of hers."""
    now, today = clock.now(request), clock.today(request)
    written = letters.write(
        customer_id=customer.id,
        letter=letter,
        about_id=about_id,
        as_of=asked_date(request, today),
        language=papers.language(),
        now=now,
    )
    return papers.paper(written)[0]
