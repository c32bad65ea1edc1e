"""What proofs usually show: the joint distribution of each kind's fields over people like her, as reviewed text.

The worth of a proof is told before it is given, so it is computed over people, never over her. A share says which part
of those who gave the proof had these figures; what is not measured yet is a house assumption, and the file says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from puhui.core.canonical import content_hash
from puhui.core.dated import DatedText
from puhui.evidence.domain.kinds import EvidenceKind
from puhui.protection.domain.strict import OPEN, PolicyInvalid, StrictFile, StrictTable

PPM = 1_000_000
BASES = frozenset({"measured", "assumed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortAtom:
    """One combination of figures and how common it is."""

    share_ppm: int  # share of those who give the proof, parts per million
    fields: Mapping[str, int]  # every field of the kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort(DatedText):
    """What people's proofs showed, kind by kind."""

    basis: Mapping[str, str]  # by kind: "measured" or "assumed"
    atoms: Mapping[str, tuple[CohortAtom, ...]]  # by kind


def parse_cohort(text: str, *, file: str, kinds: Mapping[str, EvidenceKind]) -> Cohort:
    """This function will compile a cohort file for these kinds. Raises: PolicyInvalid for shares that do not add up to
    the whole, a field outside its kind's range, a kind without figures or one that is unknown.
    """
    source = StrictFile(text, file=file)
    head = source.table("cohort")
    version = head.text("version")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    head.done()
    if not file.endswith(f"{version}.toml"):
        raise head.invalid("version and the name of the file must be one day")
    basis: dict[str, str] = {}
    atoms: dict[str, tuple[CohortAtom, ...]] = {}
    for row in source.rows("kind", called="code"):
        code = row.text("code")
        if code not in kinds or code in atoms:
            raise row.invalid("the kind is unknown or stated twice")
        basis[code] = row.choice("basis", BASES)
        atoms[code] = tuple(_atom(one, kinds[code]) for one in row.tables("atoms"))
        row.done()
        if sum(one.share_ppm for one in atoms[code]) != PPM:
            raise row.invalid("the shares do not add up to 1_000_000")
    source.done()
    if silent := sorted(set(kinds) - set(atoms)):
        raise PolicyInvalid(f"no figures for {silent[0]}", file=file)
    return Cohort(
        version=version,
        sha256=content_hash(text.encode()),
        valid_from=valid_from,
        valid_to=valid_to,
        basis=basis,
        atoms=atoms,
    )


def _atom(row: StrictTable, kind: EvidenceKind) -> CohortAtom:
    share = row.integer("share_ppm")
    fields = {one.name: row.integer(one.name) for one in kind.fields}
    row.done()
    if not 0 < share <= PPM:
        raise row.invalid("share_ppm is not a share")
    for one in kind.fields:
        if not one.least <= fields[one.name] <= one.most:
            raise row.invalid(f"{one.name} is outside what the kind may show")
    return CohortAtom(share_ppm=share, fields=fields)
