"""The two halves of `puhui lab documents`: make a folder, or report on one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from puhui.evidence.queries import get_evidence_kinds, get_papers
from puhui.journeys import parties
from puhui.lab.documents.evaluate import evaluate
from puhui.lab.documents.guarded import GuardedReader
from puhui.lab.documents.make import make_folder


def run(
    *,
    out: Path | None,
    folder: Path | None,
    seed: int,
    levels: Sequence[str],
    each: int,
    kinds: Sequence[str],
    on_date: date,
) -> list[str]:
    """This function will make papers in `out`, or report on those in `folder`; it returns lines to print.

    Raises: LabelsInvalid, EvidenceKindUnknown.
    """
    known = get_evidence_kinds(on_date=on_date).kinds
    papers = get_papers(on_date=on_date)
    if out is not None:
        chosen = [one for code, one in known.items() if not kinds or code in kinds]
        made = make_folder(
            out=out, seed=seed, kinds=chosen, papers=papers, on_date=on_date, levels=levels, each=each
        )
        return [f"{len(made)} papers of {len(chosen)} kinds in {out}, seed {seed}"]
    assert folder is not None
    parties.open_anew(name="papers", isolated=False)
    guarded = GuardedReader(parties.papers())
    try:
        report = evaluate(folder=folder, reader=guarded, kinds=known, papers=papers, on_date=on_date)
    finally:
        guarded.close()
        parties.put(name="papers", party=None)
    return report.lines()
