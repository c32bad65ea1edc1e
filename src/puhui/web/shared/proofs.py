"""Why a paper does not count, or a person looks at it, in words, and what to do about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

# code: (what is the matter, what to do)
WORDS: dict[str, tuple[Any, Any]] = {
    "ALTERED": (
        lazy("The file was changed or added to after it was signed."),
        lazy("Download it again from the office and give us that file, unopened by any other program."),
    ),
    "ISSUER_UNKNOWN": (
        lazy("The signature does not come from an office that we know for this proof."),
        lazy("Give the file as the office itself signed it."),
    ),
    "NOT_GENUINE": (
        lazy("The record and its signature do not belong together."),
        lazy("Fetch it again from the office."),
    ),
    "TRUST_TOO_LOW": (
        lazy("For this proof a photograph or an unsigned file is not enough."),
        lazy("Give the signed PDF that the office offers for download."),
    ),
    "WRONG_KIND": (
        lazy("This is another kind of paper than the one you chose."),
        lazy("Give it under its own name, or choose the right file."),
    ),
    "OTHER_PERSON": (
        lazy("The name or the number on it is not yours."),
        lazy("Give a paper of your own. If your name changed, write to us."),
    ),
    "USED_ELSEWHERE": (
        lazy("The same paper was already given by somebody else."),
        lazy("If it is yours, write to us: a person will look at it."),
    ),
    "FROM_FUTURE": (
        lazy("Its date lies in the future."),
        lazy("Check the file, or fetch it again from the office."),
    ),
    "TOO_OLD": (
        lazy("It is too old, or speaks of a time too long ago."),
        lazy("Fetch a new one from the office and give that."),
    ),
    "FIELD_MISSING": (
        lazy("A figure that we need is not on it."),
        lazy("Give the whole paper with every field filled in."),
    ),
    "FIELD_IMPLAUSIBLE": (
        lazy("A figure on it cannot be right."),
        lazy("Ask the office to correct it, or give another proof."),
    ),
    "SUM_WRONG": (
        lazy("Its amounts do not add up to its total."),
        lazy("Give the whole paper as it was issued, all pages."),
    ),
    "NOT_UNDERSTOOD": (
        lazy("We could not read it as a paper in Chinese or English."),
        lazy("Give a paper in one of these languages, or a sharper picture of the whole page."),
    ),
    "UNREADABLE": (
        lazy("The file is broken and could not be opened."),
        lazy("Save it again, or take a new picture, and give it once more."),
    ),
    "PASSWORD": (
        lazy("The file is locked with a password."),
        lazy("Save a copy without a password and give that. Never send us a password."),
    ),
    "TOO_MANY_PAGES": (
        lazy("It has more than 20 pages."),
        lazy("Give the pages that show your name and the figures."),
    ),
    "PICTURE_TOO_LARGE": (
        lazy("The picture has too many dots to be unpacked."),
        lazy("Take it at the normal size of your phone."),
    ),
    "NOT_A_PAPER": (
        lazy("It is neither a PDF nor a picture."),
        lazy("Give a PDF, JPEG or PNG."),
    ),
    "TOO_MUCH_WORK": (
        lazy("The file takes far more work to open than a paper does, so we stopped."),
        lazy("Print or save it anew as PDF, or take a picture of it."),
    ),
    "TAMPERED": (
        lazy("The picture shows signs of having been worked on."),
        lazy("Take a picture of the paper itself and give that."),
    ),
    "CONTRADICTS": (
        lazy("It says something quite different from another proof of yours."),
        lazy("Check which one is right, and give us that."),
    ),
}
DOUBTS: dict[str, Any] = {
    "UNSURE": lazy("read unsurely"),
    "TAMPERED": lazy("signs of editing"),
    "CONTRADICTS": lazy("contradicts another proof"),
    "NO_READER": lazy("no reading program here"),
    "OTHER_PERSON": lazy("another name or number was read"),
    "SUM_WRONG": lazy("the amounts read do not add up"),
    "FIELD_MISSING": lazy("a figure was not found"),
    "FIELD_IMPLAUSIBLE": lazy("a figure cannot be right"),
    "FROM_FUTURE": lazy("a date in the future was read"),
    "NOT_UNDERSTOOD": lazy("the title was not understood"),
}
FIELDS: dict[str, Any] = {
    "name": lazy("Name"),
    "number": lazy("Resident number"),
    "issued": lazy("Issued on"),
    "period": lazy("Speaks of the time until"),
    "serial": lazy("Number of the record"),
    "months": lazy("Months"),
    "total_minor": lazy("In all, yuan"),
    "base_minor": lazy("Base, yuan"),
    "balance_minor": lazy("Mean balance, yuan"),
    "amount_minor": lazy("Amount, yuan"),
    "monthly_minor": lazy("Each month, yuan"),
    "count": lazy("How many"),
    "confirmed": lazy("Confirmed (1) or not (0)"),
    "days_since": lazy("Days since it happened"),
}


def why(reason: str) -> tuple[str, str]:
    """This function will return what is the matter with a paper and what to do; an unknown code has general words."""
    said = WORDS.get(reason)
    if said is None:
        return _("It could not be counted."), _("Give it again, or write to us.")
    return str(said[0]), str(said[1])


def doubt(reason: str) -> str:
    """This function will say in a few words why a person looks at a paper."""
    return str(DOUBTS.get(reason, reason))


def field_name(name: str) -> str:
    """This function will name a figure of a paper; one that is not known is shown as it is."""
    return str(FIELDS.get(name, name))


FACTS: dict[str, Any] = {
    "proof.income_monthly_minor": lazy("Income a month"),
    "proof.tax_months": lazy("Months taxed"),
    "proof.fund_months": lazy("Months of housing fund in a row"),
    "proof.fund_base_minor": lazy("Base of the housing fund"),
    "proof.insurance_months": lazy("Months insured"),
    "proof.salary_months": lazy("Months of salary"),
    "proof.balance_months": lazy("Months with money left"),
    "proof.balance_average_minor": lazy("Mean balance"),
    "proof.bill_months": lazy("Bills on time, months"),
    "proof.rent_months": lazy("Rent on time, months"),
    "proof.employment_months": lazy("Months employed"),
    "proof.settled_count": lazy("Loans settled"),
    "proof.settled_monthly_minor": lazy("No longer paid each month"),
    "proof.education": lazy("Education confirmed"),
    "proof.invoice_minor": lazy("Amount of the invoice"),
}


def fact_name(name: str) -> str:
    """This function will name what a proof shows; one that is not known is shown as it is."""
    return str(FACTS.get(name, name))
