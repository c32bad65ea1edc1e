"""The decision's evaluators over many rows at once, to the same integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from puhui.decisions.domain.boosted import Trees
from puhui.decisions.domain.boosted_text import Tree
from puhui.decisions.domain.challenger import Challenger
from puhui.decisions.domain.scorecard import Feature, Scorecard

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
REASONS = 4
NONE = np.int64(1) << 62
PLACES = 1 << 12
HALF = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One column of a chunk."""

    numbers: Floats | None  # scaled and floored to whole numbers, NaN for absent; None for a category
    codes: Ints | None  # place among the known texts, -1 absent, -2 never seen; None for a number


class VectorTrees:
    """The ensemble's tables as arrays."""

    def __init__(self, trees: Trees) -> None:
        """This function will flatten the tables of narrow trees; wide ones are walked."""
        self.trees = trees
        self.cuts = [np.array(one) for one in trees.cuts]
        self.constant = trees.tables[()][0][0]
        self.tables = [
            (key, np.array([row[: len(trees.cuts[key[-1]]) + 2] for row in rows], dtype=np.int64))
            for key, rows in trees.tables.items()
            if key
        ]

    def cells(self, matrix: Floats) -> list[Ints]:
        """This function will return the cell of each value, by column."""
        found = []
        for i, cuts in enumerate(self.cuts):
            column = matrix[:, i]
            place = np.searchsorted(cuts, column, side="left").astype(np.int64)
            place[np.isnan(column)] = len(cuts) + 1
            found.append(place)
        return found

    def totals(self, cells: list[Ints]) -> Ints:
        """This function will return the totals, nano log-odds."""
        total = np.full(len(cells[0]), self.constant, dtype=np.int64)
        for key, table in self.tables:
            if len(key) == 1:
                total += table[0][cells[key[0]]]
            else:
                total += table[cells[key[0]], cells[key[1]]]
        for tree in self.trees.wide:
            total += self._walk(tree, cells, None)
        return total

    def shares(self, cells: list[Ints]) -> Ints:
        """This function will return the share of each column in each total, nano log-odds, rows × columns."""
        found = np.zeros((len(cells[0]), len(self.cuts)), dtype=np.int64)
        for tree in self.trees.trees:
            if tree.means:
                self._walk(tree, cells, found)
        return found

    def _walk(self, tree: Tree, cells: list[Ints], shares: Ints | None) -> Ints:
        """Every row through one tree; returns leaf values and, if asked, adds the steps to `shares`."""
        nodes = len(tree.features)
        value = np.array([*tree.means, *tree.values], dtype=np.int64)
        child = np.array([tree.left, tree.right], dtype=np.int64)
        child = np.where(child < 0, nodes + ~child, child)
        feature = np.array(tree.features)
        place = np.array(
            [
                int(np.searchsorted(self.cuts[f], t))
                for f, t in zip(tree.features, tree.thresholds, strict=True)
            ]
        )
        absent_right = np.array([not one for one in tree.absent_left])
        stacked = np.stack([cells[i] for i in sorted(set(tree.features))])
        slot = np.searchsorted(np.array(sorted(set(tree.features))), feature)
        last = np.array([len(self.cuts[f]) + 1 for f in tree.features])
        here = np.zeros(stacked.shape[1], dtype=np.int64)
        rows = np.arange(len(here))
        while len(rows):
            node = here[rows]
            cell = stacked[slot[node], rows]
            right = np.where(cell == last[node], absent_right[node], cell > place[node]).astype(np.int64)
            there = child[right, node]
            if shares is not None:
                shares[rows, feature[node]] += value[there] - value[node]
            here[rows] = there
            rows = rows[there < nodes]
        return np.asarray(value[here])


