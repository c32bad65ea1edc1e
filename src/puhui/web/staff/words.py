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
    "draw": lazy("loan paid out"),
    "due": lazy("instalment"),
    "prepay": lazy("early repayment"),
    "payoff": lazy("payoff"),
    "autopay": lazy("autopay"),
    "hardship": lazy("hardship"),
    "dispute": lazy("dispute"),
    "zh-hans": lazy("Chinese"),
    "en": lazy("English"),
    # models and their moves
    "proposed": lazy("proposed"),
    "shadow": lazy("shadow"),
    "challenger": lazy("challenger"),
    "champion": lazy("champion"),
    "retired": lazy("retired"),
    "propose": lazy("proposed"),
    "challenge": lazy("make it the challenger"),
    "crown": lazy("make it the champion"),
    "retire": lazy("retire it"),
    "scorecard": lazy("scorecard"),
    "trees": lazy("boosted trees"),
    # tables of the portfolio
    "months": lazy("by month"),
    "late": lazy("lateness"),
    "vintages": lazy("vintages"),
    "prices": lazy("prices"),
    "scores": lazy("scores"),
    "funnel": lazy("funnel"),
    "payments": lazy("payments"),
    "loans": lazy("loans"),
    # webhooks: states of a delivery, and what a partner is told
    "waiting": lazy("waiting"),
    "delivered": lazy("delivered"),
    "application.decided": lazy("application decided"),
    "loan.paid_out": lazy("loan paid out"),
    "loan.cancelled": lazy("loan cancelled"),
    "loan.payment_received": lazy("payment received"),
    "loan.payment_returned": lazy("payment returned"),
    "loan.closed": lazy("loan closed"),
    "case.opened": lazy("case opened"),
    # acts in the audit trail
    "customer.file_viewed": lazy("opened the file"),
    "customer.document_viewed": lazy("opened a document"),
    "customer.unmasked": lazy("looked behind the mask"),
    "staff.noted": lazy("wrote a note"),
    "contract.signed": lazy("signed a contract"),
    "help.asked": lazy("asked for help"),
    "case.answered": lazy("answered a case"),
    "decision.approved": lazy("decided: approved"),
    "decision.declined": lazy("decided: declined"),
    "decision.referred": lazy("decided: to a person"),
    "delegation.given": lazy("let a partner act"),
    "delegation.withdrawn": lazy("withdrew a partner’s leave"),
    "refund.returned": lazy("sent money back"),
    "refund.failed": lazy("could not send money back"),
}


def say_who(actor: str) -> str:
    """This function will say who acted: a login of staff as it is, everybody else by kind."""
    kind, _, name = actor.partition(":")
    return name if kind == "staff" and name else say(kind)


def say(name: object) -> str:
    """This function will say a machine name in the reader's language."""
    plain = str(getattr(name, "value", name))
    return str(STATES.get(plain, plain))
