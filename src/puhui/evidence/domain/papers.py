"""How papers are worded, as reviewed text: the labels before each figure, and whose signature counts, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from puhui.core.canonical import content_hash
from puhui.core.dated import DatedText
from puhui.evidence.domain.kinds import EvidenceKind
from puhui.protection.domain.strict import OPEN, PolicyInvalid, StrictFile, StrictTable

UNITS = frozenset({"yuan", "count", "day", "flag"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperField:
    """How one figure is written."""

    name: str  # name of the evidence field
    labels: tuple[str, ...]  # words that stand before it, in any of our languages
    unit: str  # "yuan", "count", "day" (a date, turned into days before the issue) or "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperForm:
    """How the papers of one evidence kind are worded."""

    kind: str  # code of the evidence kind
    titles: tuple[str, ...]  # how such a paper is headed
    signers: tuple[str, ...]  # organisations whose signature counts, as the certificate names them
    fields: tuple[PaperField, ...]  # every figure of the kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers(DatedText):
    """All forms in force from one day to another, and the words that all papers share."""

    labels: Mapping[str, tuple[str, ...]]  # "name", "number", "issued", "period", "serial"
    same: Mapping[str, str]  # characters of another script by those of our words, e.g. traditional ones
    yes: tuple[str, ...]  # words that say yes
    no: tuple[str, ...]  # words that say no
    forms: Mapping[str, PaperForm]  # by evidence kind


SHARED = ("name", "number", "issued", "period", "serial")


def parse_papers(text: str, *, file: str, kinds: Mapping[str, EvidenceKind]) -> Papers:
    """This function will compile a file of paper forms for these kinds. Raises: PolicyInvalid."""
    source = StrictFile(text, file=file)
    head = source.table("papers")
    version = head.text("version")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    labels = {name: head.texts(name, required=True) for name in SHARED}
    yes, no = head.texts("yes", required=True), head.texts("no", required=True)
    same = head.texts("same")
    head.done()
    if odd := [one for one in same if len(one) != 2]:
        raise head.invalid(f"same: {odd[0]!r} must be two characters, another script's and ours")
    if not file.endswith(f"{version}.toml"):
        raise head.invalid("version and the name of the file must be one day")
    forms: dict[str, PaperForm] = {}
    for row in source.rows("paper", called="kind"):
        form = _form(row, kinds)
        if form.kind in forms:
            raise row.invalid("the kind is stated twice")
        forms[form.kind] = form
    source.done()
    if silent := sorted(set(kinds) - set(forms)):
        raise PolicyInvalid(f"no form for {silent[0]}", file=file)
    return Papers(
        version=version,
        sha256=content_hash(text.encode()),
        valid_from=valid_from,
        valid_to=valid_to,
        labels=labels,
        same={one[0]: one[1] for one in same},
        yes=yes,
        no=no,
        forms=forms,
    )


def _form(row: StrictTable, kinds: Mapping[str, EvidenceKind]) -> PaperForm:
    code = row.choice("kind", kinds.keys())
    form = PaperForm(
        kind=code,
        titles=row.texts("titles", required=True),
        signers=row.texts("signers", required=True),
        fields=tuple(_field(one) for one in row.tables("fields")),
    )
    row.done()
    if {one.name for one in form.fields} != {one.name for one in kinds[code].fields}:
        raise row.invalid("its fields are not those of the kind")
    return form


def _field(row: StrictTable) -> PaperField:
    found = PaperField(
        name=row.text("name"), labels=row.texts("labels", required=True), unit=row.choice("unit", UNITS)
    )
    row.done()
    return found
