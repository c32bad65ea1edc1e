"""The optimal binner: asks a training process that has optbinning; without one, isotonic regression stands in."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.lab.train import solver
from puhui.lab.train.binning import MIN_SHARE, Binning, make_binning
from puhui.lab.train.table import Column, TrainingDataInvalid

Ints = NDArray[np.int64]
CHECK = "import optbinning"
BENCH = Path(".venv-bench/bin/python")


def find_interpreter() -> str | None:
    """This function will return an interpreter that can import optbinning: PUHUI_TRAIN_PYTHON, .venv-bench, or ours."""
    named = os.environ.get("PUHUI_TRAIN_PYTHON")
    for one in [named] if named else [str(BENCH) if BENCH.exists() else None, sys.executable]:
        if one and subprocess.run([one, "-c", CHECK], capture_output=True, check=False).returncode == 0:
            return one
    return None


class OptimalBinner:
    """Bins by optbinning in a process of its own, open as long as the `with` block."""

    def __init__(self, interpreter: str) -> None:
        """This function will remember which interpreter has optbinning."""
        self.interpreter = interpreter

    def __enter__(self) -> OptimalBinner:
        self.process = subprocess.Popen(
            [self.interpreter, solver.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def __call__(self, column: Column, bad: Ints, rows: Ints, special: tuple[int, ...]) -> Binning:
        """This function will bin one column on the given rows only. Raises: TrainingDataInvalid if the process ends."""
        shape = make_binning(
            column, bad, rows, special
        )  # its direction, and the bins if the solver finds none
        cells = column.numbers if column.kind == "number" else column.texts
        kept = [i for i in rows.tolist() if cells[i] is not None and cells[i] not in special]
        answer = self._ask(
            {
                "kind": column.kind,
                "values": [cells[i] for i in kept],
                "bad": bad[kept].tolist(),
                "share": MIN_SHARE,
            }
        )
        if answer.get("cuts"):
            cuts = sorted({math.ceil(one) for one in answer["cuts"]})
            return Binning(
                column=column.name,
                kind="number",
                cuts=tuple(cuts),
                groups=(),
                special=special,
                direction=_direction(column, bad, kept, cuts),
            )
        if answer.get("groups"):
            groups = tuple(tuple(sorted(one)) for one in answer["groups"])
            return Binning(
                column=column.name, kind="category", cuts=(), groups=groups, special=(), direction="category"
            )
        return shape

    def _ask(self, order: dict[str, object]) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise TrainingDataInvalid(
                "the optbinning process ended; use --binning isotonic",
                "optbinning 进程已退出；请用 --binning isotonic",
            )
        found: dict[str, Any] = json.loads(line)
        return found


def _direction(column: Column, bad: Ints, kept: list[int], cuts: list[int]) -> str:
    place = np.searchsorted(np.array(cuts), np.array([column.numbers[i] for i in kept]), side="right")
    first, last = bad[kept][place == 0], bad[kept][place == len(cuts)]
    return (
        "higher_is_riskier" if len(first) and len(last) and last.mean() >= first.mean() else "higher_is_safer"
    )
