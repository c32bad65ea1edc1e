"""A real Chromium against a live server on a SQLite file; the worker is drained inline between steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.kit import Walk

# Playwright's own event loop runs in this thread; Django's guard against blocking calls in a loop is not for it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def walks(browser: Browser, live_server: Any, transactional_db: None) -> Iterator[Any]:
    """A maker of walks: language, width, and whether scripts run."""
    made: list[Walk] = []

    def make(*, language: str = "zh-hans", width: int = 390, script: bool = True, dark: bool = False) -> Walk:
        walk = Walk(
            browser=browser, server=live_server.url, language=language, width=width, script=script, dark=dark
        )
        made.append(walk)
        return walk

    yield make
    for walk in made:
        walk.close()
