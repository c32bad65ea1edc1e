"""From the cells of a chunk to the whole numbers and codes that the evaluators read, or an error with the line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute as compute
from numpy.typing import NDArray

from puhui.lab.score.errors import ScoringDataInvalid
from puhui.lab.train.files import MISSING_WORDS, as_texts
from puhui.lab.train.table import LARGEST
from puhui.lab.train.vector import Values

Floats = NDArray[np.float64]
WORDS = pyarrow.array(MISSING_WORDS)
ULPS = 3  # a decimal of up to 15 digits times a power of ten is this near to its whole number
MANY = 30  # values from which "none was ever seen in training" is no accident
ABSENT, UNSEEN = -1, -2  # codes of a category


@dataclass(slots=True, kw_only=True)
class Reader:
    """One column of the model over the whole file; counts as it goes."""

    file: str  # name, for errors
    name: str  # column
    decimals: int  # of a number
    known: list[str] | None  # texts seen in training; None for a number
    word: str = "line"  # what a row is called in errors
    rows: int = 0  # read so far
    absent: int = 0  # of them without a value
    unseen: int = 0  # of them with a text never seen in training
    numeric: int = 0  # unseen texts that are numbers
    example: str = ""  # the first unseen text

    def read(self, column: Any, *, first: int) -> Values:
        """This function will convert a chunk; `first` is the number of its first row in the file."""
        if pyarrow.types.is_nested(column.type) or pyarrow.types.is_binary(column.type):
            raise ScoringDataInvalid(
                f"{self._where()} has type {column.type}; a column holds one number or one text a row, convert it",
                f"{self._where_zh()} 的类型是 {column.type}；每行应为一个数字或一段文字，请转换",
            )
        self.rows += len(column)
        if self.known is not None:
            return self._codes(column)
        return self._numbers(column, first)

    def finish(self, *, allow_empty: bool) -> None:
        """This function will refuse a column that was all empty, or of another kind of text than in training."""
        if self.rows > 1 and self.absent == self.rows and not allow_empty:
            raise ScoringDataInvalid(
                f"{self._where()} is empty in all {self.rows} {self.word}s; fill it, or say --allow-empty {self.name}"
                " if nobody has a value",
                f"{self._where_zh()} 的 {self.rows} 行全部为空；请填写，若确实都没有值，请用 --allow-empty {self.name}",
            )
        filled = self.rows - self.absent
        if filled and self.numeric == filled:
            raise ScoringDataInvalid(
                f"{self._where()} holds numbers such as {self.example!r}, the model knows texts such as"
                f" {self._few()}; it has another type than in training, write it as there",
                f"{self._where_zh()} 为 {self.example!r} 这样的数字，模型只认识 {self._few()} 这样的文字；类型与训练时不同，请用同样的写法",
            )
        if filled >= MANY and self.unseen == filled:
            raise ScoringDataInvalid(
                f"{self._where()}: none of its {filled} values was seen in training (such as {self.example!r});"
                f" the model knows {self._few()}; write them as in training",
                f"{self._where_zh()}：{filled} 个取值训练时都未出现（例如 {self.example!r}）；模型认识 {self._few()}，请用同样的写法",
            )

    def _where(self) -> str:
        return f"{self.file}: column {self.name!r}"

    def _where_zh(self) -> str:
        return f"{self.file}：列 {self.name!r}"

    def _few(self) -> str:
        return ", ".join(repr(one) for one in sorted(self.known or [])[:3])

    def _codes(self, column: Any) -> Values:
        texts = _clean(column)
        present = texts.is_valid().to_numpy(zero_copy_only=False)
        self.absent += int((~present).sum())
        found = compute.index_in(texts, value_set=pyarrow.array(self.known, type=pyarrow.string()))
        codes = compute.fill_null(found, UNSEEN).to_numpy(zero_copy_only=False).astype(np.int64)
        codes[~present] = ABSENT
        new = codes == UNSEEN
        if new.any():
            self.unseen += int(new.sum())
            every = texts.filter(pyarrow.array(new))
            self.example = self.example or every[0].as_py()
            counts = compute.value_counts(every).to_pylist()
            self.numeric += sum(one["counts"] for one in counts if _is_number(one["values"]))
        return Values(numbers=None, codes=codes)

    def _numbers(self, column: Any, first: int) -> Values:
        kind = column.type
        if pyarrow.types.is_boolean(kind) or pyarrow.types.is_temporal(kind):
            raise ScoringDataInvalid(
                f"{self._where()} has type {kind}, the model knows numbers; it has another type than in training, convert it",
                f"{self._where_zh()} 的类型是 {kind}，模型需要数字；类型与训练时不同，请转换",
            )
        if pyarrow.types.is_integer(kind) or pyarrow.types.is_float64(kind):
            plain = column.cast(pyarrow.float64(), safe=False)
        else:
            plain = self._parsed(_clean(column), first)
        values = plain.to_numpy(zero_copy_only=False)
        filled = plain.is_valid().to_numpy(zero_copy_only=False) & ~np.isnan(values)
        self.absent += int((~filled).sum())
        self._refuse_first(np.isinf(values), column, first, "is not a finite number", "不是有限的数字")
        scaled = scale(values, self.decimals)
        # As in training: beyond it evaluators part.
        self._refuse_first(np.abs(scaled) > LARGEST, column, first, "has too many digits", "位数过多")
        return Values(numbers=scaled, codes=None)

    def _refuse_first(self, wrong: Any, column: Any, first: int, said: str, said_zh: str) -> None:
        """Name the first row that is `wrong`, a mask over the column. Raises: ScoringDataInvalid where there is one."""
        found = np.flatnonzero(wrong)
        if len(found):
            at = int(found[0])
            value = repr(str(column[at].as_py())[:40])
            raise ScoringDataInvalid(
                f"{self._where()}: {self.word} {first + at} holds {value}, which {said}; correct it or leave it empty",
                f"{self._where_zh()}：第 {first + at} 行为 {value}，{said_zh}；请更正或留空",
            )

    def _parsed(self, texts: Any, first: int) -> Any:
        try:
            return texts.cast(pyarrow.float64())
        except pyarrow.ArrowInvalid:
            pass
        found: list[float | None] = []
        for place, text in enumerate(texts.to_pylist()):
            try:
                found.append(None if text is None else float(Decimal(text)))
            except InvalidOperation:
                raise ScoringDataInvalid(
                    f"{self._where()}: {self.word} {first + place} holds {text!r}, the model knows numbers;"
                    " it has another type than in training, or the cell is wrong: write a plain number such as 12000.5",
                    f"{self._where_zh()}：第 {first + place} 行为 {text!r}，模型需要数字；请写成 12000.5 这样的数字",
                ) from None
        return pyarrow.array(found, type=pyarrow.float64())


def scale(values: Floats, decimals: int) -> Floats:
    """This function will return `values` × 10 ** decimals, rounded down to whole numbers, NaN staying NaN.

    A decimal with that many digits becomes exactly its whole number, although binary fractions are not exact.
    """
    scaled = values * float(10**decimals)
    whole = np.rint(scaled)
    exact = np.abs(scaled - whole) <= ULPS * np.spacing(np.abs(scaled))
    return np.asarray(np.where(exact, whole, np.floor(scaled)), dtype=np.float64)


def _clean(column: Any) -> Any:
    """The cells as stripped texts, null where there is no value."""
    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pyarrow.types.is_float32(column.type) or pyarrow.types.is_float16(column.type):
        column = column.cast(pyarrow.string())  # the shortest digits, not the nearest double's
    if not (pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type)):
        column = pyarrow.array(as_texts(column), type=pyarrow.string())
    texts = compute.utf8_trim_whitespace(column.cast(pyarrow.string()))
    missing = compute.is_in(texts, value_set=WORDS)
    return compute.if_else(missing, pyarrow.scalar(None, type=pyarrow.string()), texts)


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True
