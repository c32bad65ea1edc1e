"""Boosted trees in plain Python: a LightGBM text model, read strictly and evaluated in integers.

Why not LightGBM itself: serving must not import a training library, and one row must not cost a call into it. Each leaf
becomes an integer (nano log-odds), so a sum has no order and no rounding. A leaf whose path asks about one or two
features is a rectangle of cells; all rectangles about the same features are added up beforehand into one table, so a
row costs one bisection a feature and one look-up a table, however many trees there are. Trees with wider paths are
evaluated as bit vectors (Lucchese et al., QuickScorer, SIGIR 2015) in Python's long integers.

A cell is the place of a value between the thresholds of a feature: `x <= cuts[t]` exactly if `bisect_left(cuts, x) <= t`,
so no leaf can flip by rounding. An absent value (NaN) has a cell of its own, where each node follows its own rule.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import getitem
from typing import Any

from puhui.decisions.domain.boosted_text import Tree, TreesInvalid, parse_text

__all__ = ["Trees", "TreesInvalid", "parse_trees"]

PAIR = 2  # features on a path that still fit into a table
ABSENT = float("nan")

CASTS: dict[int, Callable[[memoryview], memoryview]] = {
    16: lambda data: data.cast("H"),
    32: lambda data: data.cast("I"),
    64: lambda data: data.cast("Q"),
}
Span = tuple[int, int]  # first and last cell, both inside
Rows = list[list[int]]  # one feature: a single row; two features: a row per cell of the first


@dataclass(frozen=True, kw_only=True)
class Trees:
    """A parsed ensemble and its evaluator."""

    features: tuple[str, ...]  # names, in the order of a row
    monotone: tuple[int, ...]  # 1 rising, -1 falling, 0 free, by feature
    trees: tuple[Tree, ...]  # as read
    cuts: tuple[list[float], ...]  # thresholds of each feature, ascending

    @cached_property
    def base_nano(self) -> int:
        """Mean of all training rows, nano log-odds: where the contributions of a row start."""
        return sum([tree.means[0] if tree.means else tree.values[0] for tree in self.trees])

    @cached_property
    def tables(self) -> dict[tuple[int, ...], Rows]:
        """Sums of all leaves of narrow trees, by the features they ask about; () holds the constant."""
        return _fill_tables([one for one in self.trees if _is_narrow(one)], self.cuts)

    @cached_property
    def wide(self) -> tuple[Tree, ...]:
        """Trees with more than two features on some path."""
        return tuple([one for one in self.trees if not _is_narrow(one)])

    @cached_property
    def total_nano(self) -> Callable[[Sequence[float]], int]:
        """The function from a row (numbers in the order of `features`, NaN = absent) to nano log-odds."""
        narrow = _compile(self)
        if not self.wide:
            return narrow
        bits = _BitVectors(self.wide, self.cuts)
        return lambda row: narrow(row) + bits.total(row)

    def contributions_nano(self, row: Sequence[float]) -> list[int]:
        """This function will share a total among the features: along each path, the step of the mean at a node belongs
        to the feature asked there (Saabas 2014). Exact: `base_nano` plus all shares is `total_nano(row)`."""
        shares = [0] * len(self.features)
        cells = self.cells(row)
        for steps in self._steps:
            node = 0
            while node >= 0:
                feature, open_cells, left, up, right, down = steps[node]
                if cells[feature] in open_cells:
                    node = left
                    shares[feature] += up
                else:
                    node = right
                    shares[feature] += down
        return shares

    @cached_property
    def _steps(self) -> list[list[tuple[int, Container[int], int, int, int, int]]]:
        """By tree and node: feature, cells that go left, left child and its step, right child and its step."""
        return [_steps_of(tree, self.cuts) for tree in self.trees if tree.means]

    def cells(self, row: Sequence[float]) -> list[int]:
        """This function will return the cell of each value; absent is the cell after the last."""
        return [
            bisect_left(cuts, x) if x == x else len(cuts) + 1 for cuts, x in zip(self.cuts, row, strict=True)
        ]


def parse_trees(text: str, *, name: str) -> Trees:
    """This function will read a LightGBM text model (binary objective) strictly. `name` names the file in errors.

    Raises: TreesInvalid for an unknown field, a list of another length, a child that is no tree, a value that is not
    finite, a categorical, linear or zero-as-missing split, or a file that ends early.
    """
    features, monotone, trees = parse_text(text, name=name)
    found: list[set[float]] = [set() for _ in features]
    for tree in trees:
        for feature, threshold in zip(tree.features, tree.thresholds, strict=True):
            found[feature].add(threshold)
    return Trees(
        features=features, monotone=monotone, trees=trees, cuts=tuple([sorted(one) for one in found])
    )


def _steps_of(
    tree: Tree, cuts: tuple[list[float], ...]
) -> list[tuple[int, Container[int], int, int, int, int]]:
    def mean(node: int) -> int:
        return tree.means[node] if node >= 0 else tree.values[~node]

    found: list[tuple[int, Container[int], int, int, int, int]] = []
    for node, feature in enumerate(tree.features):
        place = bisect_left(cuts[feature], tree.thresholds[node])
        left, right, here = tree.left[node], tree.right[node], tree.means[node]
        absent = [len(cuts[feature]) + 1] if tree.absent_left[node] else []
        cells: Container[int] = frozenset([*range(place + 1), *absent]) if absent else range(place + 1)
        found.append((feature, cells, left, mean(left) - here, right, mean(right) - here))
    return found


def _is_narrow(tree: Tree) -> bool:
    """Whether no path of the tree asks about more than two features."""
    if not tree.features:
        return True
    todo: list[tuple[int, frozenset[int]]] = [(0, frozenset())]
    while todo:
        node, seen = todo.pop()
        if node < 0:
            continue
        seen = seen | {tree.features[node]}
        if len(seen) > PAIR:
            return False
        todo += [(tree.left[node], seen), (tree.right[node], seen)]
    return True


# --- narrow trees: tables -------------------------------------------------------------------------------------------


def _fill_tables(trees: Sequence[Tree], cuts: tuple[list[float], ...]) -> dict[tuple[int, ...], Rows]:
    """Adds each leaf's rectangles as differences at their corners; two running sums then make the tables."""
    tables: dict[tuple[int, ...], Rows] = {(): [[0]]}
    for tree in trees:
        for value, box in _leaves(tree, cuts):
            key = tuple(sorted(box))
            if key not in tables:
                width = [len(cuts[one]) + 3 for one in key]  # cells, the absent cell, a rim
                tables[key] = [[0] * width[-1] for _ in range(width[0] if len(key) == PAIR else 1)]
            _add(tables[key], value, [_spans(box[one], len(cuts[one])) for one in key])
    for key, rows in tables.items():
        _run(rows, down=len(key) == PAIR)
    return tables


