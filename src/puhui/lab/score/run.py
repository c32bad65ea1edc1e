"""One scoring run, from a file and a model's folder to a file of scores in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray

from puhui.decisions.domain.challenger import ChallengerFeature
from puhui.decisions.domain.scorecard import Feature
from puhui.lab.score.columns import Reader
from puhui.lab.score.errors import ScoringDataInvalid
from puhui.lab.score.model import Loaded, load_model
from puhui.lab.score.sink import Sink
from puhui.lab.score.source import Source
from puhui.lab.train.vector import REASONS, Values, VectorChallenger, VectorScorecard

Ints = NDArray[np.int64]
PPM = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What a run did."""

    out: Path  # file written
    rows: int  # scored
    models: tuple[str, ...]  # "scorecard", "challenger"
    signed: str  # how the signature was checked, "" if it was not
    unseen: dict[str, int]  # column → rows with a category never seen in training
    absent: dict[str, int]  # column → rows without a value

    def lines(self) -> list[str]:
        """This function will say what was done, and what a reader of the scores should know."""
        checked = f"hashes and signature ({self.signed})" if self.signed else "hashes"
        found = [f"wrote {self.out}: {self.rows} rows, {' and '.join(self.models)}; {checked} checked"]
        for column, count in self.unseen.items():
            found.append(f"column {column!r}: {count} rows hold a category never seen in training (neutral)")
        for column, count in self.absent.items():
            found.append(f"column {column!r}: {count} of {self.rows} rows have no value")
        return found


def score(
    *,
    model: Path,
    data: Path,
    out: Path,
    key: Path | None = None,
    reasons: bool = False,
    allow_empty: Sequence[str] = (),
) -> Scored:
    """This function will score every row of `data` and write `out`: `scorecard_pd`, `challenger_pd` (probability of bad,
    higher is riskier) and, with `reasons`, four reason codes of each. Memory does not grow with the file.

    Raises: ModelFilesInvalid for a model that is not as trained; ScoringDataInvalid for a file that cannot be scored.
    """
    loaded = load_model(model, key=key)
    if out.exists() and data.exists() and out.samefile(data):
        raise ScoringDataInvalid(
            f"--out {out}: this is the file to score; name another",
            f"--out {out}：这是要打分的文件；请另取名称",
        )
    source = Source(data)
    names = [one.name for one in loaded.columns]
    source.require(names)
    for one in allow_empty:
        if one not in names:
            raise ScoringDataInvalid(
                f"--allow-empty {one}: the model has no such column; it has {', '.join(names)}",
                f"--allow-empty {one}：模型没有这一列；现有 {', '.join(names)}",
            )
    readers = [
        Reader(file=data.name, name=one.name, decimals=one.decimals, known=one.known, word=source.word)
        for one in loaded.columns
    ]
    scorer = _Scorer(loaded, reasons=reasons)
    rows = 0
    with Sink(out) as sink:
        for chunk in source.chunks(names):
            values = {
                one.name: one.read(chunk.column(i), first=source.first + rows)
                for i, one in enumerate(readers)
            }
            rows += chunk.num_rows
            sink.write(scorer.batch(values))
        if rows == 0:
            raise ScoringDataInvalid(f"{data.name}: no rows", f"{data.name}：没有数据行")
        for reader in readers:
            reader.finish(allow_empty=reader.name in allow_empty)
    return Scored(
        out=out,
        rows=rows,
        models=("scorecard", "challenger") if loaded.challenger else ("scorecard",),
        signed=loaded.signed,
        unseen={one.name: one.unseen for one in readers if one.unseen},
        absent={one.name: one.absent for one in readers if one.absent},
    )


class _Scorer:
    """Both models over a chunk."""

    def __init__(self, loaded: Loaded, *, reasons: bool) -> None:
        known = {one.name: one.known for one in loaded.columns if one.known is not None}
        self.reasons = reasons
        self.models: list[tuple[str, Any, tuple[Feature, ...] | tuple[ChallengerFeature, ...]]] = [
            ("scorecard", VectorScorecard(loaded.card, known), loaded.card.features)
        ]
        if loaded.challenger is not None:
            self.models.append(
                ("challenger", VectorChallenger(loaded.challenger, known), loaded.challenger.features)
            )

    def batch(self, values: dict[str, Values]) -> Any:
        """This function will return the scores of a chunk as a record batch."""
        scores: dict[str, Any] = {}
        codes: dict[str, Any] = {}
        for name, model, features in self.models:
            pd, places = model.score(values, reasons=self.reasons)
            scores[f"{name}_pd"] = pyarrow.array(pd / PPM)
            if places is not None:
                codes |= _codes(name, places, [one.reason for one in features])
        return pyarrow.RecordBatch.from_pydict(scores | codes)


def _codes(model: str, places: Ints, names: list[str]) -> dict[str, Any]:
    """Columns of reason codes; fewer than four where fewer columns are short of their best."""
    table = pyarrow.array([*names, None], type=pyarrow.string())
    found = {}
    for i in range(REASONS):
        at = places[:, i] if i < places.shape[1] else np.full(len(places), -1)
        found[f"{model}_reason_{i + 1}"] = table.take(pyarrow.array(np.where(at < 0, len(names), at)))
    return found
