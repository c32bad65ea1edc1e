"""What is asked of protection: the house policy of a day, rules, consent texts, consents and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from puhui.core.calendars import HolidayCalendar, join_years, parse_calendar_year
from puhui.protection.domain import (
    Case,
    CaseEvent,
    CaseState,
    Consent,
    ConsentPurpose,
    ConsentText,
    ConsentTexts,
    HousePolicy,
    LetterKind,
    LetterText,
    PolicyInvalid,
    RulePack,
    RuleRow,
    letter_in_force,
    parse_consent_texts,
    parse_house_policy,
    parse_letters,
    parse_purpose,
    parse_rule_pack,
    refuse_gaps_between,
    rule_in_force,
    strictest,
)
from puhui.protection.models import CaseEventRow, CaseRow, ConsentRow
from puhui.protection.policy_files import PolicyFiles
from puhui.runtime.rows import Look, find_row, in_utc, list_rows, prepared
from puhui.runtime.sealing import unseal


class HousePolicyMissing(LookupError):
    """No house policy is valid on the day: the deployment has no right to lend then. Never a customer's fault."""


class CaseUnknown(LookupError):
    """There is no case of this id."""


@dataclass(slots=True, kw_only=True)
class _Policies:
    """Everything parsed of policies/rules and policies/house."""

    packs: dict[str, RulePack]  # by jurisdiction
    by_place: dict[str, tuple[HousePolicy, ...]]  # newest first
    joined: dict[tuple[str, ...], HousePolicy] = field(
        default_factory=dict
    )  # strictest, by the hashes joined


def _load(texts: Mapping[str, str]) -> _Policies:
    packs: dict[str, RulePack] = {}
    for name, text in texts.items():
        if name.startswith("rules/"):
            pack = parse_rule_pack(text, file=name)
            if pack.jurisdiction in packs:
                raise PolicyInvalid(f"a second pack of {pack.jurisdiction}", file=name)
            packs[pack.jurisdiction] = pack
    policies = [
        parse_house_policy(text, packs=packs, file=name)
        for name, text in texts.items()
        if name.startswith("house/")
    ]
    refuse_gaps_between(policies)
    policies.sort(key=lambda policy: policy.valid_from, reverse=True)
    return _Policies(
        packs=packs,
        by_place={
            place: tuple(p for p in policies if p.jurisdiction == place)
            for place in {p.jurisdiction for p in policies}
        },
    )


def _load_consents(texts: Mapping[str, str]) -> tuple[ConsentTexts, ...]:
    found = [parse_consent_texts(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: one.valid_from, reverse=True))


_policies: PolicyFiles[_Policies] = PolicyFiles("house", "rules", load=_load)


def _load_letters(texts: Mapping[str, str]) -> tuple[LetterText, ...]:
    return tuple(one for name, text in texts.items() for one in parse_letters(text, file=name))


_letters: PolicyFiles[tuple[LetterText, ...]] = PolicyFiles("letters", load=_load_letters)
_consent_texts: PolicyFiles[tuple[ConsentTexts, ...]] = PolicyFiles("consents", load=_load_consents)


def get_house_policy(*, jurisdiction: str, on_date: date) -> HousePolicy:
    """This function will return the house policy of a jurisdiction on a day; an unknown jurisdiction gets the strictest.

    Parsed once; warm it costs a few microseconds. Raises: HousePolicyMissing when the jurisdiction is known but has no
    policy on that day; PolicyInvalid when a file cannot be meant.
    """
    loaded = _policies.get()
    versions = loaded.by_place.get(jurisdiction)
    if versions is None:
        return _strictest(loaded, on_date)
    for policy in versions:
        if policy.valid_on(on_date):
            return policy
    raise HousePolicyMissing(f"{jurisdiction} on {on_date}")


def _strictest(loaded: _Policies, on_date: date) -> HousePolicy:
    valid = [p for versions in loaded.by_place.values() for p in versions if p.valid_on(on_date)]
    if not valid:
        raise HousePolicyMissing(f"no house policy at all on {on_date}")
    currency = settings.LENDER["currency"]
    key = (currency, *sorted(policy.hash for policy in valid))
    if key not in loaded.joined:
        valid.sort(key=lambda policy: policy.id)
        loaded.joined[key] = strictest(valid, currency=currency)
    return loaded.joined[key]


def list_house_policies() -> tuple[HousePolicy, ...]:
    """This function will return every house policy, by jurisdiction, newest first."""
    loaded = _policies.get()
    return tuple(policy for place in sorted(loaded.by_place) for policy in loaded.by_place[place])


def get_rule(*, id: str, on_date: date) -> RuleRow:
    """This function will return the row `id` of any pack in force on a day. Raises: RuleUnknown."""
    return rule_in_force(_policies.get().packs, id, on_date)


def list_rules(*, jurisdiction: str) -> tuple[RuleRow, ...]:
    """This function will return all rows of a jurisdiction's pack, () for an unknown one."""
    pack = _policies.get().packs.get(jurisdiction)
    return pack.rows if pack else ()


def get_letter(*, kind: LetterKind, jurisdiction: str, on_date: date) -> LetterText:
    """This function will return the text of a letter in force on a day. Raises: LookupError when there is none."""
    return letter_in_force(_letters.get(), kind=kind, jurisdiction=jurisdiction, on_date=on_date)


def list_letters() -> tuple[LetterText, ...]:
    """This function will return every letter of every pack."""
    return _letters.get()


