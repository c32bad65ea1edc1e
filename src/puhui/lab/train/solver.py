"""optbinning in a process of its own: started with a bare interpreter that has it, spoken to in lines of JSON.

This file is run as a script and imports nothing of the product: its solver (ortools) cannot share a process with
others that we need, and the interpreter that has it (`.venv-bench`) need not have us. One line in, one line out:
{"kind", "values", "bad", "share"} to {"cuts"} or {"groups"}.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def solve(order: dict[str, Any]) -> dict[str, Any]:
    """This function will bin one column monotonically, cuts of numbers or groups of categories."""
    import numpy
    from optbinning import OptimalBinning

    number = order["kind"] == "number"
    binning = OptimalBinning(
        dtype="numerical" if number else "categorical",
        solver="cp",
        monotonic_trend="auto_asc_desc" if number else None,
        min_bin_size=order["share"],
        time_limit=30,
    )
    values = numpy.array(order["values"], dtype=float if number else object)
    binning.fit(values, numpy.array(order["bad"]))
    if number:
        return {"cuts": [float(one) for one in binning.splits]}
    return {"groups": [[str(text) for text in group] for group in binning.splits]}


def main() -> None:
    """This function will answer line by line until the input ends."""
    for line in sys.stdin:
        try:
            answer = solve(json.loads(line))
        except Exception as error:  # one column's failure is told, not fatal to the others
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