def _leaves(tree: Tree, cuts: tuple[list[float], ...]) -> list[tuple[int, dict[int, tuple[int, int, bool]]]]:
    """Each leaf's value and, by feature on its path, (first cell, last cell, whether absent comes here)."""
    if not tree.features:
        return [(tree.values[0], {})]
    found = []
    todo: list[tuple[int, dict[int, tuple[int, int, bool]]]] = [(0, {})]
    while todo:
        node, box = todo.pop()
        if node < 0:
            found.append((tree.values[~node], box))
            continue
        feature = tree.features[node]
        place = bisect_left(cuts[feature], tree.thresholds[node])
        low, high, absent = box.get(feature, (0, len(cuts[feature]), True))
        left_absent = tree.absent_left[node]
        todo.append((tree.left[node], {**box, feature: (low, min(high, place), absent and left_absent)}))
        todo.append(
            (tree.right[node], {**box, feature: (max(low, place + 1), high, absent and not left_absent)})
        )
    return found


def _spans(side: tuple[int, int, bool], cuts: int) -> list[Span]:
    low, high, absent = side
    spans = [(low, high)] if low <= high else []
    return [*spans, (cuts + 1, cuts + 1)] if absent else spans


def _add(rows: Rows, value: int, sides: list[list[Span]]) -> None:
    if not sides:
        rows[0][0] += value
        return
    firsts = sides[0] if len(sides) == PAIR else [(0, 0)]
    for top, bottom in firsts:
        for low, high in sides[-1]:
            _corner(rows[top], value, low, high)
            if bottom + 1 < len(rows):
                _corner(rows[bottom + 1], -value, low, high)


def _corner(row: list[int], value: int, low: int, high: int) -> None:
    row[low] += value
    if high + 1 < len(row):
        row[high + 1] -= value


def _run(rows: Rows, *, down: bool) -> None:
    for i, row in enumerate(rows):
        for j in range(1, len(row)):
            row[j] += row[j - 1]
        if down and i:
            above = rows[i - 1]
            rows[i] = [a + b for a, b in zip(above, row, strict=True)]


