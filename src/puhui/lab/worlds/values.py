"""A world as a value: the figures and forms of one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from puhui.lab.planbook import LoanShape
from puhui.lab.worlds.mechanisms import FORMS, SHARE, Bounds, find_form
from puhui.lab.worlds.reader import WorldFile, WorldInvalid, WorldTable, read_text

KINDS = ("forgets", "until_payday", "distressed", "avoiding", "disputing")
ANY: Bounds = (0.0, 1e9)
# Every table of single figures: key and bounds. A form adds the figures that it needs.
TABLES: Mapping[str, Mapping[str, Bounds]] = {
    "household": {
        "income_to_instalment": (0.5, 100), "income_spread": (0, 3), "essential_share": SHARE,
        "discretionary_share": SHARE, "other_debt_share": SHARE, "cash_to_income": (0, 24), "cash_spread": (0, 3),
    },
    "shock": {"lost_least": SHARE, "lost_most": SHARE, "again_monthly": SHARE, "regained": SHARE},
    "payment": {
        "partial_daily": SHARE, "partial_least": SHARE, "discouraged_after_days": (1, 180), "discouraged": SHARE,
        "written_off_after_days": (60, 720), "recovered": SHARE,
    },
    "reminder": {},
    "asking": {"heard": (0, 100), "sees_due": SHARE},
    "card": {"takes": SHARE, "dearer": SHARE, "unasked": SHARE, "answers": SHARE},
    "promise": {"alone": SHARE, "person": SHARE, "kept_daily": SHARE, "broken": SHARE},
    "complaint": {"fades_daily": SHARE, "message": (0, 100), "after_asking": (0, 100)},
    "disclosure": {
        "honest": SHARE, "shades": SHARE, "shade": SHARE, "hopes_months": (0, 24), "forges": SHARE, "found": SHARE,
        "proves": SHARE,
    },
    "dispute": {"settles_daily": SHARE, "after_asking": (0, 1000)},
    "autopay": {"takes": SHARE},
    "cost": {"message": ANY, "plan": ANY, "complaint": ANY, "money_year": (0, 1)},
}  # fmt: skip
WITH_FORM = {"shock": "recovery", "payment": "payment", "reminder": "reminder", "asking": "asking", "card": "card",
             "complaint": "complaint"}  # fmt: skip
KIND: Mapping[str, Bounds] = {
    "share": SHARE, "pays_daily": SHARE, "remembers_daily": SHARE, "lost": SHARE, "squeezes_daily": SHARE,
    "asks": (0, 100), "takes": (0, 100), "cash": (0, 100),
}  # fmt: skip
LOAN: Mapping[str, Bounds] = {
    "principal_yuan": (100, 200_000), "months": (3, 36), "annual_rate": (0, 0.24), "penalty_daily": (0, 0.001),
    "paid": (0, 35), "weight": (1, 1_000),
}  # fmt: skip
# What a world without effect says in place of the file's figures.
NO_EFFECT: Mapping[str, Mapping[str, float]] = {
    "asking": {"sees_due": 0}, "card": {"takes": 0, "unasked": 0}, "dispute": {"after_asking": 1},
    "autopay": {"takes": 0}, "cost": {"message": 0, "plan": 0},
}  # fmt: skip
WHOLE = {"principal_yuan", "months", "paid", "weight"}  # figures of a loan that count something
DAYS = (date(2000, 1, 1), date(2100, 1, 1))  # calendars and loans end somewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How likely a message of a channel is heard at some hours."""

    channel: str  # "app", "sms", "robot", …
    hours: str  # as the product's schedules call them: "08-12", …
    share: float  # heard, of those who were never written to before


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a file, for the sweep and the docs."""

    table: str  # of the file
    row: str  # name of the row, "" for a single table
    key: str  # of the figure
    value: float  # as written
    source: str  # where it is from, or "assumed"
    bounds: Bounds  # least and most


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One world."""

    name: str  # short, as in reports
    about: str  # what is peculiar to it
    dated: date  # of its figures
    day_zero: date  # the due date that is missed
    size: int  # households of a cohort
    zero_effect: bool  # whether nothing that a lender does may change anything
    shapes: tuple[LoanShape, ...]  # loans
    kinds: tuple[Mapping[str, float], ...]  # in the order of KINDS
    given: Mapping[str, Mapping[str, float]]  # figures by table
    forms: Mapping[str, Callable[..., object]]  # by slot
    form_names: Mapping[str, str]  # by slot
    reach: tuple[Reach, ...]  # by channel and hours
    figures: tuple[Figure, ...]  # every figure with its source

    def heard_share(self, channel: str, hours: str) -> float:
        """Return how likely a first message is heard. Raises: ValueError naming the channels and hours of the file."""
        for one in self.reach:
            if (one.channel, one.hours) == (channel, hours):
                return one.share
        known = ", ".join(f"{one.channel} {one.hours}" for one in self.reach)
        raise ValueError(
            f"the world {self.name} says nothing of messages by {channel} at {hours}; it knows {known}"
        )

    def changed(self, figure: Figure, value: float) -> World:
        """Return the same world with one figure of a single table or of a kind replaced."""
        if figure.table == "kind":
            place = KINDS.index(figure.row)
            kinds = [dict(one) for one in self.kinds]
            kinds[place][figure.key] = value
            return replace(self, kinds=tuple(kinds))
        if figure.table == "reach":
            channel, hours = figure.row.split()
            return replace(self, reach=tuple(
                replace(one, share=value) if (one.channel, one.hours) == (channel, hours) else one
                for one in self.reach
            ))  # fmt: skip
        table = {**self.given[figure.table], figure.key: value}
        return replace(self, given={**self.given, figure.table: table})

    def without_effect(self) -> World:
        """Return the world of the same households in which nothing that a lender does changes anything: nobody hears,
        takes or minds it, it costs nothing, and lateness bears no penalty that could be held.
        """
        cut = {table: {**self.given[table], **figures} for table, figures in NO_EFFECT.items()}
        return replace(
            self, zero_effect=True, given={**self.given, **cut},
            forms={**self.forms, "reminder": _nothing, "complaint": _nothing},
        )  # fmt: skip


