"""She gives consent item by item, and withdraws it as easily."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.decisions.queries import look_at_last_decision
from puhui.journeys import account, house
from puhui.journeys.once import keep, recall
from puhui.protection import operations as protection
from puhui.protection import queries as rules
from puhui.protection.domain import LENDERS, Consent, ConsentPurpose, parse_purpose
from puhui.runtime.rows import Look, look_up
from puhui.runtime.transactions import transaction

# What an application, and then a signature, is not possible without, in the order in which it is asked for. Together
# they are the texts marked as required; without AUTOMATED_DECISION a person decides.
TO_APPLY = (
    ConsentPurpose.SERVICE,
    ConsentPurpose.IDENTITY,
    ConsentPurpose.CREDIT_REPORT,
    ConsentPurpose.CONTACT_SERVICE,
)
TO_SIGN = (
    ConsentPurpose.SERVICE,
    ConsentPurpose.IDENTITY,
    ConsentPurpose.CONTACT_SERVICE,
    ConsentPurpose.REPORT_TO_BUREAU,
)


class ConsentMissing(Refusal):
    """A consent that the act needs is not in force."""

    field = "consents"
    status = 409


def list_standing(*, customer_id: str, now: datetime) -> frozenset[str]:
    """This function will return every purpose that she agrees to now: what is in force and not used up. Two queries."""
    given, decided = look_up(*look_at_standing(customer_id=customer_id, now=now))
    return standing(given, decided)


def look_at_standing(*, customer_id: str, now: datetime) -> tuple[Look, Look]:
    """This function will return the two looks whose results `standing` takes."""
    return rules.look_at_given(customer_id, now), look_at_last_decision(customer_id)


def standing(given: Mapping[ConsentPurpose, datetime], decided: datetime | None) -> frozenset[str]:
    """This function will return every purpose agreed to: of those given, and since when, all that is not used up.

    `decided` is when an application of hers was last decided, None when none ever was.
    """
    report = ConsentPurpose.CREDIT_REPORT
    used = report in given and decided is not None and decided >= given[report]
    return frozenset(one.value for one in given if not (used and one is report))


def find_report_consent(*, customer_id: str, now: datetime) -> Consent | None:
    """This function will return her consent to the credit report of the application at hand, or None.

    It is given for one report: one given before another application was decided is used up.
    """
    return _unused_report([one for one in rules.list_consents(customer_id) if one.in_force(now)], customer_id)


def _unused_report(held: Sequence[Consent], customer_id: str) -> Consent | None:
    """Of consents in force, the one to a report that no decided application has used up."""
    report = next((one for one in held if one.purpose is ConsentPurpose.CREDIT_REPORT), None)
    if report is None:
        return None
    (decided,) = look_up(look_at_last_decision(customer_id))
    return report if decided is None or decided < report.given_at else None


def lacks_lenders(*, customer_id: str, now: datetime) -> bool:
    """This function will tell whether today's words name the look at other lenders and those she agreed to do not."""
    report = ConsentPurpose.CREDIT_REPORT
    today = rules.get_consent_texts(on_date=house.today(now)).texts[report]
    return LENDERS in today.covers and not rules.is_use_covered(customer_id, report, LENDERS, now)


def refuse_missing(
    *, customer_id: str, needed: Collection[ConsentPurpose], now: datetime, held: frozenset[str] | None = None
) -> None:
    """This function will return when all that is needed stands. Raises: ConsentMissing, naming the first that does not.

    `held` is what stands, for who has looked already.
    """
    if held is None:
        held = list_standing(customer_id=customer_id, now=now)
    for purpose in needed:
        if purpose not in held:
            title = rules.get_consent_texts(on_date=house.today(now)).texts[purpose].title
            raise ConsentMissing(purpose=purpose.value, title=title)


def give(*, customer_id: str, purposes: Sequence[str], key: str, now: datetime) -> tuple[Consent, ...]:
    """This function will record one consent for each purpose, under the text in force today.

    Raises: ConsentPurposeUnknown, KeyReusedWithOtherBody.
    """
    wanted = [parse_purpose(one) for one in purposes]
    version = rules.get_consent_texts(on_date=house.today(now)).version
    body = {"customer_id": customer_id, "purposes": wanted, "version": version}
    with transaction():
        if recall(scope="consent.give", key=key, body=body, now=now) is None:
            if ConsentPurpose.CREDIT_REPORT in wanted:
                _end_used_report(customer_id, now)
            protection.give_consents(
                ids={one: derive_id("consent", customer_id, key, one) for one in wanted},
                customer_id=customer_id,
                text_version=version,
                now=now,
            )
            keep(scope="consent.give", key=key, body=body, answer={}, now=now)
    return tuple(one for one in rules.list_consents(customer_id=customer_id) if one.purpose in wanted)


def _end_used_report(customer_id: str, now: datetime) -> None:
    """A new report needs a new consent, so one that is used up makes room for it."""
    used = find_report_consent(customer_id=customer_id, now=now) is None
    if used and ConsentPurpose.CREDIT_REPORT in rules.list_purposes_in_force(customer_id, now):
        protection.withdraw_consent(customer_id=customer_id, purpose=ConsentPurpose.CREDIT_REPORT, now=now)


def withdraw(*, customer_id: str, purpose: str, key: str, now: datetime) -> None:
    """This function will end a consent from `now` on; the one behind autopay ends autopay too.

    Raises: ConsentPurposeUnknown, ConsentNotGiven, MandateNotActive, KeyReusedWithOtherBody.
    """
    if parse_purpose(purpose) is ConsentPurpose.MANDATE:
        account.withdraw_mandate(customer_id=customer_id, key=key, now=now)
        return
    body = {"customer_id": customer_id, "purpose": parse_purpose(purpose)}
    with transaction():
        if recall(scope="consent.withdraw", key=key, body=body, now=now) is None:
            protection.withdraw_consent(customer_id=customer_id, purpose=parse_purpose(purpose), now=now)
            keep(scope="consent.withdraw", key=key, body=body, answer={}, now=now)
