"""Why a portfolio cannot be read or written: the facts say which file, what was expected and what was found."""

from __future__ import annotations

from puhui.core.refusals import Refusal


class PortfolioMissing(Refusal):
    """There is no manifest in a folder."""


class PortfolioBusy(Refusal):
    """Another run writes to the same folder."""


class PortfolioExists(Refusal):
    """The folder to write to already holds something else."""


class ShardDamaged(Refusal):
    """A shard is truncated or not what its manifest says."""


class SemanticsUnknown(Refusal):
    """A shard was written for other rules than ours."""


class DiskFull(Refusal):
    """There was no room to write a file."""


class LoansNotValued(Refusal):
    """Some loans of a portfolio could not be worked out, and nobody asked to publish without them."""
