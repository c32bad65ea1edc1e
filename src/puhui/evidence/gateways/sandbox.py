"""A source of signed records for the demo and the tests: tax office, housing fund and the rest, about nobody here.

Each identity number has, by its hash, one of the combinations of figures that the cohort file knows, so the same number
always shows the same record. Records are signed (Ed25519, RFC 8032) with a key of the sandbox and checked against the
pinned public key, so an altered one is found. A table of figures can be given for chosen kinds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from puhui.core.canonical import canonical_bytes, content_hash
from puhui.evidence.domain import Cohort, EvidenceKind, EvidenceRecord, Trust

SECRET = hashlib.sha256(
    b"puhui-sandbox-evidence"
).digest()  # the sandbox's own; a provider keeps its key to itself
PINNED = Ed25519PrivateKey.from_private_bytes(SECRET).public_key()


class SandboxEvidence:
    """Answers like an issuer: a signed record about the person of a number."""

    source = "sandbox-issuer"

    def __init__(
        self,
        *,
        figures: Mapping[str, Mapping[str, int]] | None = None,
        alter: Mapping[str, Any] | None = None,
        pinned: Ed25519PublicKey = PINNED,
    ) -> None:
        self._figures = dict(figures or {})  # by kind, instead of the cohort's
        self._alter = dict(alter or {})  # changed after signing, as a forger would
        self._pinned = pinned

    def record(
        self, *, kind: EvidenceKind, cohort: Cohort, name: str, number: str, on_date: date, now: datetime
    ) -> EvidenceRecord:
        """This function will return the record, `genuine` only where signature and content belong together."""
        issued = self._signed(kind, cohort, name, number, on_date)
        document, signature = issued
        document = {**document, **self._alter}
        try:
            self._pinned.verify(signature, canonical_bytes(document))
            genuine = True
        except InvalidSignature:
            genuine = False
        return _record(document, kind, genuine=genuine)

    def _signed(
        self, kind: EvidenceKind, cohort: Cohort, name: str, number: str, on_date: date
    ) -> tuple[dict[str, Any], bytes]:
        fields = dict(self._figures.get(kind.code) or _drawn(kind, cohort, number))
        rows: list[int] = []
        if kind.rows_sum:
            count, total = fields[kind.rows_count], fields[kind.rows_sum]
            rows = [total // count] * (count - 1) + [total - total // count * (count - 1)]
        document: dict[str, Any] = {
            "kind": kind.code,
            "issuer": self.source,
            "name": name,
            "number": number,
            "issued_on": on_date.isoformat(),
            "period_end": (on_date.replace(day=1) - timedelta(days=1)).isoformat(),
            "fields": fields,
            "rows": rows,
        }
        key = Ed25519PrivateKey.from_private_bytes(SECRET)
        return document, key.sign(canonical_bytes(document))


def _drawn(kind: EvidenceKind, cohort: Cohort, number: str) -> Mapping[str, int]:
    digest = hashlib.sha256(f"puhui-sandbox-evidence:{kind.code}:{number}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 1_000_000
    for atom in cohort.atoms[kind.code]:
        place -= atom.share_ppm
        if place < 0:
            return atom.fields
    raise AssertionError("shares add up to the whole")


def _record(document: Mapping[str, Any], kind: EvidenceKind, *, genuine: bool) -> EvidenceRecord:
    made = EvidenceRecord(
        kind=document["kind"],
        issuer=document["issuer"],
        trust=Trust.SIGNED,
        genuine=genuine,
        name=document["name"],
        number=document["number"],
        issued_on=date.fromisoformat(document["issued_on"]),
        period_end=date.fromisoformat(document["period_end"]),
        fields=document["fields"],
        rows=tuple(document["rows"]),
        sha256="",
    )
    return replace(made, sha256=content_hash(dict(document)))
