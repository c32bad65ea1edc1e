"""Words for what the second scan found, the same for customers and staff."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as lazy

SCAN_REASONS = {
    "IDENTITY_CHANGED": lazy("the identity could not be confirmed today"),
    "WATCH_LIST": lazy("a name on a watch list is like this one"),
    "MULTI_LENDER": lazy("many new loans or requests at other lenders"),
    "OVER_INDEBTED": lazy("the instalments of a month are too much of its income"),
    "SCAN_SILENT": lazy("a source could not answer"),
}


def scan_reason(code: str) -> str:
    """This function will say the reason of a hold or a stop; one that is not known is shown as it is."""
    return str(SCAN_REASONS.get(code, code))
