"""Words of the staff's pages for machine names; one that is not known is shown as it is, never hidden."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as lazy

OUTCOMES = {
    "upheld": lazy("She is right"),
    "partly_upheld": lazy("Partly right"),
    "not_upheld": lazy("Not upheld"),
    "answered": lazy("Answered"),
    "helped": lazy("Helped"),
}
STATES = {
    "open": lazy("not yet taken"),
    "in_work": lazy("in work"),
    "closed": lazy("closed"),
    "withdrawn": lazy("withdrawn"),
    "registered": lazy("registered"),
    "identified": lazy("identified"),
    "created": lazy("created"),
    "sent": lazy("sent"),
    "unknown": lazy("unknown"),
    "done": lazy("done"),
    "failed": lazy("failed"),
    "returned": lazy("returned"),
    "queued": lazy("queued"),
    "deferred": lazy("deferred"),
    "blocked": lazy("blocked"),
    "payout": lazy("payout"),
    "collect": lazy("collection"),
    "refund": lazy("refund"),
    "complaint": lazy("complaint"),
    "question": lazy("question"),
    "help": lazy("help"),
    "agreed": lazy("agreed"),
    "refused": lazy("refused"),
    "taken": lazy("taken"),
    "opened": lazy("opened"),
    "noted": lazy("note"),
    "customer": lazy("customer"),
    "staff": lazy("staff"),
    "house": lazy("the house"),
    "analyst": lazy("analyst"),
    "operations": lazy("operations"),
    "collections": lazy("collections"),
    "complaints": lazy("complaints"),
    "auditor": lazy("auditor"),
    "admin": lazy("administrator"),
    "active": lazy("active"),
    "frozen": lazy("frozen"),
    "expired": lazy("expired"),
    "pending": lazy("pending"),
    "cancelled": lazy("cancelled"),
    "decision": lazy("decision"),
    "quote": lazy("quote"),
    "position": lazy("position"),
    "posting": lazy("postings"),
    "security": lazy("security"),
    "service": lazy("service"),
    "reminder": lazy("reminder"),
}


def say(name: object) -> str:
    """This function will say a machine name in the reader's language."""
    plain = str(getattr(name, "value", name))
    return str(STATES.get(plain, plain))
