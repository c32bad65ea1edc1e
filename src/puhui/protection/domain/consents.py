"""Consent: for one purpose, under one version of a text, from an instant until it is withdrawn.

Sources: Personal Information Protection Law of China, Art 13–17, 23, 29 (CN-PIPL-01, -04); Regulation on the credit
reporting industry, Art 18 (CN-CR-04: a credit report needs consent of its own with a stated purpose).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from puhui.core.canonical import content_hash
from puhui.core.refusals import Refusal
from puhui.protection.domain.bilingual import Bilingual, take_bilingual
from puhui.protection.domain.strict import OPEN, StrictFile, StrictTable


class ConsentPurpose(StrEnum):
    """What a consent is for; one purpose each."""

    SERVICE = "service"
    IDENTITY = "identity"
    CREDIT_REPORT = "credit_report"
    AUTOMATED_DECISION = "automated_decision"
    CONTACT_SERVICE = "contact_service"
    REPORT_TO_BUREAU = "report_to_bureau"
    MARKETING = "marketing"
    MANDATE = "mandate"


LENDERS = "lenders"  # asking before a payout how much she owes, and asked for, elsewhere
USES = frozenset({LENDERS})  # what the words of a consent must name before it may be done under it


class ConsentPurposeUnknown(Refusal):
    """The purpose is not one that we ask consent for."""

    field = "purpose"
    status = 400


class ConsentNotGiven(Refusal):
    """There is no consent in force for this purpose, so none can be withdrawn or used."""

    field = "purpose"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent, given once and withdrawn at most once."""

    id: str  # text(26)
    customer_id: str  # who gave it
    purpose: ConsentPurpose  # what for
    text_version: str  # version of the text that she read
    subject: str  # what it is about where the purpose has several (an account id for a mandate), else empty
    given_at: datetime  # UTC, first instant
    withdrawn_at: datetime | None  # UTC, first instant no longer in force; None = still in force

    def in_force(self, at: datetime) -> bool:
        """Tell whether the consent is in force at an instant (half open)."""
        return self.given_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """What she reads before she gives a consent; no box is ever pre-ticked."""

    purpose: ConsentPurpose  # what for
    required: bool  # whether a loan is not possible without it
    title: Bilingual  # a few words
    what: Bilingual  # what is read, made or sent
    who: Bilingual  # who sees it
    how_long: Bilingual  # until when, and what is deleted
    if_refused: Bilingual  # what happens if she says no or withdraws
    rules: tuple[str, ...]  # rows of the rule pack that ask for it
    covers: tuple[str, ...]  # of USES, those that its words name beside the purpose itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTexts:
    """All consent texts in force from one day to another."""

    version: str  # the day of the texts ("2026-11-01")
    hash: str  # hex SHA-256 of the file's text
    valid_from: date  # first day
    valid_to: date | None  # first day no longer valid, None = open
    texts: dict[str, ConsentText]  # by purpose

    def valid_on(self, on_date: date) -> bool:
        """Tell whether these texts are in force on a day."""
        return self.valid_from <= on_date and (self.valid_to is None or on_date < self.valid_to)


def parse_consent_texts(text: str, *, file: str = "consents.toml") -> ConsentTexts:
    """This function will turn the text of a consent file into values, one for every purpose.

    Raises: PolicyInvalid naming file, row and line for an unknown or missing field, a wrong type, a purpose that is
    unknown, missing or stated twice.
    """
    whole = StrictFile(text, file=file)
    head = whole.table("consents")
    version = head.text("version")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    head.done()
    texts: dict[str, ConsentText] = {}
    for row in whole.rows("consent", called="purpose"):
        one = _parse_text(row)
        if one.purpose in texts:
            raise row.invalid("the purpose is stated twice")
        texts[one.purpose] = one
    whole.done()
    if missing := set(ConsentPurpose) - set(texts):
        raise head.invalid(f"no text for {', '.join(sorted(missing))}")
    return ConsentTexts(
        version=version,
        hash=content_hash(text.encode()),
        valid_from=valid_from,
        valid_to=valid_to,
        texts=texts,
    )


def _parse_text(row: StrictTable) -> ConsentText:
    one = ConsentText(
        purpose=ConsentPurpose(row.choice("purpose", frozenset(ConsentPurpose))),
        required=row.flag("required"),
        title=take_bilingual(row, "title"),
        what=take_bilingual(row, "what"),
        who=take_bilingual(row, "who"),
        how_long=take_bilingual(row, "how_long"),
        if_refused=take_bilingual(row, "if_refused"),
        rules=row.texts("rules", required=True),
        covers=row.texts("covers"),
    )
    row.done()
    if strange := [use for use in one.covers if use not in USES]:
        raise row.invalid(f"covers {strange[0]!r}, which is no use of ours")
    return one


def parse_purpose(text: str) -> ConsentPurpose:
    """This function will turn a typed purpose into one of ours. Raises: ConsentPurposeUnknown."""
    try:
        return ConsentPurpose(text)
    except ValueError:
        raise ConsentPurposeUnknown() from None
