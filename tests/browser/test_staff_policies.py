"""A credit policy and a product go from text to force through the pages, and it takes two people."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from puhui.access import operations as access
from puhui.decisions.queries import get_rules
from puhui.journeys import house
from puhui.products.queries import get_product
from puhui.protection.texts.workbook.excel import read_workbook
from puhui.runtime.clock import utc_now
from puhui.runtime.transactions import transaction
from tests.browser.kit import Walk
from tests.browser.test_staff_pages import PASSWORD, Make, sign_in
from tests.decisions_kit import POLICIES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST, SECOND = "tang.wei", "lu.ning"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PRICES = "prices/2026-07-01.toml"
CREDIT, PRODUCT = "credit/2026-11-01.toml", "products/haoqidai-2026-11-01.toml"


@pytest.fixture
def people(transactional_db: None, tmp_path: Path, settings: Any) -> None:
    """Two people and an empty folder for what they publish."""
    settings.PUBLISHED_DIR = tmp_path / "published"
    for login, role in ((FIRST, "analyst"), (SECOND, "operations")):
        with transaction():
            access.create_staff(login=login, password=PASSWORD, role=role, now=utc_now())


def free_day() -> date:
    """Tomorrow, or the day after the last text that is shipped already: a text of a day is never replaced."""
    shipped = [
        date.fromisoformat(path.stem[-10:])
        for folder in ("credit", "prices", "products")
        for path in (POLICIES / folder).glob("*.toml")
    ]
    return max(house.today(utc_now()), *shipped) + timedelta(days=1)


def publish(asks: Walk, agrees: Walk, path: str, old: str, new: str) -> None:
    """Draft a text from the one that holds, with one change, and let a second person agree."""
    first = free_day()
    day = path[-15:-5]
    asks.go(f"/staff/policies?from={path}")
    asks.check("staff-policies", shot=path == CREDIT and asks.width == 1440)
    text = asks.page.input_value("#f-text")
    assert text.strip() == (POLICIES / path).read_text(encoding="utf-8").strip()
    asks.page.fill("#f-text", text.replace(old, new))
    asks.press("Check and keep as a draft", "检查并存为草案")
    assert (
        day in asks.page.locator("main").inner_text()
    )  # its day is past: told which, and nothing typed is lost
    assert asks.page.input_value("#f-text").strip() == text.replace(old, new).strip()
    asks.errors.clear()  # the browser notes that a refusal is no 200
    asks.check("staff-policies-refused")
    dated = text.replace(old, new)
    for name in (f'version = "{day}"', f"valid_from = {day}"):
        dated = dated.replace(name, name.replace(day, str(first)))
    asks.page.select_option("#f-folder", path.partition("/")[0])
    asks.page.fill("#f-text", dated)
    asks.press("Check and keep as a draft", "检查并存为草案")
    assert asks.heading().endswith(f"{first}.toml")
    shown = asks.page.locator("tr.ins .asis").all_inner_texts()
    assert any(new in one for one in shown), shown
    asks.page.fill("#f-why", "Our own losses are lower")
    asks.press("Ask for a second person", "提交复核")
    asks.check("staff-policy-draft", shot=path == CREDIT and asks.width == 1440)
    few = asks.page.locator("td.asis").count()
    asks.press("Whole text", "全文")
    assert asks.page.locator("td.asis").count() > few > 0
    agrees.go(asks.page.url.removeprefix(agrees.server))
    agrees.follow(agrees.page.locator("main a[href*='/approval/']"))
    agrees.check("staff-approval-policy")
    agrees.follow(agrees.page.locator("main button[name=agreed][value='1']"))
    agrees.work()
    asks.go("/staff/policies")
    assert str(first) in asks.page.locator("table").first.inner_text()


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1440), ("en", 1200)])
def test_a_policy_and_a_product_go_from_text_to_force(
    walks: Make, people: None, language: str, width: int
) -> None:
    """Refused when back-dated, shown beside what it replaces, in force from its first day on."""
    asks, agrees = walks(language=language, width=width), walks(language=language, width=width)
    sign_in(asks, FIRST)
    sign_in(agrees, SECOND)
    publish(asks, agrees, CREDIT, "line_days = 365", "line_days = 180")
    publish(asks, agrees, PRODUCT, "max_minor = 200_000_00", "max_minor = 150_000_00")
    first = free_day()
    around = (first - timedelta(days=1), first)
    days = [get_rules(jurisdiction="CN", on_date=day).policy.line_days for day in around]
    most = [get_product(id="haoqidai", on_date=day).amount_max_minor for day in around]
    assert days == [365, 180] and most == [200_000_00, 150_000_00]
    asks.go("/staff/policies")
    asks.follow(asks.page.locator("tbody a"))
    asks.check("staff-policy")


def edited(body: bytes, *changes: tuple[str, str, object]) -> dict[str, Any]:
    """A file for the upload field: a workbook after a spreadsheet."""
    book = load_workbook(io.BytesIO(body))
    for sheet, cell, value in changes:
        book[sheet][cell] = value
    saved = io.BytesIO()
    book.save(saved)
    return {"name": "prices.xlsx", "mimeType": XLSX, "buffer": saved.getvalue()}


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1440), ("en", 1200)])
def test_prices_go_through_a_spreadsheet_into_a_draft(
    walks: Make, people: None, language: str, width: int
) -> None:
    """Downloaded, refused with every cell at fault, then kept as a draft that shows the one line that changed."""
    walk = walks(language=language, width=width)
    sign_in(walk, FIRST)
    walk.go("/staff/policies")
    with walk.page.expect_download() as loading:
        walk.page.click(f"main a[href$='/{PRICES.removesuffix('.toml')}.xlsx']")
    assert loading.value.suggested_filename == "prices-2026-07-01.xlsx"
    body = Path(loading.value.path()).read_bytes()
    assert read_workbook(body).text == (POLICIES / PRICES).read_text(encoding="utf-8")
    day = free_day()
    dated = (("prices", "B5", str(day)), ("prices", "B6", day))
    bad = edited(body, *dated, ("grade", "F3", 1.5), ("grade", "B4", "=30000+1000"), ("grade", "H5", "note"))
    walk.page.set_input_files("#f-file", files=[bad])
    walk.press("Check and keep as a draft", "检查并存为草案")
    said = walk.page.locator("[role=alert]").inner_text()
    assert all(cell in said for cell in ("grade!F3", "grade!B4", "grade!H5")), said
    assert ("只粘贴值" if language == "zh-hans" else "paste its value only") in said
    walk.errors.clear()  # the browser notes that a refusal is no 200
    walk.check("staff-policies-workbook-refused", shot=width == 1440)
    walk.page.set_input_files("#f-file", files=[edited(body, *dated, ("grade", "F3", 12_000))])
    walk.press("Check and keep as a draft", "检查并存为草案")
    assert walk.heading() == f"prices/{day}.toml"
    shown = walk.page.locator("tr.ins .asis").all_inner_texts()
    assert [one for one in shown if "margin" in one] == ["margin_ppm = 12_000"], shown
    walk.check("staff-policy-draft-workbook")
