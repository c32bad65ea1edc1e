"""She chooses the language in which we speak and write to her."""

from __future__ import annotations

from datetime import datetime

from puhui.customers import operations as customers
from puhui.runtime.transactions import transaction


def choose(*, customer_id: str, language: str, now: datetime) -> None:
    """This function will store the customer's language ("zh-hans", "en"). Raises: LanguageUnknown."""
    with transaction():
        customers.set_language(customer_id=customer_id, language=language, now=now)