def get_consent_texts(*, on_date: date) -> ConsentTexts:
    """This function will return the consent texts in force on a day. Raises: LookupError when there are none."""
    for texts in _consent_texts.get():
        if texts.valid_on(on_date):
            return texts
    raise LookupError(f"no consent texts on {on_date}")


def get_consent_text(*, purpose: str, version: str) -> ConsentText:
    """This function will return the text of a purpose in a version, as she read it.

    Raises: ConsentPurposeUnknown; LookupError for an unknown version.
    """
    wanted = parse_purpose(purpose)
    for texts in _consent_texts.get():
        if texts.version == version:
            return texts.texts[wanted]
    raise LookupError(f"no consent texts of version {version}")


def list_consents(customer_id: str) -> tuple[Consent, ...]:
    """This function will return all consents of a customer, withdrawn ones too, oldest first."""
    rows = list_rows(ConsentRow, order=("given_at", "id"), customer_id=customer_id)
    return tuple(row.to_domain() for row in rows)


def look_at_given(customer_id: str, at: datetime) -> Look:
    """This function will return the look that tells since when each purpose has had a consent in force at an instant.

    It reads a mapping of purpose to instant; of several subjects of one purpose the first counts.
    """
    return Look(
        sql="SELECT purpose, given_at FROM protection_consent WHERE customer_id = %s AND given_at <= %s "
        "AND (withdrawn_at IS NULL OR withdrawn_at > %s) ORDER BY given_at DESC, id DESC",
        values=[customer_id, prepared(at), prepared(at)],
        read=lambda rows: {ConsentPurpose(purpose): in_utc(given_at) for purpose, given_at in rows},
    )


def has_consent(customer_id: str, purpose: str, at: datetime, *, subject: str | None = None) -> bool:
    """This function will tell whether a consent was in force at an instant (of one subject, or of any)."""
    rows = ConsentRow.objects.filter(
        Q(withdrawn_at=None) | Q(withdrawn_at__gt=at),
        customer_id=customer_id,
        purpose=parse_purpose(purpose).value,
        given_at__lte=at,
    )
    return (rows if subject is None else rows.filter(subject=subject)).exists()


def list_purposes_in_force(customer_id: str, at: datetime) -> frozenset[str]:
    """This function will return every purpose with a consent in force at an instant, in one query."""
    return frozenset(one.purpose.value for one in list_consents(customer_id) if one.in_force(at))


def is_use_covered(customer_id: str, purpose: ConsentPurpose, use: str, at: datetime) -> bool:
    """This function will tell whether a consent in force at an instant names a use in the words that she read.

    A consent keeps the meaning of its text: one given under an earlier text covers no more than that said.
    """
    return any(
        use in get_consent_text(purpose=one.purpose, version=one.text_version).covers
        for one in list_consents(customer_id)
        if one.purpose is purpose and one.in_force(at)
    )


def _case(row: CaseRow) -> Case:
    return row.to_domain(text=unseal(row.text_sealed))


def find_case(id: str) -> Case | None:
    """This function will return a case by id, None when there is none."""
    row = find_row(CaseRow, id=id)
    return _case(row) if row else None


def get_case(id: str) -> Case:
    """This function will return a case by id. Raises: CaseUnknown."""
    case = find_case(id)
    if case is None:
        raise CaseUnknown(id)
    return case


def list_cases(
    customer_id: str | None = None, state: str | None = None, *, open_only: bool = False, limit: int = 200
) -> tuple[Case, ...]:
    """This function will return cases, the nearest deadline first: of one customer, in one state, or open at all."""
    rows = CaseRow.objects.order_by("due_at", "id")
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    if state is not None:
        rows = rows.filter(state=CaseState(state).value)
    if open_only:
        rows = rows.filter(state__in=[CaseState.OPEN.value, CaseState.IN_WORK.value])
    return tuple(_case(row) for row in rows[:limit])


def list_case_events(case_id: str) -> tuple[CaseEvent, ...]:
    """This function will return what happened to a case, in order, texts unsealed."""
    rows = CaseEventRow.objects.filter(case_id=case_id).order_by("seq")
    return tuple(row.to_domain(text=unseal(row.text_sealed) if row.text_sealed else "") for row in rows)


def list_case_openings(*, kind: str, until: datetime) -> list[datetime]:
    """This function will return when each case of a kind was opened, up to an instant, oldest first. One query."""
    rows = CaseRow.objects.filter(kind=kind, opened_at__lte=until).order_by("opened_at")
    return list(rows.values_list("opened_at", flat=True))


def find_case_by_number(number: str) -> Case | None:
    """This function will return a case by the number that people read aloud, None when there is none."""
    row = find_row(CaseRow, number=number)
    return _case(row) if row else None


@lru_cache(maxsize=8)
def _calendar(files: tuple[tuple[str, str], ...]) -> HolidayCalendar:
    return join_years([parse_calendar_year(text, file=name) for name, text in files], strict=False)


def get_calendar(*, jurisdiction: str) -> HolidayCalendar | None:
    """This function will return the public holidays of a jurisdiction, None where no year of it is stored.

    A year without a file knows only its weekends: plans reach further than official arrangements do. Raises:
    CalendarInvalid for a file that does not parse.
    """
    folder = Path(settings.POLICIES_DIR) / "calendars"
    found = sorted(folder.glob(f"{jurisdiction.lower()}-*.toml"))
    if not found:
        return None
    return _calendar(tuple((path.name, path.read_text(encoding="utf-8")) for path in found))
