"""She takes her credit record away from the page of her data, as paper and as signed data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from puhui.runtime.signing import is_signed
from tests.browser.kit import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 1440)])
def test_she_takes_her_record_as_paper_and_as_data(walks: Make, language: str, width: int) -> None:
    walk = walks(language=language, width=width)
    walk.sign_in()
    walk.apply()
    walk.go("/me")
    walk.press("My data", "我的数据")
    section = walk.page.locator("#record")
    assert walk.say("borrowed nothing here yet", "还没有在这里借过款") in section.inner_text()
    walk.check("credit-record", shot=True)
    for en, zh, ending in (("Take it as PDF", "下载 PDF", ".pdf"), ("signed data", "带签名的数据", ".json")):
        with walk.page.expect_download() as loading:
            section.locator(f"a:has-text('{walk.say(en, zh)}')").click()
        taken = loading.value
        assert taken.suggested_filename.startswith("record-") and taken.suggested_filename.endswith(ending)
        body = Path(taken.path()).read_bytes()
        if ending == ".json":
            given = json.loads(body)
            assert is_signed(given["text"].encode(), given["signature"])
            assert json.loads(given["text"])["name"] == walk.person.name
        else:
            assert body.startswith(b"%PDF-")
