"""Evidence kinds as reviewed text: what is read of a document and why, read strictly from a dated file.

An unknown field, a wrong type, a fact from a field that is not read, a kind that moves nothing: each stops the whole
file with its name, row and line, before anybody is asked for anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from puhui.core.canonical import content_hash
from puhui.core.dated import HouseText
from puhui.protection.domain import Bilingual
from puhui.protection.domain.bilingual import take_bilingual
from puhui.protection.domain.strict import OPEN, PolicyInvalid, StrictFile, StrictTable

PREFIX = "proof."  # every fact that comes from a proof begins so
NAME = re.compile(r"[a-z][a-z0-9_]*")
MOST_DAYS = 3660


class Trust(Enum):
    """How we know that a record is genuine, the strongest first."""

    SIGNED = "signed"  # a document with its issuer's signature
    ISSUER = "issuer"  # read from the issuer itself
    OCR = "ocr"  # read from a picture
    DECLARED = "declared"  # she says so


RANK = {trust: place for place, trust in enumerate(Trust)}  # smaller is stronger


class Dial(Enum):
    """What can be talked about: 惠, 慧, 会."""

    PRICE = "price"
    LIMIT = "limit"
    REPAYMENT = "repayment"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceField:
    """One figure that is read of a record."""

    name: str  # stable name; its unit stands at its end (_minor)
    least: int  # smallest plausible value
    most: int  # largest plausible value


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFact:
    """One fact that a record yields."""

    fact: str  # name of the fact, "proof.…"
    field: str  # field that it is
    per: str  # field that it is divided by (rounded down), "" for none


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceKind:
    """One kind of record that can be shown."""

    code: str  # stable name ("income_tax")
    name: Bilingual  # what people call it
    why: Bilingual  # what it shows
    reads: Bilingual  # what is read
    leaves: Bilingual  # what is not read
    minutes: int  # how long giving it takes
    dials: tuple[Dial, ...]  # what it can move
    trusts: tuple[Trust, ...]  # how it may come, the strongest first; never DECLARED
    valid_days: int  # it counts for so many days after its issue
    period_days: int  # the period that it speaks of ends at most so many days before its issue
    retention_days: int  # what was read is deleted so many days after it was given
    rows_sum: str  # field that the record's rows add up to, "" where it has no rows
    rows_count: str  # field that counts the record's rows, "" where it has no rows
    fields: tuple[EvidenceField, ...]  # what is read
    facts: tuple[EvidenceFact, ...]  # what it yields


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceKinds(HouseText):
    """All kinds in force from one day to another."""

    kinds: dict[str, EvidenceKind]  # by code, in the order of the page


def parse_evidence_kinds(text: str, *, file: str) -> EvidenceKinds:
    """This function will compile a file of evidence kinds; `file` names it in errors. Raises: PolicyInvalid."""
    source = StrictFile(text, file=file)
    head = source.table("evidence")
    jurisdiction, version = head.text("jurisdiction"), head.text("version")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    head.done()
    if not file.endswith(f"{version}.toml"):
        raise head.invalid("version and the name of the file must be one day")
    if valid_to is not None and valid_to <= valid_from:
        raise head.invalid("valid_to is not after valid_from")
    kinds: dict[str, EvidenceKind] = {}
    for row in source.rows("kind", called="code"):
        kind = _kind(row)
        if kind.code in kinds:
            raise row.invalid("the kind is stated twice")
        kinds[kind.code] = kind
    source.done()
    if not kinds:
        raise PolicyInvalid("no [[kind]]", file=file)
    return EvidenceKinds(
        jurisdiction=jurisdiction,
        version=version,
        sha256=content_hash(text.encode()),
        valid_from=valid_from,
        valid_to=valid_to,
        kinds=kinds,
    )


def _kind(row: StrictTable) -> EvidenceKind:
    fields = tuple(_field(one) for one in row.tables("fields"))
    facts = tuple(_fact(one) for one in row.tables("facts"))
    kind = EvidenceKind(
        code=row.text("code"),
        name=take_bilingual(row, "name"),
        why=take_bilingual(row, "why"),
        reads=take_bilingual(row, "reads"),
        leaves=take_bilingual(row, "leaves"),
        minutes=row.integer("minutes"),
        dials=tuple(Dial(_listed(row, one, Dial, "dials")) for one in row.texts("dials", required=True)),
        trusts=tuple(Trust(_listed(row, one, Trust, "trusts")) for one in row.texts("trusts", required=True)),
        valid_days=row.integer("valid_days"),
        period_days=row.integer("period_days"),
        retention_days=row.integer("retention_days"),
        rows_sum=row.text_or("rows_sum", ""),
        rows_count=row.text_or("rows_count", ""),
        fields=fields,
        facts=facts,
    )
    row.done()
    _check(kind, row)
    return kind


def _listed(row: StrictTable, text: str, kind: type[Enum], key: str) -> str:
    allowed = [one.value for one in kind]
    if text not in allowed:
        raise row.invalid(f"{key} names {text!r}, not one of {', '.join(allowed)}")
    return text


def _field(row: StrictTable) -> EvidenceField:
    found = EvidenceField(name=row.text("name"), least=row.integer("least"), most=row.integer("most"))
    row.done()
    if not NAME.fullmatch(found.name):
        raise row.invalid(f"{found.name!r} is no name; write small letters, digits and _")
    if found.least > found.most:
        raise row.invalid("least is more than most")
    return found


def _fact(row: StrictTable) -> EvidenceFact:
    found = EvidenceFact(fact=row.text("fact"), field=row.text("field"), per=row.text_or("per", ""))
    row.done()
    if not found.fact.startswith(PREFIX):
        raise row.invalid(f"the fact {found.fact!r} does not begin with {PREFIX!r}")
    return found


def _check(kind: EvidenceKind, row: StrictTable) -> None:
    if not NAME.fullmatch(kind.code):
        raise row.invalid(f"{kind.code!r} is no code; write small letters, digits and _")
    names = [one.name for one in kind.fields]
    if not names or len(set(names)) != len(names):
        raise row.invalid("fields are missing or named twice")
    if len({one.fact for one in kind.facts}) != len(kind.facts):
        raise row.invalid("a fact is yielded twice")
    used = [one.field for one in kind.facts] + [one.per for one in kind.facts if one.per]
    used += [one for one in (kind.rows_sum, kind.rows_count) if one]
    if strangers := [one for one in used if one not in names]:
        raise row.invalid(f"{strangers[0]!r} is not one of the fields that are read")
    least = {one.name: one.least for one in kind.fields}
    if divisors := [one.per for one in kind.facts if one.per and least[one.per] < 1]:
        raise row.invalid(f"{divisors[0]} divides and may be 0")
    if bool(kind.rows_sum) != bool(kind.rows_count):
        raise row.invalid("rows_sum and rows_count go together")
    if not kind.dials or (kind.dials != (Dial.REPAYMENT,) and not kind.facts):
        raise row.invalid("it moves no dial: name dials and the facts that move them")
    if not kind.trusts or Trust.DECLARED in kind.trusts:
        raise row.invalid("trusts is empty, or counts what is merely declared as proven")
    if list(kind.trusts) != sorted(kind.trusts, key=RANK.__getitem__):
        raise row.invalid("trusts does not begin with the strongest")
    for name in ("minutes", "valid_days", "period_days", "retention_days"):
        if not 1 <= getattr(kind, name) <= MOST_DAYS:
            raise row.invalid(f"{name} is not between 1 and {MOST_DAYS}")
    if kind.retention_days > kind.valid_days:
        raise row.invalid("retention_days is longer than valid_days: what no longer counts is not kept")
