"""Reading a training file: typed columns or a clear error with column and line, never a wrong number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path

from puhui.lab.train.files import MISSING_WORDS, TrainingDataInvalid, read_cells, separator_of

__all__ = ["Column", "Table", "TrainingDataInvalid", "read_table", "with_outcome"]

# Never used, whatever the command says: by word in the column's name.
PROTECTED = {
    "age", "birth", "birthday", "sex", "gender", "marital", "marriage", "married", "race", "ethnicity", "ethnic",
    "religion", "pregnant", "disability", "personal_status", "nationality", "foreign_worker",
}  # fmt: skip
# The same by a Chinese word that the column's name holds.
PROTECTED_ZH = (
    "年龄",
    "出生",
    "生日",
    "性别",
    "婚姻",
    "婚否",
    "民族",
    "种族",
    "宗教",
    "国籍",
    "残疾",
    "怀孕",
)
# A price holds another lender's opinion of the person, so a score with it learns that opinion, not the person.
PRICE = {"int_rate", "interest_rate", "rate", "apr", "grade", "sub_grade"} | {
    "利率", "年利率", "年化利率", "贷款利率", "执行利率", "评级", "等级",
}  # fmt: skip
# A region would price neighbours for each other.
REGION = {"addr_state", "state", "zip", "zip_code", "postcode", "region", "province", "city"} | {
    "省", "省份", "市", "城市", "所在城市", "地区", "区域", "邮编", "邮政编码", "户籍", "籍贯",
}  # fmt: skip
# A column with such a word and another value in every row names the row, it does not describe it.
IDENTIFIER = {"id", "row", "rownames", "index", "uuid", "key", "unnamed", ""}
MANY_TEXTS = 50  # rows from which a text may be said to hardly repeat
ROWS_EACH = 5  # of a text, below which it is learnt by heart
DATES = 19000101, 21001231  # what a date looks like as a number
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
DRESSED = re.compile(r"[-+]?\s?[¥￥$€£]?\s?[-+]?(\d{1,3}([,，]\d{3})+|\d+)([.,]\d+)?\s?[%％元]?")
MAX_DECIMALS = 6
LONGEST = 30  # places before or after the point of a number that is read at all
LARGEST = 1 << 53  # scaled values beyond it are not exact in every evaluator
BAD_WORDS = {"1", "1.0", "bad", "yes", "y", "true", "t", "default", "defaulted", "是", "坏", "违约", "逾期"}
GOOD_WORDS = {"0", "0.0", "good", "no", "n", "false", "f", "paid", "否", "好", "正常"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the file."""

    name: str  # header
    kind: str  # "number" or "category"
    decimals: int  # digits after the point over the whole column, 0 for categories
    numbers: tuple[int | None, ...]  # scaled by 10 ** decimals; empty for categories
    texts: tuple[str | None, ...]  # empty for numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A training file, read."""

    sha256: str  # of the file's bytes as stored
    columns: tuple[Column, ...]  # usable features, in file order
    excluded: dict[str, str]  # column → why it is not used
    bad: tuple[int, ...]  # 1 = went bad, 0 = did not
    bad_value: str  # the target's value that means bad
    kept: dict[str, tuple[str, ...]]  # columns asked for by name that are no features (time, groups), as text


def read_table(
    path: Path, *, target: str, exclude: list[str], keep: tuple[str, ...] = (), bad_value: str | None = None
) -> Table:
    """This function will read a file (`.csv`, `.csv.gz`, `.parquet`) with a header into typed columns.

    `keep` names columns that are read but not used as features; `bad_value` says which value of the target is bad.

    Raises: TrainingDataInvalid for a file without rows, a missing or one-valued target, a repeated header, a ragged
    line, an infinity, or a column that mixes numbers and text.
    """
    cells = read_cells(path, unread=exclude)
    for wanted in (target, *exclude, *keep):
        require(path, cells.header, wanted)
    if target in (*exclude, *keep):
        raise TrainingDataInvalid(
            f"column {target!r} is the target and cannot be left out, a time or a group as well; name another",
            f"列 {target!r} 是目标列，不能同时作为剔除、时间或分组列；请另选一列",
        )
    by_name = dict(zip(cells.header, cells.columns, strict=True))
    bad, bad_value = _target(by_name[target], target, bad_value)
    columns: list[Column] = []
    excluded: dict[str, str] = {}
    for name in cells.header:
        if name == target:
            continue
        if why := _why_excluded(name, exclude, keep):
            excluded[name] = why
            continue
        if len({cell for cell in by_name[name] if cell not in MISSING_WORDS}) < 2:
            excluded[name] = "empty or always the same"
            continue
        column = _column(name, by_name[name])
        if why := _why_useless(column):
            excluded[name] = why
        else:
            columns.append(column)
    if not columns:
        raise TrainingDataInvalid(
            f"{path.name}: no usable column is left: {'; '.join(f'{one!r} {why}' for one, why in excluded.items())}",
            f"{path.name}：没有可用的列；列出的原因见上，请补充其他列",
        )
    return Table(
        sha256=cells.sha256,
        columns=tuple(columns),
        excluded=excluded,
        bad=bad,
        bad_value=bad_value,
        kept={name: tuple(by_name[name]) for name in keep},
    )


