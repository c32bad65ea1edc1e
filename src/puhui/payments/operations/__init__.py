"""Write verbs of payments. Each locks and re-reads inside the caller's transaction; none talks to the rail."""

from puhui.payments.operations.accounts import (
    AccountNotVerified,
    BankNameMissing,
    MandateAlreadyActive,
    MandateWithoutConsent,
    agree_mandate,
    bind_account,
    withdraw_mandate,
)
from puhui.payments.operations.orders import (
    SEND,
    OrderAmountInvalid,
    open_attempt,
    open_order,
    record_absent,
    record_outcome,
    record_submitted,
)
from puhui.payments.operations.statements import (
    ItemAlreadyClosed,
    ItemHowMissing,
    ItemNotFound,
    StatementAlreadyRecorded,
    close_discrepancy,
    close_suspense,
    record_statement,
)

__all__ = [
    "SEND",
    "AccountNotVerified",
    "BankNameMissing",
    "ItemAlreadyClosed",
    "ItemHowMissing",
    "ItemNotFound",
    "MandateAlreadyActive",
    "MandateWithoutConsent",
    "OrderAmountInvalid",
    "StatementAlreadyRecorded",
    "agree_mandate",
    "bind_account",
    "close_discrepancy",
    "close_suspense",
    "open_attempt",
    "open_order",
    "record_absent",
    "record_outcome",
    "record_statement",
    "record_submitted",
    "withdraw_mandate",
]
