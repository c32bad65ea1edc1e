"""What a partner's endpoint is sent, described: each event with its data, and the headers of Standard Webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from puhui.access.partners.domain import GONE
from puhui.journeys.notify_partner import EventType
from puhui.web.partner_api.fields import Currency, Id, Out, PositiveMinor

Node = dict[str, Any]
REF = "#/components/schemas/{model}"


class DecisionData(Out):
    """An application was decided."""

    customer_id: Id
    application_id: Id
    verdict: Literal["approved", "declined", "referred"]


class ContractData(Out):
    """A contract was signed, and its loan opened."""

    customer_id: Id
    contract_id: Id
    quote_id: Id
    loan_id: Id


class PaymentData(Out):
    """Money of a loan moved, did not move, or came back."""

    customer_id: Id
    loan_id: Id
    order_id: Id
    amount_minor: PositiveMinor
    currency: Currency


class ClosureData(Out):
    """A loan is over."""

    customer_id: Id
    loan_id: Id
    state: Literal["closed", "withdrawn"]


class CaseData(Out):
    """A case was opened."""

    customer_id: Id
    case_id: Id
    number: str
    kind: Literal["complaint", "question", "help"]
    due_at: datetime


DATA: dict[EventType, type[Out]] = {
    EventType.APPLICATION_DECIDED: DecisionData,
    EventType.CONTRACT_SIGNED: ContractData,
    EventType.LOAN_PAID_OUT: PaymentData,
    EventType.LOAN_CANCELLED: PaymentData,
    EventType.PAYMENT_RECEIVED: PaymentData,
    EventType.PAYMENT_RETURNED: PaymentData,
    EventType.LOAN_CLOSED: ClosureData,
    EventType.CASE_OPENED: CaseData,
}
SAYS: dict[EventType, tuple[str, str]] = {
    EventType.APPLICATION_DECIDED: ("Her application was decided", "她的申请有了结论"),
    EventType.CONTRACT_SIGNED: ("She signed a contract", "她签了合同"),
    EventType.LOAN_PAID_OUT: ("The money of a loan was paid out", "贷款已放款"),
    EventType.LOAN_CANCELLED: (
        "The money did not arrive, and the loan was cancelled",
        "款项未能到账，贷款已取消",
    ),
    EventType.PAYMENT_RECEIVED: ("A payment of hers arrived", "收到她的还款"),
    EventType.PAYMENT_RETURNED: ("Her bank took a payment back", "她的银行退回了一笔还款"),
    EventType.LOAN_CLOSED: ("A loan is paid off or was taken back", "贷款已结清，或已反悔退回"),
    EventType.CASE_OPENED: (
        "A complaint, a question or a request for help was opened",
        "有新的投诉、提问或求助",
    ),
}
HEADERS = (
    ("webhook-id", {"type": "string"}, "The event's id: the same for every attempt and replay. Drop what you have already."),
    (
        "webhook-timestamp",
        {"type": "string", "pattern": "^[0-9]{1,12}$"},
        "When this call was made, in seconds since 1970; within 5 minutes of your clock.",
    ),
    (
        "webhook-signature",
        {"type": "string", "pattern": "^v1,"},
        "`v1,` and a base64 signature, one for each secret that holds, separated by blanks.",
    ),
)  # fmt: skip


def described() -> Node:
    """This function will return the `webhooks` of the description, without their examples."""
    return {type.value: {"post": _call(type)} for type in EventType}


def schemas() -> Node:
    """This function will return the shapes of what events say, by name."""
    found: Node = {}
    for model in dict.fromkeys(DATA.values()):
        shape = model.model_json_schema(ref_template=REF, mode="serialization")
        found[model.__name__] = shape
    return found


def _call(type: EventType) -> Node:
    english, chinese = SAYS[type]
    body: Node = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": type.value},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": {"$ref": REF.format(model=DATA[type].__name__)},
        },
    }
    return {
        "operationId": f"on_{type.value.replace('.', '_')}",
        "summary": english,
        "x-summary-zh": chinese,
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": shape, "description": says}
            for name, shape, says in HEADERS
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Taken."},
            str(GONE): {"description": "The endpoint is closed: nothing more is sent to it."},
            "default": {"description": "Not taken: it is sent again."},
        },
    }
