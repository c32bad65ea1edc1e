"""Papers of a person of a test: a genuine one, and ways to spoil it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import typst

from puhui.core.ids import derive_id
from puhui.customers.queries import get_identity
from puhui.evidence import operations as evidence
from puhui.evidence.queries import get_evidence_kinds, get_papers
from puhui.lab.documents.offices import sign_page
from puhui.lab.documents.pages import make_page
from puhui.lab.documents.truth import PaperTruth, invent_paper
from puhui.runtime.paper import FOLDER as FONTS
from puhui.runtime.transactions import transaction

STRONG = {"months": 12, "total_minor": 12 * 2_500_000}


def truth_of(
    customer_id: str, kind: str = "income_tax", /, *, today: date, seed: int = 1, **changed: Any
) -> PaperTruth:
    """What an office says of her: strong figures, issued yesterday."""
    name, number = get_identity(customer_id)
    return truth_about(name, number, kind, today=today, seed=seed, **changed)


def truth_about(
    name: str, number: str, kind: str = "income_tax", /, *, today: date, seed: int = 1, **changed: Any
) -> PaperTruth:
    """What an office says of the person of this name and number."""
    kinds, papers = get_evidence_kinds(on_date=today).kinds, get_papers(on_date=today)
    truth = invent_paper(Random(seed), kind=kinds[kind], papers=papers, index=1, seed=seed, on_date=today)
    truth = replace(truth, name=name, number=number, issued_on=today - timedelta(days=1))
    if kind == "income_tax":
        truth = replace(truth, fields=STRONG, rows=(2_500_000,) * 12)
    return replace(truth, **changed)


def page_of(truth: PaperTruth, *, today: date) -> bytes:
    """The paper as PDF, unsigned."""
    return make_page(truth, form=get_papers(on_date=today).forms[truth.kind])


def paper_of(truth: PaperTruth, *, today: date, family: str = "") -> bytes:
    """The paper as PDF, signed by its office."""
    form = get_papers(on_date=today).forms[truth.kind]
    at = datetime.combine(truth.issued_on, time(9), tzinfo=UTC)
    return sign_page(make_page(truth, form=form), organisation=form.signers[0], at=at, family=family)


def a_waiting_paper(customer_id: str, *, now: datetime) -> str:
    """A paper of hers that a person must look at, put there without reading one; return its proof."""
    kinds, id = get_evidence_kinds(on_date=now.date()), derive_id("proof", customer_id, "waits")
    with transaction():
        evidence.open_proof(
            id=id,
            customer_id=customer_id,
            kind=kinds.kinds["income_tax"],
            kinds_version=kinds.version,
            now=now,
        )
        evidence.keep_paper(proof_id=id, content=b"%PDF-1.7", now=now)
        evidence.refer_proof(id=id, reason="unsure", reading={"figures": {}}, view=b"\xff\xd8", now=now)
    return id


def card_of(name: str, number: str, *, picture: bool = False) -> bytes:
    """An invented card, as a PDF with its words or as a picture of it."""
    rows = "\n\n".join(
        [f"姓名 {name}", "性别 女   民族 汉", "住址 某省某市某路 1 号", f"公民身份号码 {number}"]
    )
    page = f"#set page(width: 86mm, height: 54mm, margin: 6mm)\n#set text(size: 11pt)\n{rows}"
    made = typst.compile(
        page.encode(), font_paths=[str(FONTS)], format="png" if picture else "pdf", ppi=200.0
    )
    assert isinstance(made, bytes)
    return made