def _compile(trees: Trees) -> Callable[[Sequence[float]], int]:
    """Writes the sum as one line of Python over names that only this function gives."""
    pairs: dict[int, list[tuple[int, Rows]]] = {}
    single: dict[int, list[int]] = {}
    for key, rows in trees.tables.items():
        if len(key) == PAIR:
            pairs.setdefault(key[0], []).append((key[1], rows))
        elif key:
            single[key[0]] = rows[0]
    space: dict[str, Any] = {"__builtins__": {}, "find": bisect_left}
    used = sorted({one for key in trees.tables for one in key})
    lines = [f"    {', '.join(f'x{i}' for i in range(len(trees.features)))}, = row"]
    for i in used:
        space[f"c{i}"] = trees.cuts[i]
        lines.append(f"    i{i} = find(c{i}, x{i}) if x{i} == x{i} else {len(trees.cuts[i]) + 1}")
    terms = [str(trees.tables[()][0][0])]
    for i in used:
        if i not in pairs:
            if i in single:
                space[f"t{i}"] = single[i]
                terms.append(f"t{i}[i{i}]")
            continue
        own = single.get(i, [0] * (len(trees.cuts[i]) + 2))
        space[f"r{i}"] = [(own[cell], *[rows[cell] for _, rows in pairs[i]]) for cell in range(len(own))][
            : len(trees.cuts[i]) + 2
        ]
        lines.append(f"    t{i}, {', '.join(f'p{i}_{j}' for j, _ in pairs[i])} = r{i}[i{i}]")
        terms += [f"t{i}", *[f"p{i}_{j}[i{j}]" for j, _ in pairs[i]]]
    source = "def total(row):\n" + "\n".join(lines) + f"\n    return {' + '.join(terms)}\n"
    exec(compile(source, "<trees>", "exec"), space)
    found: Callable[[Sequence[float]], int] = space["total"]
    return found


# --- wide trees: bit vectors ----------------------------------------------------------------------------------------


class _BitVectors:
    """All wide trees in one long integer a cell: a lane per tree, a bit per leaf, the lowest bit left is the exit leaf."""

    def __init__(self, trees: Sequence[Tree], cuts: tuple[list[float], ...]) -> None:
        """This function will prepare, for every cell of every feature, the leaves that it leaves open."""
        widest = max(len(one.values) for one in trees)
        self.lane = next(size for size in (8, 16, 32, 64, 1 << 30) if size >= widest)
        if self.lane > 64:
            self.lane = -(-widest // 8) * 8
        self.cast = CASTS.get(self.lane, CASTS[64])
        self.bytes = self.lane // 8 * len(trees)
        self.ones = sum(1 << (self.lane * i) for i in range(len(trees)))
        self.full = sum(((1 << len(one.values)) - 1) << (self.lane * i) for i, one in enumerate(trees))
        self.values = [
            {1 << place: one.values[leaf] for place, leaf in enumerate(_in_order(one, 0))} for one in trees
        ]
        self.cuts = cuts
        closed: list[list[int]] = [[0] * (len(one) + 2) for one in cuts]
        for i, tree in enumerate(trees):
            self._close(tree, i, closed)
        self.open = [self._masks(one) for one in closed]
        self.used = [(j, one, self.open[j]) for j, one in enumerate(cuts) if any(closed[j])]

    def _close(self, tree: Tree, i: int, closed: list[list[int]]) -> None:
        """A node that answers "right" closes its left leaves, from the cell after its threshold on."""
        place = {leaf: at for at, leaf in enumerate(_in_order(tree, 0))}
        for node, feature in enumerate(tree.features):
            left = sum(1 << place[leaf] for leaf in _in_order(tree, tree.left[node])) << (self.lane * i)
            closed[feature][bisect_left(self.cuts[feature], tree.thresholds[node]) + 1] |= left
            if not tree.absent_left[node]:
                closed[feature][-1] |= left

    def _masks(self, closed: list[int]) -> list[int]:
        open_, so_far = [], 0
        for one in closed[:-1]:
            so_far |= one
            open_.append(self.full & ~so_far)
        return [*open_, self.full & ~closed[-1]]

    def total(self, row: Sequence[float]) -> int:
        """This function will return the sum of the exit leaves, nano log-odds."""
        left = self.full
        for feature, cuts, masks in self.used:
            x = row[feature]
            left &= masks[bisect_left(cuts, x)] if x == x else masks[-1]
        exits = left & ~(
            left - self.ones
        )  # the lowest bit of each lane; no lane is empty, so nothing borrows
        data = exits.to_bytes(self.bytes, "little")
        if self.lane == 8:
            return sum(map(getitem, self.values, data))
        if self.lane <= 64:
            return sum(map(getitem, self.values, self.cast(memoryview(data))))
        step = self.lane // 8
        lanes = [int.from_bytes(data[at : at + step], "little") for at in range(0, len(data), step)]
        return sum(map(getitem, self.values, lanes))


def _in_order(tree: Tree, node: int) -> list[int]:
    """Leaves below a node from left to right."""
    found: list[int] = []
    todo = [node]
    while todo:
        one = todo.pop()
        if one < 0:
            found.append(~one)
        else:
            todo += [tree.right[one], tree.left[one]]
    return found
