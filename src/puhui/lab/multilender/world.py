"""A world of payouts as a file: who is honest, who is planted, and what the sources see of either."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from puhui.lab.worlds.reader import WorldFile, WorldInvalid, WorldTable, read_text

__all__ = ["LenderHabits", "LenderWorld", "PlantedCustomers", "WorldInvalid", "read_lender_world"]

MOST_CUSTOMERS = 1_000_000
HONEST = "honest"  # name of everybody who was not planted


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderHabits:
    """How some customers borrow: means of counts, and shares of a month's income."""

    open_lenders: float  # lenders to whom something is owed
    new_lenders_30d: float  # begun within 30 days
    requests_7d: float  # lenders asked within 7 days
    burden: float  # all instalments as a share of income


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedCustomers:
    """A kind of customers that a scan should catch."""

    name: str  # of the kind
    share: float  # of all customers
    habits: LenderHabits  # at no difficulty
    like_others: float  # how much of the distance to the others is gone at the greatest difficulty


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderWorld:
    """A whole world."""

    name: str  # of the world
    about: str  # in a few words
    dated: str  # day of its sources
    size: int  # customers
    steps: int  # points of the curve, difficulty 0 and 1 included
    income_yuan: float  # median income a month
    income_spread: float  # of its logarithm
    honest: LenderHabits  # everybody who was not planted
    burden_spread: float  # standard deviation of a burden
    coverage_easy: (
        float  # share of true lenders, requests and instalments that the sources see at difficulty 0
    )
    coverage_hard: float  # the same at difficulty 1
    silent: float  # share of payouts about which no source answers
    watch_false: float  # share of the honest who share a name with somebody listed
    identity_false: float  # share of the honest whose identity fails by mistake
    planted: tuple[PlantedCustomers, ...]  # kinds to be caught
    assumed: int  # figures whose source is "assumed"
    figures: int  # figures in all


class _Counting:
    """Takes figures from tables and counts how many of them are assumed."""

    def __init__(self) -> None:
        self.figures, self.assumed = 0, 0

    def take(self, table: WorldTable, key: str, least: float, most: float, *, whole: bool = False) -> float:
        """Take one figure between two bounds."""
        value, source = table.number(key, least, most, whole=whole)
        self.figures += 1
        self.assumed += source == "assumed"
        return value

    def habits(self, table: WorldTable) -> LenderHabits:
        """Take the four habits."""
        return LenderHabits(
            open_lenders=self.take(table, "open_lenders", 0, 100),
            new_lenders_30d=self.take(table, "new_lenders_30d", 0, 100),
            requests_7d=self.take(table, "requests_7d", 0, 100),
            burden=self.take(table, "burden", 0, 10),
        )


def read_lender_world(path: Path) -> LenderWorld:
    """This function will read a world's file. Raises: WorldInvalid naming file, line and remedy."""
    file, count = WorldFile(read_text(path), file=path.name), _Counting()
    head, honest, sources = file.table("world"), file.table("honest"), file.table("sources")
    rows = file.rows("planted", least=0)  # a world may hold the honest alone
    file.done()
    planted = tuple(_planted(row, count) for row in rows)
    names = [one.name for one in planted]
    for row, name in zip(rows, names, strict=True):
        if name == HONEST or names.count(name) > 1:
            raise row.invalid(
                "name", f"{name!r} is taken; give each kind a name of its own, other than {HONEST!r}",
                f"{name!r} 已被占用；每种人要有自己的名字，且不能是 {HONEST!r}",
            )  # fmt: skip
    if (whole := sum(one.share for one in planted)) > 1 + 1e-9:
        raise rows[0].invalid(
            "share", f"the kinds together are {whole:g} of all customers; make it 1 at most",
            f"各种人合计占全部客户的 {whole:g}；最多为 1",
        )  # fmt: skip
    world = LenderWorld(
        name=head.text("name"),
        about=head.text("about"),
        dated=head.text("dated"),
        size=int(count.take(head, "size", 100, MOST_CUSTOMERS, whole=True)),
        steps=int(count.take(head, "steps", 2, 101, whole=True)),
        income_yuan=count.take(honest, "income_yuan", 1, 10_000_000),
        income_spread=count.take(honest, "income_spread", 0, 3),
        honest=count.habits(honest),
        burden_spread=count.take(honest, "burden_spread", 0, 2),
        coverage_easy=count.take(sources, "coverage_easy", 0, 1),
        coverage_hard=count.take(sources, "coverage_hard", 0, 1),
        silent=count.take(sources, "silent", 0, 1),
        watch_false=count.take(sources, "watch_false", 0, 1),
        identity_false=count.take(sources, "identity_false", 0, 1),
        planted=planted,
        figures=count.figures,
        assumed=count.assumed,
    )
    for table in (head, honest, sources, *rows):
        table.done()
    if world.coverage_hard > world.coverage_easy:
        raise sources.invalid(
            "coverage_hard", "is above coverage_easy; the sources see less where it is harder",
            "大于 coverage_easy；越难，各来源看到的越少",
        )  # fmt: skip
    return world


def _planted(row: WorldTable, count: _Counting) -> PlantedCustomers:
    return PlantedCustomers(
        name=row.text("name"),
        share=count.take(row, "share", 0, 1),
        habits=count.habits(row),
        like_others=count.take(row, "like_others", 0, 1),
    )