def require(path: Path, header: list[str], wanted: str) -> None:
    """This function will refuse a file without a column, with the nearest name or the separator that it seems to use.

    Raises: TrainingDataInvalid.
    """
    if wanted in header:
        return
    by_plain = {_plain(one): one for one in header}
    near = get_close_matches(_plain(wanted), list(by_plain), n=1)
    separator = separator_of(header)
    there = ", ".join(repr(one) if one != one.strip() else one for one in header)
    if separator:
        hint = f"; the values seem to be separated by {separator!r}, save the file with commas"
        hint_zh = f"；数值似乎以 {separator!r} 分隔，请另存为逗号分隔"
    else:
        hint = f"; is it {by_plain[near[0]]!r}?" if near else ""
        hint_zh = f"；是否为 {by_plain[near[0]]!r}？" if near else ""
    raise TrainingDataInvalid(
        f"{path.name}: no column {wanted!r}; there are {there}{hint}",
        f"{path.name}：没有列 {wanted!r}；现有 {there}{hint_zh}",
    )


def with_outcome(table: Table, bad: Sequence[int]) -> Table:
    """This function will return the same rows with other outcomes, e.g. shuffled ones."""
    return replace(table, bad=tuple(bad))


def _target(cells: list[str], target: str, bad_value: str | None) -> tuple[tuple[int, ...], str]:
    empty = next((line for line, cell in enumerate(cells, start=2) if cell in MISSING_WORDS), 0)
    if empty:
        raise TrainingDataInvalid(
            f"column {target!r}: line {empty} is empty; a training row needs an outcome: fill it or remove the row",
            f"列 {target!r}：第 {empty} 行为空；训练数据每行都要有结果：请填写或删除该行",
        )
    values = sorted(set(cells))
    if len(values) != 2:
        raise TrainingDataInvalid(
            f"column {target!r}: expected two values, found {len(values)}: {values[:5]}; good and bad loans are both"
            " needed, each written one way",
            f"列 {target!r}：应有两种取值，实际 {len(values)} 种：{values[:5]}；需同时包含好、坏两类，写法各自统一",
        )
    if bad_value is not None:
        if bad_value not in values:
            raise TrainingDataInvalid(
                f"column {target!r}: --bad {bad_value!r} is none of {values}; name one of them",
                f"列 {target!r}：--bad {bad_value!r} 不在 {values} 之中；请指定其中之一",
            )
        return tuple(1 if cell == bad_value else 0 for cell in cells), bad_value
    bad = [one for one in values if one.lower() in BAD_WORDS]
    good = [one for one in values if one.lower() in GOOD_WORDS]
    if len(bad) != 1 or len(good) != 1:
        raise TrainingDataInvalid(
            f"column {target!r}: cannot tell good from bad in {values}; use 0/1 or good/bad, or say --bad VALUE",
            f"列 {target!r}：无法从 {values} 判断好坏；请用 0/1 或 good/bad，或用 --bad 指明坏的取值",
        )
    return tuple(1 if cell == bad[0] else 0 for cell in cells), bad[0]


def _plain(name: str) -> str:
    return re.sub(r"[.\s-]+", "_", name.strip().lower())


def _why_excluded(name: str, exclude: list[str], keep: tuple[str, ...]) -> str:
    plain = _plain(name)
    words = {plain, *re.split(r"[^a-z]+", plain)}
    if words & PROTECTED or any(word in name for word in PROTECTED_ZH):
        return "protected characteristic, never used"
    if plain in PRICE:
        return "price: another lender's opinion of the person"
    if plain in REGION:
        return "region, never scored"
    if name in keep:
        return "named as time or group, not scored"
    return "left out by the command" if name in exclude else ""


def _why_useless(column: Column) -> str:
    """An identifier would be learnt by heart; a text that hardly repeats says nothing about the next person."""
    cells = column.numbers or column.texts
    filled = [one for one in cells if one is not None]
    distinct = len(set(filled))
    plain = _plain(column.name)
    words = {plain, *re.split(r"[^a-z]+", plain)} - ({""} if plain else set())
    if distinct == len(cells) and (words & IDENTIFIER or _counts_rows(column)):
        return "identifier: every row has another value"
    if _holds_dates(column):
        return "date: the same day never comes again; give the days since it as a number"
    if column.kind == "category" and distinct * ROWS_EACH > len(filled) > MANY_TEXTS:
        return "text that hardly ever repeats"
    return ""


