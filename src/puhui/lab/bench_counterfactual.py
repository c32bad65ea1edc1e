"""What would lower her price: our solver beside DiCE, on the same model, the same people and the same question.

Run by `.venv-bench/bin/python`, which has the peer (extra `bench`). The model is the shipped scorecard with its points
for proofs; what may vary is what her proofs could show, and the question is which values bring the price down a grade. DiCE
(Mothilal, Sharma & Tan 2020) asks the model by columns, which is its fast way, and searches at random, which is its
fastest method; its explainer is made once, outside the time. It finds one answer for her, ours one for every proof. Both answers are priced by the pricer itself afterwards, so
that nobody wins by a wrong one.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.rules import Rules
from puhui.evidence.domain import EvidenceKind, values_of
from puhui.lab.properties.worlds import Case, make_case, make_variants
from puhui.offers.domain.worth import find_thresholds, price_with

SEED = 20261122
PEOPLE = 12  # for whom a proof can lower the price
ROWS = 400  # of what people's proofs show: the peer's background
GOALS = {"counterfactual_vs_dice": 100.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: by which proof does this person's price fall?"""

    case: Case  # who
    card_points: int  # of her score without proofs
    rate_ppm: int  # today
    fewest_points: int  # from which on it is lower


def main() -> None:
    """This function will print {name: {"ratio", "ours_us", "peer_us"}} as one line of JSON."""
    warnings.simplefilter("ignore")
    print(json.dumps(counterfactual_lines()))


def counterfactual_lines() -> dict[str, dict[str, float]]:
    """This function will time both on the same people, one after the other, and return microseconds a person."""
    variants = make_variants(SEED, count=1)
    rules, kinds = variants[0].rules, variants[0].kinds
    people = _people(variants)
    peer = _Peer(rules=rules, kinds=kinds)
    took = {"ours": 0.0, "peer": 0.0}
    for asked in people:
        begun = time.perf_counter()
        found = _all(asked, rules, kinds)
        took["ours"] += time.perf_counter() - begun
        assert all(_rate(asked, rules, {fact: value}) == rate for fact, value, rate in found.values())
        assert found and max(rate for _, _, rate in found.values()) < asked.rate_ppm
        begun = time.perf_counter()
        shown = peer.explain(asked)
        took["peer"] += time.perf_counter() - begun
        assert _rate(asked, rules, shown) < asked.rate_ppm, "the peer speaks of another model"
    own, other = took["ours"] / len(people) * 1e6, took["peer"] / len(people) * 1e6
    return {"counterfactual_vs_dice": {"ratio": other / own, "ours_us": own, "peer_us": other}}


def _all(asked: Asked, rules: Rules, kinds: Mapping[str, EvidenceKind]) -> dict[str, tuple[str, int, int]]:
    """For every kind of proof the easiest value that lowers her price, where one does."""
    return find_thresholds(asked.case.input, rules=rules, kinds=kinds.values(), below_ppm=asked.rate_ppm)


def _rate(asked: Asked, rules: Rules, shown: Mapping[str, int]) -> int:
    return price_with(asked.case.input, rules=rules, shown=shown)[0]


def _people(variants: list[Any]) -> list[Asked]:
    """The first people of the seed whose price some proof can lower."""
    found: list[Asked] = []
    number = 0
    while len(found) < PEOPLE:
        case = make_case(SEED, number, variants)
        number += 1
        run = run_flow(case.input, rules=case.variant.rules)
        assert run.points is not None and run.price
        rate = run.price.annual_rate_ppm
        least = _fewest_points(case, run.points, rate)
        if least is not None:
            asked = Asked(case=case, card_points=run.points, rate_ppm=rate, fewest_points=least)
            if _all(asked, case.variant.rules, case.variant.kinds):
                found.append(asked)
    return found


def _fewest_points(case: Case, points: int, rate_ppm: int) -> int | None:
    """The fewest points above hers that have a lower price, by the table of grades itself."""
    rules = case.variant.rules
    table, evaluate = rules.policy.tables["grade"], rules.policy.evaluators["grade"]
    for more in range(points, points + rules.policy.proof_points_most + 1):
        row = table.rows[evaluate({"score.points": more, "score.pd_ppm": rules.model.pd_of(more)})]
        if rules.prices.row(str(row.given["grade.grade"])).annual_rate_ppm < rate_ppm:
            return more
    return None


class _Peer:
    """DiCE over the facts that proofs can show."""

    def __init__(self, *, rules: Rules, kinds: Mapping[str, EvidenceKind]) -> None:
        import dice_ml
        import numpy
        import pandas

        self._numpy, self._pandas, self._rules = numpy, pandas, rules
        self._least = 0  # points from which on the price is lower, of the person asked about
        self._card = 0  # her own points
        self._points = {one.fact: one for one in rules.policy.proofs if one.fact in _facts(kinds)}
        self._names = sorted(self._points)
        rows = _background(self._names, kinds, rules)
        frame = pandas.DataFrame(rows, columns=self._names)
        frame["lower"] = [row % 2 for row in range(len(rows))]
        data = dice_ml.Data(dataframe=frame, continuous_features=self._names, outcome_name="lower")
        model = dice_ml.Model(model=self, backend="sklearn")
        self._explainer = dice_ml.Dice(data, model, method="random")

    def predict_proba(self, frame: Any) -> Any:
        """Return the two probabilities of every row: 0 or 1, for a price is lower or it is not."""
        points = sum(
            self._numpy.asarray(one.points)[
                self._numpy.searchsorted(one.cuts, frame[name].to_numpy(dtype=float), side="right")
            ]
            for name, one in self._points.items()
        )
        lower = self._card + self._numpy.minimum(points, self._rules.policy.proof_points_most) >= self._least
        return self._numpy.column_stack([~lower, lower]).astype(float)

    def predict(self, frame: Any) -> Any:
        """Return the class of every row."""
        return self.predict_proba(frame).argmax(axis=1)

    def explain(self, asked: Asked) -> dict[str, int]:
        """Return what proofs would have to show for this person's price to fall."""
        self._least, self._card = asked.fewest_points, asked.card_points
        query = self._pandas.DataFrame([[0] * len(self._names)], columns=self._names)
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            found = self._explainer.generate_counterfactuals(
                query, total_CFs=1, desired_class=1, random_seed=SEED, verbose=False
            )
        row = found.cf_examples_list[0].final_cfs_df.iloc[0]
        return {name: int(row[name]) for name in self._names if int(row[name]) > 0}


def _facts(kinds: Mapping[str, EvidenceKind]) -> set[str]:
    return {fact.fact for kind in kinds.values() for fact in kind.facts}


def _background(names: list[str], kinds: Mapping[str, EvidenceKind], rules: Rules) -> list[list[int]]:
    """Rows of what proofs can show: nothing, and for every fact each edge of its bins in turn."""
    least = {name: 0 for name in names}
    edges: dict[str, list[int]] = {name: [0] for name in names}
    for kind in kinds.values():
        most = values_of(kind, {one.name: one.most for one in kind.fields})
        fewest = values_of(kind, {one.name: one.least for one in kind.fields})
        for fact, value in (*most.items(), *fewest.items()):
            edges.get(fact, []).append(value)
    for one in rules.policy.proofs:
        edges[one.fact] += [cut for cut in one.cuts if one.fact in edges]
    return [
        [
            edges[name][(row * (place + 3)) % len(edges[name])] if row else least[name]
            for place, name in enumerate(names)
        ]
        for row in range(ROWS)
    ]


if __name__ == "__main__":
    main()
