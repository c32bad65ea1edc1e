"""The LightGBM text format, read strictly: what is not understood is refused, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, inf, isfinite

NANO = 1_000_000_000
HEADER = {
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective", "feature_names",
    "monotone_constraints", "feature_infos", "tree_sizes",
}  # fmt: skip
BLOCK = {
    "num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child",
    "leaf_value", "leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count", "is_linear",
    "shrinkage",
}  # fmt: skip
ABSENT_LEFT = {0: None, 2: None, 8: False, 10: True}  # decision_type; None: absent counts as 0


class TreesInvalid(ValueError):
    """The file is not an ensemble that may score. Names the place; raised when a file is read, never for a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One tree as flat arrays; node 0 is the root, a child below 0 is the leaf `~child`."""

    features: tuple[int, ...]  # feature asked, by node; empty for a constant
    thresholds: tuple[float, ...]  # left if value <= threshold, by node
    absent_left: tuple[bool, ...]  # where an absent value goes, by node
    left: tuple[int, ...]  # child, by node
    right: tuple[int, ...]  # child, by node
    values: tuple[int, ...]  # nano log-odds, by leaf
    means: tuple[int, ...]  # nano log-odds of the training rows that passed, by node


def parse_text(text: str, *, name: str) -> tuple[tuple[str, ...], tuple[int, ...], tuple[Tree, ...]]:
    """This function will return (feature names, monotone constraints, trees). Raises: TreesInvalid."""
    head, *blocks = text.replace("\r\n", "\n").partition("\nend of trees\n")[0].split("\nTree=")
    if "\nend of trees\n" not in text:
        raise TreesInvalid(
            f"{name}: no line 'end of trees'; the file is cut short or not a LightGBM text model"
        )
    header = _header(head, name)
    features = tuple(header["feature_names"].split(" "))
    if len(features) != int(header["max_feature_idx"]) + 1 or len(set(features)) != len(features):
        raise TreesInvalid(f"{name}: feature_names does not list max_feature_idx + 1 distinct names")
    if len(header["tree_sizes"].split()) != len(blocks):
        raise TreesInvalid(
            f"{name}: tree_sizes speaks of {len(header['tree_sizes'].split())} trees, there are {len(blocks)}"
        )
    monotone = tuple(int(one) for one in header.get("monotone_constraints", "").split()) or (0,) * len(
        features
    )
    if len(monotone) != len(features) or not set(monotone) <= {-1, 0, 1}:
        raise TreesInvalid(f"{name}: monotone_constraints must hold -1, 0 or 1 for each feature")
    return features, monotone, tuple(_tree(one, i, len(features), name) for i, one in enumerate(blocks))


def _header(head: str, name: str) -> dict[str, str]:
    first, *lines = head.strip("\n").split("\n")
    if first != "tree":
        raise TreesInvalid(f"{name}: line 1 is {first[:40]!r}, expected 'tree'")
    header = _fields(lines, HEADER, f"{name}: header")
    missing = HEADER - {"monotone_constraints"} - set(header)
    if missing:
        raise TreesInvalid(f"{name}: header: missing field {sorted(missing)[0]!r}")
    for field, wanted in (("version", "v4"), ("num_class", "1"), ("num_tree_per_iteration", "1")):
        if header[field] != wanted:
            raise TreesInvalid(f"{name}: header: {field}={header[field]}, expected {wanted}")
    if header["objective"] != "binary sigmoid:1":
        raise TreesInvalid(f"{name}: header: objective={header['objective']}, expected 'binary sigmoid:1'")
    return header


def _fields(lines: list[str], known: set[str], where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if not line:
            continue
        field, equals, value = line.partition("=")
        if not equals or field not in known:
            raise TreesInvalid(f"{where}: unknown field {field[:40]!r}")
        if field in found:
            raise TreesInvalid(f"{where}: field {field!r} occurs twice")
        found[field] = value
    return found


def _tree(block: str, number: int, features: int, name: str) -> Tree:
    where = f"{name}: Tree={number}"
    stated, *lines = block.split("\n")
    if stated != str(number):
        raise TreesInvalid(f"{where}: found Tree={stated}; trees must be numbered in order")
    fields = _fields(lines, BLOCK, where)
    for field, wanted in (("num_cat", "0"), ("is_linear", "0")):
        if fields.get(field, "0") != wanted:
            raise TreesInvalid(
                f"{where}: {field}={fields[field]}; only numerical splits with constant leaves are read"
            )
    leaves = _whole(fields, "num_leaves", 1, where)[0]
    values = [_nano(one, where) for one in _list(fields, "leaf_value", leaves, where)]
    if leaves == 1:
        return Tree(
            features=(), thresholds=(), absent_left=(), left=(), right=(), values=tuple(values), means=()
        )
    nodes = leaves - 1
    asked = _whole(fields, "split_feature", nodes, where)
    if not all(0 <= one < features for one in asked):
        raise TreesInvalid(f"{where}: split_feature names a feature that the header does not")
    # A split that parts only absent values from all others has no end: everybody with a value goes left.
    thresholds = [
        inf if one == "inf" else _finite(one, where) for one in _list(fields, "threshold", nodes, where)
    ]
    kinds = _whole(fields, "decision_type", nodes, where)
    if unknown := [one for one in kinds if one not in ABSENT_LEFT]:
        raise TreesInvalid(
            f"{where}: decision_type {unknown[0]} (categorical or zero as missing) is not read"
        )
    absent = [
        cut >= 0.0 if ABSENT_LEFT[kind] is None else bool(ABSENT_LEFT[kind])
        for kind, cut in zip(kinds, thresholds, strict=True)
    ]
    left, right = (_whole(fields, side, nodes, where) for side in ("left_child", "right_child"))
    counts = _whole(fields, "leaf_count", leaves, where)
    return Tree(
        features=tuple(asked),
        thresholds=tuple(thresholds),
        absent_left=tuple(absent),
        left=tuple(left),
        right=tuple(right),
        values=tuple(values),
        means=_means(left, right, values, counts, where),
    )


def _means(
    left: list[int], right: list[int], values: list[int], counts: list[int], where: str
) -> tuple[int, ...]:
    """Means of the leaves below each node, weighted by training rows, half up. Proves on the way that it is one tree."""
    order, todo = [], [0]
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if node in seen or not -len(values) <= node < len(left):
            raise TreesInvalid(f"{where}: the children do not make one tree (node {node})")
        seen.add(node)
        if node >= 0:
            order.append(node)
            todo += [left[node], right[node]]
    if len(seen) != len(left) + len(values):
        raise TreesInvalid(f"{where}: the children do not reach every leaf")
    if min(counts) < 1:
        raise TreesInvalid(f"{where}: leaf_count must be at least 1")
    sums = {~leaf: (value * counts[leaf], counts[leaf]) for leaf, value in enumerate(values)}
    for node in reversed(order):
        one, other = sums[left[node]], sums[right[node]]
        sums[node] = (one[0] + other[0], one[1] + other[1])
    return tuple(
        (2 * total + rows) // (2 * rows) for total, rows in (sums[node] for node in range(len(left)))
    )


def _list(fields: dict[str, str], field: str, length: int, where: str) -> list[str]:
    if field not in fields:
        raise TreesInvalid(f"{where}: missing field {field!r}")
    found = fields[field].split(" ")
    if len(found) != length:
        raise TreesInvalid(f"{where}: {field} has {len(found)} entries, expected {length}")
    return found


def _whole(fields: dict[str, str], field: str, length: int, where: str) -> list[int]:
    try:
        return [int(one) for one in _list(fields, field, length, where)]
    except ValueError:
        raise TreesInvalid(f"{where}: {field} holds something that is not a whole number") from None


def _finite(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise TreesInvalid(f"{where}: {text[:40]!r} is not a number") from None
    if not isfinite(value):
        raise TreesInvalid(f"{where}: {text[:40]!r} is not finite")
    return value


def _nano(text: str, where: str) -> int:
    return floor(_finite(text, where) * NANO + 0.5)