class _Parse:
    """Collects the figures while a file is read."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def take(self, row: WorldTable, table: str, name: str, keys: Mapping[str, Bounds]) -> dict[str, float]:
        """Take all keys of a table or row."""
        found = {}
        for key, (least, most) in keys.items():
            value, source = row.number(key, least, most, whole=table == "loan" and key in WHOLE)
            found[key] = value
            self.figures.append(
                Figure(table=table, row=name, key=key, value=value, source=source, bounds=(least, most))
            )
        return found


def parse_world(text: str, *, file: str) -> World:
    """This function will read a world's file. Raises: WorldInvalid naming file, line and remedy."""
    source, parse = WorldFile(text, file=file), _Parse()
    head = source.table("world")
    name, about = head.text("name"), head.text("about")
    dated, zero = _day(head, "dated"), _day(head, "day_zero")
    effect = head.choice("effect", ("some", "none"))
    size = int(head.number("size", 10, 1_000_000, whole=True)[0])
    head.done()
    loans = source.rows("loan")
    shapes = [_shape(row, parse) for row in loans]
    _once("name", loans, [one.name for one in shapes])
    kinds = _kinds(source, parse)
    given: dict[str, Mapping[str, float]] = {}
    forms: dict[str, Callable[..., object]] = {}
    names: dict[str, str] = {}
    for table, keys in TABLES.items():
        row = source.table(table)
        wanted = dict(keys)
        if slot := WITH_FORM.get(table):
            names[slot] = row.choice("form", FORMS[slot], plug=True)
            try:
                form = find_form(slot, names[slot])
            except ValueError as fault:
                raise row.invalid(
                    "form", str(fault), f"找不到机制 {names[slot]}；请安装这个模块，或写另一个机制"
                ) from None
            forms[slot] = form.does
            wanted |= form.figures
        given[table] = parse.take(row, table, "", wanted)
        row.done()
    reach = []
    places = source.rows("reach")
    for row in places:
        channel, hours = _word(row, "channel"), _word(row, "hours")
        share = parse.take(row, "reach", f"{channel} {hours}", {"share": SHARE})["share"]
        reach.append(Reach(channel=channel, hours=hours, share=share))
        row.done()
    _once("channel", places, [(one.channel, one.hours) for one in reach])
    source.done()
    _check(source, given)
    world = World(
        name=name, about=about, dated=dated, day_zero=zero, size=size, zero_effect=False,
        shapes=tuple(shapes), kinds=kinds, given=given, forms=forms, form_names=names, reach=tuple(reach),
        figures=tuple(parse.figures),
    )  # fmt: skip
    return world.without_effect() if effect == "none" else world


