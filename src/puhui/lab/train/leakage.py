"""The leakage guard: a column that knows the outcome is refused before it can make a model look wonderful.

A recovery fee, a "closed on" date, a collection flag are written after the loan went bad. They show as one column that
alone separates bad from good as no honest application data do: the best public scores of consumer credit, with all
columns together, reach a KS of about 60 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from puhui.lab.train.metrics import rank, separation
from puhui.lab.train.table import Column, Table, TrainingDataInvalid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CEILING_KS = 0.80  # of one column alone, or of a whole model unless the command says otherwise; own figure
SMOOTHING = 5.0  # rows of the cohort's rate added to each category


def check_columns(table: Table, trusted: tuple[str, ...]) -> None:
    """This function will refuse a table with a column that alone tells bad from good.

    Raises: TrainingDataInvalid, naming the column; TrainingDataInvalid for a trusted column that is not there.
    """
    names = {one.name for one in table.columns}
    for name in trusted:
        if name not in names:
            raise TrainingDataInvalid(
                f"--trust {name}: not a column that is used; name one of {', '.join(sorted(names))}",
                f"--trust {name}：不是使用中的列；请从 {', '.join(sorted(names))} 中选择",
            )
    bad = np.array(table.bad, dtype=np.int64)
    for column in table.columns:
        if column.name in trusted:
            continue
        found = separates(column, bad)
        if found >= CEILING_KS:
            raise TrainingDataInvalid(
                f"column {column.name!r} alone separates bad from good with a KS of {found * 100:.0f} %: it seems to be"
                f" written after the outcome. --exclude {column.name}, or --trust {column.name} if it is known before",
                f"列 {column.name!r} 单独区分好坏的 KS 就达 {found * 100:.0f}%，疑似事后写入。请用 --exclude {column.name} 剔除；"
                f"若确实事先可知，用 --trust {column.name}",
            )


def check_model(name: str, low_ppm: int, ceiling_ppm: int) -> None:
    """This function will refuse a model whose out-of-fold KS lies above the ceiling with its whole interval.

    Raises: TrainingDataInvalid.
    """
    if low_ppm > ceiling_ppm:
        raise TrainingDataInvalid(
            f"the {name} reaches an out-of-fold KS of at least {low_ppm / 10_000:.1f} %, above the ceiling of"
            f" {ceiling_ppm / 10_000:.1f} %: columns together know the outcome. Look for what is written after it,"
            " or raise --ceiling",
            f"{name} 的折外 KS 至少 {low_ppm / 10_000:.1f}%，高于上限 {ceiling_ppm / 10_000:.1f}%：若干列合起来知道结果。"
            "请查找事后写入的列，或调高 --ceiling",
        )


def separates(column: Column, bad: Ints) -> float:
    """This function will return the KS (a share) of one column alone; an empty cell may speak as well."""
    if column.kind == "number":
        values = np.array([np.nan if one is None else one for one in column.numbers], dtype=np.float64)
        return max(
            separation(rank(np.where(np.isnan(values), empty, values)), bad, np.ones(len(bad)))[0]
            for empty in (np.nanmin(values) - 1, np.nanmax(values) + 1)
        )
    names = {text: i for i, text in enumerate(dict.fromkeys(column.texts))}
    codes = np.array([names[text] for text in column.texts], dtype=np.int64)
    # Rates from one half, measured on the other, every second bad and good row each: rare texts prove nothing.
    half = np.where(bad == 1, np.cumsum(bad), np.cumsum(1 - bad)) % 2 == 0
    base = bad[half].mean()
    count = np.bincount(codes[half], minlength=len(names))
    wrong = np.bincount(codes[half], bad[half], minlength=len(names))
    rates = (wrong + SMOOTHING * base) / (count + SMOOTHING)
    return separation(rank(rates[codes[~half]]), bad[~half], np.ones(int((~half).sum())))[0]
