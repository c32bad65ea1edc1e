"""A scorecard goes to a spreadsheet and back: points change, nothing else, and two people let it decide."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from puhui.decisions.domain.scorecard import parse_scorecard
from puhui.decisions.registry import queries
from puhui.decisions.registry.domain import ModelState
from puhui.decisions.registry.points import PointsInvalid, read_points, write_points
from puhui.journeys import model_workbooks, models
from puhui.journeys.model_workbooks import PointsRefused
from tests.decisions_kit import MODEL_TEXT
from tests.operations.test_model_registry import FIRST, Desk
from tests.operations.web_kit import staff

pytestmark = pytest.mark.django_db
SEED = 20261122


@pytest.fixture
def desk(db: None, tmp_path: Path, settings: Any) -> Iterator[Desk]:
    made = Desk(tmp_path)
    settings.MODEL_KEY_FILE = str(made.key)
    yield made
    made.world.close()


def edited(body: bytes, edit: Callable[[Any], None]) -> bytes:
    book, out = load_workbook(io.BytesIO(body)), io.BytesIO()
    edit(book)
    book.save(out)
    return out.getvalue()


def put(book: Any, **cells: Any) -> None:
    """`bins__E3=4` writes a cell of sheet bins."""
    for place, value in cells.items():
        sheet, _, cell = place.partition("__")
        book[sheet][cell] = value


def column(book: Any, name: str) -> int:
    return next(cell.column for cell in book["bins"][1] if cell.value == name)


def shipped(desk: Desk) -> str:
    return models.list_registered(desk.world.now)[-1].id


def rename(book: Any, name: str = "scorecard-by-hand") -> None:
    page = book["scorecard"]
    page.cell(next(row for row in range(3, 9) if page.cell(row, 1).value == "name"), 2).value = name


def test_edited_points_are_proposed_and_two_people_let_them_decide(desk: Desk) -> None:
    base = shipped(desk)
    name, body = model_workbooks.write(base, desk.world.now)
    assert name == "scorecard-2026-11-01"

    def edit(book: Any) -> None:
        rename(book)
        place = column(book, "points")
        book["bins"].cell(3, place).value += 7

    made = model_workbooks.propose(body=edited(body, edit), owner="risk desk", by=FIRST, now=desk.world.now)
    assert made.state is ModelState.PROPOSED and made.signed == "edited" and made.figures is None
    [change] = queries.list_points_changes(made.id)
    assert change.after == change.before + 7 and change.feature == "inq_last_6mths"
    card, before = queries.get_scorer(made.id), parse_scorecard(MODEL_TEXT, name="shipped")
    values: dict[str, Any] = {"inq_last_6mths": 0}
    assert card.evaluate(values).points == before.evaluate(values).points + 7  # type: ignore[union-attr]
    page = staff("analyst").get(f"/staff/models/{made.id}").content.decode()
    assert "Points that differ" in page and "measured by nobody yet" in page and "&lt; 1" in page
    for act in ("shadow", "crown"):
        desk.move(made.id, act)
    assert desk.state(made.id) is ModelState.CHAMPION
    again = model_workbooks.write(made.id, desk.world.now)[1]  # and an edited one is edited again
    assert load_workbook(io.BytesIO(again))["bins"].cell(3, 5).value == change.after


def test_the_page_gives_the_workbook_and_takes_it_back(desk: Desk) -> None:
    client, base = staff("analyst"), shipped(desk)
    given = client.get(f"/staff/models/{base}.xlsx")
    assert given.status_code == 200 and "scorecard-2026-11-01.xlsx" in given["Content-Disposition"]

    def edit(book: Any) -> None:
        rename(book, "scorecard-by-page")
        book["bins"].cell(3, column(book, "points")).value += 1

    file = io.BytesIO(edited(given.content, edit))
    file.name = "back.xlsx"
    taken = client.post("/staff/models", {"files": file, "kind": "scorecard", "owner": "risk desk"})
    assert taken.status_code == 302, taken.content.decode()[:2000]
    assert "scorecard-by-page" in client.get("/staff/models").content.decode()
    assert staff("complaints").get(f"/staff/models/{base}.xlsx").status_code == 403
    assert client.get(f"/staff/models/{'0' * 26}.xlsx").status_code == 404


def unordered(book: Any) -> None:
    rename(book)
    book["bins"].cell(4, column(book, "points")).value = 99


def uncounted(book: Any) -> None:
    rename(book)
    book["bins"].cell(4, column(book, "rows")).value = 1


@pytest.mark.parametrize(
    ("edit", "cell", "why"),
    [
        (rename, "", "no points differ"),
        (lambda book: put(book, bins__E3=20), "", "not another name"),
        (unordered, "bins!E5", "only rise or only fall"),
        (uncounted, "bins!C4", "only points change"),
        (lambda book: book["bins"].delete_rows(5), "", "each once and in their order"),
        (lambda book: (rename(book), put(book, bins__E3=4000)), "", "totals would reach"),
    ],
)
def test_what_is_no_scorecard_is_refused_where_it_stands(
    desk: Desk, edit: Callable[[Any], None], cell: str, why: str
) -> None:
    _, body = model_workbooks.write(shipped(desk), desk.world.now)
    with pytest.raises(PointsRefused) as refused:
        model_workbooks.propose(body=edited(body, edit), owner="risk desk", by=FIRST, now=desk.world.now)
    assert why in str(refused.value.facts["why"]), refused.value.facts
    assert not cell or refused.value.facts["cell"] == cell
    assert len(models.list_registered(desk.world.now)) == 1


def test_points_written_and_read_are_the_same_card_but_for_what_was_edited() -> None:
    rng = random.Random(SEED)
    body = json.loads(MODEL_TEXT)
    text = write_points(MODEL_TEXT)
    with pytest.raises(PointsInvalid, match="no points differ"):
        read_points(MODEL_TEXT, text)
    for _ in range(20):
        base = body["base_points"] + rng.choice([-3, -2, -1, 1, 2, 3])
        other = text.replace(f"base_points = {body['base_points']}", f"base_points = {base}")
        other = other.replace('name = "scorecard-2026-11-01"', f'name = "card-{base}"')
        document, changes = read_points(MODEL_TEXT, other)
        made = json.loads(document)
        assert [(one.feature, one.after) for one in changes] == [("", base)], SEED
        assert made["features"] == body["features"], SEED
        card, before = parse_scorecard(document, name="edited"), parse_scorecard(MODEL_TEXT, name="shipped")
        assert card.base_points == base, SEED
        assert all(card.pd_of(total) == before.pd_of(total) for total in range(300, 900)), SEED
