"""Why a running loan is not changed now: each names what can be done instead."""

from __future__ import annotations

from puhui.core.refusals import InputRefused, Refusal


class ChangesNotOffered(Refusal):
    """The house has no rules for changes on that day."""

    status = 409


class ChangeLoanNotRunning(Refusal):
    """The money is not out yet, or the loan has ended."""

    field = "loan"
    status = 409


class ChangeContractTooOld(Refusal):
    """The contract was signed under rules that know payments only."""

    field = "loan"
    status = 409


class ChangeWhileLate(Refusal):
    """A payment is late: a change would not help; relief does."""

    field = "loan"
    status = 409


class ChangeWhileDue(Refusal):
    """A payment is due today; it comes first."""

    field = "loan"
    status = 409


class ChangeWhileFrozen(Refusal):
    """The loan is frozen because she asked for help."""

    field = "loan"
    status = 409


class ChangeUnderRelief(Refusal):
    """A relief plan holds for the loan; it is changed by relief."""

    field = "loan"
    status = 409


class ChangeNothingAhead(Refusal):
    """No payment is due later than today."""

    field = "loan"
    status = 409


class ChangeNothingAsked(InputRefused):
    """What is asked for is what the loan already has."""

    field = "change"


class ChangePaymentsNotOffered(InputRefused):
    """So many payments are not offered."""

    field = "payments"


class ChangeFeesFixed(InputRefused):
    """Fees come with each instalment, so their number stays."""

    field = "payments"


class ChangeTooSoon(InputRefused):
    """It was changed a short while ago."""

    field = "change"
    status = 409


class ChangeRateNotLower(InputRefused):
    """The rate that is asked for is not below the loan's."""

    field = "annual_rate"


class ChangePriceStays(InputRefused):
    """Today's answer is not below the loan's rate."""

    field = "lower_price"
    status = 409


class ChangeNotAffordable(InputRefused):
    """The highest payment is more than her month bears, and more than it is today."""

    field = "payments"


class ChangeCostAboveCap(InputRefused):
    """The whole loan would cost more a year than the house allows."""

    field = "change"


class ChangeNotFound(Refusal):
    """There is no such change."""

    field = "change"
    status = 404


class ChangeNotYours(Refusal):
    """The change was quoted to another customer. Answered like one that does not exist."""

    field = "change"
    status = 404


class ChangeAltered(Refusal):
    """What is stored of the change is not what the house signed."""

    field = "change"
    status = 409


class ChangeAlreadySigned(Refusal):
    """It was signed before."""

    field = "change"
    status = 409


class ChangeExpired(Refusal):
    """The last instant at which it could be signed has passed."""

    field = "change"
    status = 409


class ChangeStale(Refusal):
    """Something happened to the loan since it was worked out."""

    field = "change"
    status = 409