def _nothing(state: NDArray[np.float64], given: Mapping[str, float]) -> NDArray[np.float64]:
    """A form of what never happens."""
    return np.zeros_like(state)


def read_world(path: Path) -> World:
    """This function will read a world's file from disk. Raises: WorldInvalid."""
    return parse_world(read_text(path), file=path.name)


def _day(row: WorldTable, key: str) -> date:
    try:
        found = date.fromisoformat(row.text(key))
    except ValueError:
        raise row.invalid(
            key, f'write {key} = "YYYY-MM-DD"', f'请写 {key} = "年-月-日"，如 "2026-12-15"'
        ) from None
    if not DAYS[0] <= found < DAYS[1]:
        raise row.invalid(
            key, f"{found} is out of bounds; write a day from {DAYS[0]} to before {DAYS[1]}",
            f"{found} 超出范围；请写 {DAYS[0]} 起、{DAYS[1]} 之前的日期",
        )  # fmt: skip
    return found


def _word(row: WorldTable, key: str) -> str:
    found = row.text(key)
    if len(found.split()) != 1:
        raise row.invalid(key, f"{found!r} has blanks; write one word", f"{found!r} 含有空格；请写成一个词")
    return found


def _once(key: str, rows: Sequence[WorldTable], names: Sequence[object]) -> None:
    """Refuse a row that is named like one before it."""
    for place, name in enumerate(names):
        if name in names[:place]:
            said = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
            raise rows[place].invalid(
                key, f"{said!r} stands twice; give each row its own", f"{said!r} 写了两次；每一行要各不相同"
            )


def _shape(row: WorldTable, parse: _Parse) -> LoanShape:
    name = row.text("name")
    got = parse.take(row, "loan", name, LOAN)
    if got["paid"] >= got["months"]:
        raise row.invalid(
            "paid",
            "is not below months; one instalment must be left to miss",
            "不小于 months；至少要留一期未还",
        )
    row.done()
    return LoanShape(
        name=name, principal_minor=int(got["principal_yuan"]) * 100, months=int(got["months"]),
        annual_rate_ppm=round(got["annual_rate"] * 1_000_000),
        penalty_daily_ppm=round(got["penalty_daily"] * 1_000_000), paid=int(got["paid"]), weight=int(got["weight"]),
    )  # fmt: skip


def _kinds(source: WorldFile, parse: _Parse) -> tuple[Mapping[str, float], ...]:
    found: dict[str, Mapping[str, float]] = {}
    for row in source.rows("kind"):
        name = row.choice("name", KINDS)
        if name in found:
            raise row.invalid(
                "name", f"{name!r} stands twice; give each one row", f"{name!r} 写了两次；每种人写一行"
            )
        found[name] = parse.take(row, "kind", name, KIND)
        row.done()
    first = source.line_of("kind")
    if missing := [one for one in KINDS if one not in found]:
        raise WorldInvalid(
            f"[[kind]] lacks {', '.join(missing)}; add the row", f"[[kind]] 缺少 {'、'.join(missing)}；请加上这一行",
            file=source.file, line=first,
        )  # fmt: skip
    whole = sum(one["share"] for one in found.values())
    if abs(whole - 1) > 1e-6:
        raise WorldInvalid(
            f"the shares of [[kind]] add up to {whole:g}; make it 1", f"[[kind]] 的 share 合计为 {whole:g}；应为 1",
            file=source.file, line=first,
        )  # fmt: skip
    return tuple(found[one] for one in KINDS)


def _check(source: WorldFile, given: Mapping[str, Mapping[str, float]]) -> None:
    if given["shock"]["lost_least"] > given["shock"]["lost_most"]:
        raise WorldInvalid(
            "[shock] lost_least is above lost_most; swap them", "[shock] lost_least 大于 lost_most；请对调",
            file=source.file, line=source.line_of("shock"),
        )  # fmt: skip
    told = given["disclosure"]
    if told["honest"] + told["shades"] + told["forges"] > 1 + 1e-9:
        raise WorldInvalid(
            "[disclosure] honest, shades and forges add up to more than 1; the rest withhold their budget",
            "[disclosure] honest、shades、forges 合计超过 1；其余的人不说明收支", file=source.file,
            line=source.line_of("disclosure"),
        )  # fmt: skip
