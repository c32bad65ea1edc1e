"""A scorecard goes from file to champion through the pages, and it takes two people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from puhui.access import operations as access
from puhui.runtime.clock import utc_now
from puhui.runtime.transactions import transaction
from tests.browser.test_staff_pages import PASSWORD, Make, sign_in
from tests.model_kit import write_key, write_model

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST, SECOND = "tang.wei", "lu.ning"
NAME = "scorecard-harsher"


@pytest.fixture
def trained(transactional_db: None, tmp_path: Path, settings: Any) -> Path:
    """Two people, the house's key, and what a training run wrote."""
    for login, role in ((FIRST, "analyst"), (SECOND, "operations")):
        with transaction():
            access.create_staff(login=login, password=PASSWORD, role=role, now=utc_now())
    key = write_key(tmp_path)
    settings.MODEL_KEY_FILE = str(key)
    return write_model(tmp_path / NAME, name=NAME, key=key)


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1440), ("en", 1200)])
def test_a_scorecard_goes_from_file_to_champion(
    walks: Make, trained: Path, language: str, width: int
) -> None:
    """Propose, shadow, champion: each part asked for by one person and agreed to by another."""
    asks, agrees = walks(language=language, width=width), walks(language=language, width=width)
    sign_in(asks, FIRST)
    sign_in(agrees, SECOND)
    asks.go("/staff/models")
    asks.check("staff-models")
    asks.page.set_input_files("#f-files", [trained / f"{NAME}.json"])
    asks.page.fill("#f-owner", "risk desk")
    asks.press("Propose", "提交")
    refused = asks.page.locator("main").inner_text()
    assert "manifest.json" in refused, refused  # a file alone, unsigned, is told what is missing
    asks.errors.clear()  # the browser notes that a refusal is no 200
    asks.check("staff-models-refused", shot=width == 1440)
    asks.page.set_input_files("#f-files", sorted(trained.iterdir()))
    asks.press("Propose", "提交")
    assert asks.heading() == NAME
    for act, part in (("shadow", ("shadow", "影子")), ("crown", ("champion", "冠军"))):
        asks.page.select_option("#f-to", act)
        asks.page.fill("#f-why", "Ranks better out of fold")
        asks.press("Ask for a second person", "提交复核")
        asks.check(f"staff-model-{act}")
        assert asks.page.locator("main .tag").first.inner_text() != asks.say(*part)
        agrees.go(asks.page.url.removeprefix(agrees.server))
        agrees.follow(agrees.page.locator("main a[href*='/approval/']"))
        agrees.check("staff-approval-model")
        agrees.follow(agrees.page.locator("main button[name=agreed][value='1']"))
        asks.page.reload()
        assert asks.page.locator("main .tag").first.inner_text() == asks.say(*part)
    asks.check("staff-model", shot=width == 1440)
    asks.go("/staff/models")
    asks.check("staff-models", shot=width == 1440)
    assert NAME in asks.page.locator("tbody tr").first.inner_text()