def _counts_rows(column: Column) -> bool:
    """Whether the numbers, all different, are a run without a gap, as a system hands them out."""
    whole = [one for one in column.numbers if one is not None]
    return len(whole) > MANY_TEXTS and column.decimals == 0 and max(whole) - min(whole) == len(whole) - 1


def _holds_dates(column: Column) -> bool:
    if column.kind == "category":
        return all(DATE.fullmatch(one) for one in column.texts if one is not None)
    if column.decimals:
        return False
    return all(_is_date(one) for one in column.numbers if one is not None)


def _is_date(number: int) -> bool:
    if not DATES[0] <= number <= DATES[1]:
        return False
    try:
        date.fromisoformat(str(number))
    except ValueError:
        return False
    return True


def _column(name: str, cells: list[str]) -> Column:
    parsed = [_number(name, line, cell) for line, cell in enumerate(cells, start=2)]
    texts = [
        line
        for line, (cell, one) in enumerate(zip(cells, parsed, strict=True), start=2)
        if cell not in MISSING_WORDS and one is None
    ]
    filled = sum(1 for cell in cells if cell not in MISSING_WORDS)
    if not texts:
        decimals = max(_decimals(one) for one in parsed if one is not None)
        scaled = tuple(None if one is None else _scaled(one, decimals) for one in parsed)
        for line, value in enumerate(scaled, start=2):
            if value is not None and abs(value) > LARGEST:
                raise TrainingDataInvalid(
                    *too_long(f"column {name!r}", f"列 {name!r}", line, cells[line - 2])
                )
        return Column(name=name, kind="number", decimals=decimals, numbers=scaled, texts=())
    if len(texts) * 2 < filled:
        raise TrainingDataInvalid(
            f"column {name!r} mixes numbers and text: line {texts[0]} holds {cells[texts[0] - 2]!r}; clean it or --exclude it",
            f"列 {name!r} 混有数字和文字：第 {texts[0]} 行为 {cells[texts[0] - 2]!r}；请清理，或用 --exclude 剔除",
        )
    if all(DRESSED.fullmatch(cells[line - 2]) for line in texts):
        raise TrainingDataInvalid(
            f"column {name!r}: line {texts[0]} holds {cells[texts[0] - 2]!r}, a number with marks that are no part of it;"
            " write plain numbers such as 12000.5, or --exclude it",
            f"列 {name!r}：第 {texts[0]} 行为 {cells[texts[0] - 2]!r}，数字带有分隔符或单位；请写成 12000.5 这样的数字，或用 --exclude 剔除",
        )
    return Column(
        name=name,
        kind="category",
        decimals=0,
        numbers=(),
        texts=tuple(None if cell in MISSING_WORDS else cell for cell in cells),
    )


def _number(name: str, line: int, cell: str) -> Decimal | None:
    if cell in MISSING_WORDS:
        return None
    try:
        value = Decimal(cell)
    except InvalidOperation:
        return None
    if not value.is_finite():
        if cell.lower() in {"nan", "-nan"}:
            return None
        raise TrainingDataInvalid(
            f"column {name!r}: line {line} holds {cell!r}, which is not a finite number; correct it or leave it empty",
            f"列 {name!r}：第 {line} 行为 {cell!r}，不是有限的数字；请更正或留空",
        )
    if value.adjusted() > LONGEST:  # arithmetic on it may overflow
        raise TrainingDataInvalid(*too_long(f"column {name!r}", f"列 {name!r}", line, cell))
    return value if value.adjusted() >= -LONGEST else Decimal(0)


def too_long(english: str, chinese: str, line: int, cell: str) -> tuple[str, str]:
    """This function will say in both languages that a number has too many digits."""
    return (
        f"{english}: line {line} holds {cell[:40]!r}, which has too many digits; divide the column or --exclude it",
        f"{chinese}：第 {line} 行为 {cell[:40]!r}，位数过多；请将该列缩小，或用 --exclude 剔除",
    )


def scaled_cell(column: Column, cell: str, *, file: str, line: int) -> int | None:
    """This function will read a cell of another file as a value of a numeric column. Raises: TrainingDataInvalid."""
    value = _number(column.name, line, cell)
    if value is None or abs(_scaled(value, column.decimals)) > LARGEST:
        raise TrainingDataInvalid(
            f"{file}: column {column.name!r}: line {line} holds {cell!r}, not a number; correct it or leave it empty",
            f"{file}：列 {column.name!r}：第 {line} 行为 {cell!r}，不是数字；请更正或留空",
        )
    return _scaled(value, column.decimals)


def _scaled(value: Decimal, decimals: int) -> int:
    return int(value.scaleb(decimals).to_integral_value(ROUND_FLOOR))


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return min(max(0, -exponent), MAX_DECIMALS)
