"""What differs between two arms on the same households, with a 95 % interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964
RESAMPLES = 2_000  # of the bootstrap
SMALL = 5_000  # households below which the bootstrap is taken in place of the paired t


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A mean paired difference."""

    mean: float  # of arm less base
    low: float  # end of the 95 % interval
    high: float  # end of the 95 % interval

    @property
    def sign(self) -> int:
        """-1, 1, or 0 where the interval holds zero."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def paired(arm: NDArray[np.float64], base: NDArray[np.float64], *, seed: int) -> Difference:
    """This function will compare two arms household by household: paired t, or a seeded bootstrap of few households."""
    apart = np.asarray(arm, np.float64) - np.asarray(base, np.float64)
    mean = float(apart.mean())
    if len(apart) < SMALL:
        rng = np.random.Generator(np.random.Philox(key=[seed, 2]))
        drawn = [float(apart[rng.integers(0, len(apart), len(apart))].mean()) for _ in range(RESAMPLES)]
        low, high = (float(one) for one in np.quantile(drawn, [0.025, 0.975]))
        return Difference(mean=mean, low=low, high=high)
    half = Z95 * float(apart.std(ddof=1)) / math.sqrt(len(apart))
    return Difference(mean=mean, low=mean - half, high=mean + half)
