"""What becomes of a paper: it counts, it does not and why, or a person looks at it. Pure.

What is certain is answered at once. What was read from a picture and is not certain is never refused by a machine: a
person sees the fields side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from puhui.core.canonical import content_hash
from puhui.customers.domain import check_character
from puhui.evidence.domain.kinds import EvidenceKind, Trust
from puhui.evidence.domain.papers import PaperForm
from puhui.evidence.domain.proofs import EvidenceRecord, Person, check_record
from puhui.evidence.domain.reading import SURE, PaperContent, PaperReading, PaperSignature

NEAR = 2  # characters of a number that a reading may have got wrong
ROWS_TELL = 3  # so many amounts are not alike by chance
FEW = 2  # one paper that differs from another proof by more than this factor contradicts it
# What may be a misreading where it came from a picture; everything else is certain enough to be refused.
MAYBE_MISREAD = frozenset(
    {"OTHER_PERSON", "FROM_FUTURE", "FIELD_MISSING", "FIELD_IMPLAUSIBLE", "SUM_WRONG", "NOT_UNDERSTOOD"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperVerdict:
    """What becomes of a paper."""

    record: EvidenceRecord | None  # what it says, None where too little was read to say it
    reason: str  # why it does not count or a person must look, "" where it counts
    person: bool  # whether a person must look
    prints: tuple[str, ...]  # what would be the same if somebody else showed the same paper


def judge_paper(
    content: PaperContent,
    reading: PaperReading,
    *,
    kind: EvidenceKind,
    form: PaperForm,
    person: Person,
    proven: Mapping[str, int],
    on_date: date,
) -> PaperVerdict:
    """This function will say what becomes of a paper; `proven` are her other proofs' facts by name.

    Reasons, in order: ALTERED, ISSUER_UNKNOWN, NOT_UNDERSTOOD, WRONG_KIND, TRUST_TOO_LOW, USED_ELSEWHERE, those of
    `check_record`, TAMPERED, UNSURE, CONTRADICTS.
    """
    prints = fingerprints(content, reading)
    reason = _signature_reason(content, form)
    if reason:
        return PaperVerdict(record=None, reason=reason, person=False, prints=prints)
    trust = Trust.SIGNED if content.signature is PaperSignature.GOOD else Trust.OCR
    if not reading.kind and not {"name", "number", "issued"} & set(reading.figures):
        return PaperVerdict(record=None, reason="NOT_UNDERSTOOD", person=False, prints=prints)
    if reading.kind and reading.kind != kind.code:
        return PaperVerdict(record=None, reason="WRONG_KIND", person=False, prints=prints)
    if trust not in kind.trusts:
        return PaperVerdict(record=None, reason="TRUST_TOO_LOW", person=False, prints=prints)
    if set(prints) & set(person.used_elsewhere):
        return PaperVerdict(record=None, reason="USED_ELSEWHERE", person=False, prints=prints)
    record = _record(content, reading, kind=kind, trust=trust)
    if record is None:
        reason = "FIELD_MISSING" if reading.kind else "NOT_UNDERSTOOD"
        return PaperVerdict(record=None, reason=reason, person=content.by_sight, prints=prints)
    reason = check_record(record, kind=kind, person=person, on_date=on_date)
    if reason:
        looked = content.by_sight and reason in MAYBE_MISREAD and not _surely_other(reading, person, reason)
        return PaperVerdict(record=record, reason=reason, person=looked, prints=prints)
    doubt = _doubt(content, reading, kind, proven)
    return PaperVerdict(record=record, reason=doubt, person=bool(doubt), prints=prints)


def fingerprints(content: PaperContent, reading: PaperReading) -> tuple[str, ...]:
    """This function will return hashes that the same paper has again, photographed or saved anew: its bytes, its
    serial number, and its dates with its amounts where there are enough of them to tell papers apart.
    """
    found = [content.sha256]
    serial, issued = reading.figures.get("serial"), reading.figures.get("issued")
    if serial is not None:
        found.append(content_hash(["serial", reading.kind, serial.value]))
    if issued is not None and len(reading.rows) >= ROWS_TELL:
        found.append(content_hash(["rows", reading.kind, str(issued.value), list(reading.rows)]))
    return tuple(found)


def _signature_reason(content: PaperContent, form: PaperForm) -> str:
    if content.signature is PaperSignature.ALTERED:
        return "ALTERED"
    if content.signature is PaperSignature.UNKNOWN:
        return "ISSUER_UNKNOWN"
    if content.signature is PaperSignature.GOOD and content.signer not in form.signers:
        return "ISSUER_UNKNOWN"
    return ""


def _record(
    content: PaperContent, reading: PaperReading, *, kind: EvidenceKind, trust: Trust
) -> EvidenceRecord | None:
    """The record, None where one of its parts was not read."""
    needed = ["name", "number", "issued", *(one.name for one in kind.fields)]
    if not reading.kind or any(name not in reading.figures for name in needed):
        return None
    values = {name: one.value for name, one in reading.figures.items()}
    issued = values["issued"]
    period = values.get("period", issued)
    assert isinstance(issued, date) and isinstance(period, date)
    return EvidenceRecord(
        kind=reading.kind,
        issuer=content.signer or "paper",
        trust=trust,
        genuine=True,
        name=str(values["name"]),
        number=str(values["number"]),
        issued_on=issued,
        period_end=period,
        fields={one.name: _whole(values[one.name]) for one in kind.fields},
        rows=reading.rows if kind.rows_sum else (),
        sha256=content.sha256,
    )


def _whole(value: int | str | date) -> int:
    assert isinstance(value, int)
    return value


def _surely_other(reading: PaperReading, person: Person, reason: str) -> bool:
    """Whether a paper read from a picture is certainly somebody else's: a sound number, far from hers, surely read."""
    if reason != "OTHER_PERSON":
        return False
    number = str(reading.figures["number"].value)
    apart = sum(a != b for a, b in zip(number, person.number, strict=False))
    return reading.figures["number"].sure >= SURE and apart > NEAR and _is_sound(number)


def _is_sound(number: str) -> bool:
    return len(number) == 18 and check_character(number[:17]) == number[17]


def _doubt(
    content: PaperContent, reading: PaperReading, kind: EvidenceKind, proven: Mapping[str, int]
) -> str:
    if content.marks:
        return "TAMPERED"
    needed = ["name", "number", "issued", *(one.name for one in kind.fields)]
    sure = [reading.figures[name].sure for name in needed] + [reading.rows_sure]
    if content.by_sight and min(sure) < SURE:
        return "UNSURE"
    for fact in kind.facts:
        other = proven.get(fact.fact)
        if other is None or not fact.per:
            continue
        value = _whole(reading.figures[fact.field].value) // max(1, _whole(reading.figures[fact.per].value))
        if max(value, other) > FEW * min(value, other):
            return "CONTRADICTS"
    return ""
