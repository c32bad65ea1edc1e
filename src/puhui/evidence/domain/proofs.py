"""A record that was given: what it says, whether it may count, and which facts it yields. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Protocol

from puhui.core.refusals import Refusal
from puhui.evidence.domain.cohorts import Cohort
from puhui.evidence.domain.kinds import RANK, EvidenceKind, Trust
from puhui.facts.domain import Fact

PURPOSE = "service"  # giving a proof is part of the loan that she asked for; each proof is given by an act of its own


class ProofState(Enum):
    """Where a proof stands."""

    ASKED = "asked"  # she gave it, its source is being asked
    CHECKING = "checking"  # a paper of which a person looks at the fields
    ACCEPTED = "accepted"  # read, checked, counting
    REFUSED = "refused"  # read, and not what it should be; nothing changed by it
    WITHDRAWN = "withdrawn"  # taken back; what was read is deleted


# The one table of transitions; an act that is not in it is refused.
TRANSITIONS: dict[tuple[ProofState | None, str], ProofState] = {
    (None, "give"): ProofState.ASKED,
    (ProofState.ASKED, "accept"): ProofState.ACCEPTED,
    (ProofState.ASKED, "refuse"): ProofState.REFUSED,
    (ProofState.ASKED, "withdraw"): ProofState.WITHDRAWN,
    (ProofState.ASKED, "refer"): ProofState.CHECKING,
    (ProofState.CHECKING, "accept"): ProofState.ACCEPTED,
    (ProofState.CHECKING, "refuse"): ProofState.REFUSED,
    (ProofState.CHECKING, "withdraw"): ProofState.WITHDRAWN,
    (ProofState.ACCEPTED, "withdraw"): ProofState.WITHDRAWN,
}


STANDING = (ProofState.ASKED, ProofState.CHECKING, ProofState.ACCEPTED)  # given and not taken back


class ProofActNotAllowed(Refusal):
    """The proof stands where this act is not possible."""

    field = "proof"
    status = 409


class EvidenceKindUnknown(Refusal):
    """There is no such kind of proof."""

    field = "kind"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """What a source or a document says, before anybody believed it."""

    kind: str  # code of the evidence kind
    issuer: str  # who issued it
    trust: Trust  # how we know
    genuine: bool  # whether signature or source was found in order
    name: str  # whose, as written; compared and not kept
    number: str  # whose resident number, as written; compared and not kept
    issued_on: date  # day of issue
    period_end: date  # last day that it speaks of
    fields: Mapping[str, int]  # what was read
    rows: tuple[int, ...]  # single figures that add up, () where it has none
    sha256: str  # content hash of what came


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One proof as it stands."""

    id: str  # 26 characters
    customer_id: str  # who gave it
    kind: str  # code of the evidence kind
    kinds_version: str  # day of the file of kinds that it was given under
    state: ProofState  # where it stands
    trust: Trust | None  # how we know, None before it was read
    fields: Mapping[str, int]  # what was read; empty before reading and after deletion
    issued_on: date | None  # day of issue, None before it was read
    valid_until: date | None  # last day on which it counts, None before it was read
    delete_on: date | None  # day on which what was read is deleted, None before it was read
    reason: str  # code of why it was refused, "" otherwise
    given_at: datetime  # when she gave it
    read_at: datetime | None  # when it was read
    withdrawn_at: datetime | None  # when she took it back

    def counts_on(self, on_date: date) -> bool:
        """Tell whether it yields facts on a business date."""
        return (
            self.state is ProofState.ACCEPTED
            and bool(self.fields)
            and self.valid_until is not None
            and on_date <= self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a record must be about, and what else is known to compare it with."""

    name: str  # her name
    number: str  # her resident number
    used_elsewhere: Collection[str]  # hashes of records that other customers gave


class EvidenceUnavailable(Exception):
    """The source did not answer. Not a refusal of anybody: the worker asks again later under the same key."""


class EvidenceIssuer(Protocol):
    """A source of records, ours or a provider's."""

    source: str  # how its records are marked

    def record(
        self, *, kind: EvidenceKind, cohort: Cohort, name: str, number: str, on_date: date, now: datetime
    ) -> EvidenceRecord:
        """Fetch the record of this kind about the person of this number. Raises: EvidenceUnavailable."""


def next_state(state: ProofState | None, act: str) -> ProofState:
    """This function will return the state after `act`. Raises: ProofActNotAllowed for a pair not in the table."""
    if (state, act) not in TRANSITIONS:
        raise ProofActNotAllowed(state=state.value if state else "", act=act)
    return TRANSITIONS[state, act]


def check_record(record: EvidenceRecord, *, kind: EvidenceKind, person: Person, on_date: date) -> str:
    """This function will return why a record does not count, as a code, or "" where it does; the gravest comes first.

    In order: NOT_GENUINE, TRUST_TOO_LOW, WRONG_KIND, OTHER_PERSON, USED_ELSEWHERE, FROM_FUTURE, TOO_OLD, FIELD_MISSING,
    FIELD_IMPLAUSIBLE, SUM_WRONG.
    """
    if not record.genuine:
        return "NOT_GENUINE"
    if record.trust not in kind.trusts:
        return "TRUST_TOO_LOW"
    if record.kind != kind.code:
        return "WRONG_KIND"
    if record.name != person.name or record.number != person.number:
        return "OTHER_PERSON"
    if record.sha256 in person.used_elsewhere:
        return "USED_ELSEWHERE"
    if record.issued_on > on_date or record.period_end > record.issued_on:
        return "FROM_FUTURE"
    if (on_date - record.issued_on).days > kind.valid_days:
        return "TOO_OLD"
    if (record.issued_on - record.period_end).days > kind.period_days:
        return "TOO_OLD"
    return _check_figures(record, kind)


def _check_figures(record: EvidenceRecord, kind: EvidenceKind) -> str:
    if set(record.fields) != {one.name for one in kind.fields}:
        return "FIELD_MISSING"
    if any(not one.least <= record.fields[one.name] <= one.most for one in kind.fields):
        return "FIELD_IMPLAUSIBLE"
    if kind.rows_sum and (
        sum(record.rows) != record.fields[kind.rows_sum]
        or len(record.rows) != record.fields[kind.rows_count]
        or any(one < 0 for one in record.rows)
    ):
        return "SUM_WRONG"
    return ""


def last_day(record: EvidenceRecord, *, kind: EvidenceKind) -> date:
    """This function will return the last day on which an accepted record counts."""
    return record.issued_on + timedelta(days=kind.valid_days)


def values_of(kind: EvidenceKind, fields: Mapping[str, int]) -> dict[str, int]:
    """This function will return the facts that the fields of a record yield, by name."""
    return {
        one.fact: fields[one.field] // fields[one.per] if one.per else fields[one.field] for one in kind.facts
    }


def facts_of_proofs(
    proofs: Iterable[Proof], *, kinds: Mapping[str, EvidenceKind], on_date: date
) -> tuple[Fact, ...]:
    """This function will return the facts of the proofs that count on a day, by name, one of each.

    Where several proofs speak of one fact the highest value counts (every such fact is better when higher), then the
    stronger trust, then the earlier proof: the order of giving never matters and one more proof never takes away (G1).
    """
    best: dict[str, tuple[tuple[int, int, str], Fact]] = {}
    for proof in proofs:
        if not proof.counts_on(on_date) or proof.kind not in kinds:
            continue
        assert proof.read_at is not None and proof.trust is not None
        for name, value in values_of(kinds[proof.kind], proof.fields).items():
            rank = (-value, RANK[proof.trust], proof.id)
            if name not in best or rank < best[name][0]:
                best[name] = (rank, _fact(proof, name, value, proof.read_at))
    return tuple(best[name][1] for name in sorted(best))


def _fact(proof: Proof, name: str, value: int, read_at: datetime) -> Fact:
    return Fact(
        customer_id=proof.customer_id,
        name=name,
        value=value,
        event_at=read_at,
        known_at=read_at,
        source=source_of(proof.id),
        purpose=PURPOSE,
        consent_id="",
    )


def source_of(proof_id: str) -> str:
    """This function will return how the facts of a proof name their source."""
    return f"proof:{proof_id}"


def proofs_behind(sources: Iterable[str]) -> frozenset[str]:
    """This function will return the ids of the proofs among the sources of facts."""
    return frozenset(one.removeprefix("proof:") for one in sources if one.startswith("proof:"))


def standing(proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """This function will return the proofs that she has given and not taken back, the newest of each kind."""
    newest: dict[str, Proof] = {}
    for one in sorted(proofs, key=lambda proof: (proof.given_at, proof.id)):
        if one.state in STANDING:
            newest[one.kind] = one
    return tuple(newest.values())