class VectorChallenger:
    """A challenger over a chunk."""

    def __init__(self, model: Challenger, known: dict[str, list[str]]) -> None:
        """This function will prepare a challenger; `known` lists the texts that codes of a category mean."""
        self.model = model
        self.trees = VectorTrees(model.trees)
        self.weights = {
            one.name: np.array(
                [*[one.categories.get(text, 0) for text in known[one.name]], 0.0, np.nan], dtype=np.float64
            )
            for one in model.features
            if one.categories is not None
        }
        self.table = np.array(model.pd_ppm, dtype=np.int64)
        self.best = np.array([one.best_nano for one in model.features], dtype=np.int64)

    def matrix(self, columns: dict[str, Values]) -> Floats:
        """This function will return the rows as the trees see them: codes -2 and -1 are the last two weights."""
        found = []
        for one in self.model.features:
            values = columns[one.name]
            if values.codes is not None:
                found.append(self.weights[one.name][values.codes])
            else:
                assert values.numbers is not None
                special = np.isin(values.numbers, sorted(one.special))
                found.append(np.where(special, np.nan, values.numbers))
        return np.column_stack(found)

    def score(self, columns: dict[str, Values], *, reasons: bool) -> tuple[Ints, Ints | None]:
        """This function will return pd (ppm) and, if asked, the places of four reasons by row (-1 for none)."""
        cells = self.trees.cells(self.matrix(columns))
        pd = self.pd_of(self.trees.totals(cells))
        return pd, self._reasons(self.trees.shares(cells)) if reasons else None

    def pd_of(self, totals: Ints) -> Ints:
        """This function will read the model's table, linear between entries."""
        place, rest = np.divmod(totals - self.model.lowest_nano, self.model.step_nano)
        end = len(self.table) - 1
        inside = np.clip(place, 0, end - 1)
        here = self.table[inside]
        found = here + (self.table[inside + 1] - here) * rest // self.model.step_nano
        return np.asarray(np.where(place < 0, self.table[0], np.where(place >= end, self.table[-1], found)))

    def _reasons(self, shares: Ints) -> Ints:
        first = np.minimum(-shares, 0)
        second = self.best - shares
        order = np.lexsort((np.broadcast_to(np.arange(shares.shape[1]), shares.shape), second, first), axis=1)
        top = order[:, :REASONS]
        return np.where(np.take_along_axis(shares > self.best, top, axis=1), top, -1)


class VectorScorecard:
    """A scorecard over a chunk."""

    def __init__(self, card: Scorecard, known: dict[str, list[str]]) -> None:
        """This function will prepare a scorecard; `known` lists the texts that codes of a category mean."""
        self.card = card
        self.known = known
        self.table = np.array(card.pd_ppm, dtype=np.int64)

    def score(self, columns: dict[str, Values], *, reasons: bool) -> tuple[Ints, Ints | None]:
        """This function will return pd (ppm) and, if asked, the places of four reasons by row (-1 for none)."""
        points, seen = [], []
        for one in self.card.features:
            own, present = self._points(one, columns[one.name])
            points.append(own)
            seen.append(present)
        total = self.card.base_points + np.sum(points, axis=0)
        place = np.clip(total - self.card.lowest_points, 0, len(self.table) - 1)
        return self.table[place], self._reasons(points, seen) if reasons else None

    def _points(self, feature: Feature, values: Values) -> tuple[Ints, Flags]:
        if values.codes is not None:
            texts = self.known[feature.name]
            silent = feature.absent_points
            table = np.array([*[feature.categories.get(one, 0) for one in texts], 0, silent], dtype=np.int64)
            has = np.array([*[one in feature.categories for one in texts], False, silent != 0])
            return table[values.codes], has[values.codes]
        assert values.numbers is not None
        table = np.array([*feature.points, feature.absent_points], dtype=np.int64)
        place = np.searchsorted(np.array(feature.cuts, dtype=np.float64), values.numbers, side="right")
        absent = np.isnan(values.numbers)
        place[absent] = len(table) - 1
        points = table[place]
        for value, own in feature.special.items():
            points[values.numbers == value] = own
        return points, ~absent | (feature.absent_points != 0)

    def _reasons(self, points: list[Ints], seen: list[Flags]) -> Ints:
        ranks = np.empty((len(points[0]), len(points)), dtype=np.int64)
        for i, (feature, own, present) in enumerate(zip(self.card.features, points, seen, strict=True)):
            lost = feature.best_points - own
            rank = ((np.minimum(own, 0) + HALF) * 2 * HALF + (HALF - lost)) * PLACES + i
            ranks[:, i] = np.where(present & (lost > 0), rank, NONE)
        top = np.sort(ranks, axis=1)[:, :REASONS]
        return np.where(top == NONE, -1, top & (PLACES - 1))
