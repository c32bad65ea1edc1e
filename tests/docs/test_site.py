"""The site builds without a warning, both languages, fetches nothing from abroad, and no link in it leads nowhere."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from puhui.lab.docs.site import build, list_broken_links
from tests.docs.blocks import REPO

pytestmark = pytest.mark.release


LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\((?!https?://|mailto:)([^)\s#]*)(#[^)\s]*)?\)")
BOLD = re.compile(r"\*\*([^*]+)\*\*")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "docs"
    assert build(out=out) == 0
    return out


def test_no_link_leads_nowhere_or_abroad(site: Path) -> None:
    assert list_broken_links(out=site) == []


def test_both_languages_have_the_tutorial_every_how_to_and_explanation(site: Path) -> None:
    for path in [
        one for part in ("tutorial", "how-to", "explanation") for one in (REPO / "docs" / part).glob("*.md")
    ]:
        twin = path.with_name(path.name.replace(".zh.md", ".md").replace(".md", ".zh.md"))
        assert twin.is_file(), f"{path.name} has no Chinese twin"
        folder = site / "zh" if path.name.endswith(".zh.md") else site
        assert (folder / path.parent.name / f"{path.stem}.html").is_file()
    assert "十分钟" in (site / "zh" / "index.html").read_text(encoding="utf-8")


def test_chinese_can_be_searched(site: Path) -> None:
    index = (site / "zh" / "searchindex.js").read_text(encoding="utf-8")
    for word in ("额度", "密钥", "触达"):
        assert json.dumps(word) in index or f'"{word}"' in index
    assert "splitQuery" in (site / "zh" / "_static" / "language_data.js").read_text(encoding="utf-8")


def test_a_broken_link_and_a_foreign_script_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">b</a><a href="#x">x</a><script src="https://cdn.example/y.js"></script>'
    )
    found = list_broken_links(out=tmp_path)
    assert found == ["a.html: fetches https://cdn.example/y.js", "a.html: #x", "a.html: b.html"]


@pytest.mark.parametrize(
    "name",
    ["README.md", "README.zh.md", "CONTRIBUTING.md", "SECURITY.md", "GLOSSARY.md", "changes/README.md"],
)
def test_links_of_the_files_outside_the_site_lead_somewhere(name: str) -> None:
    path = REPO / name
    for target, _ in LINK.findall(path.read_text(encoding="utf-8")):
        assert not target or (path.parent / target).exists(), f"{name}: {target}"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("zh/search.html?q=封存密钥", "更换封存密钥"),
        ("zh/search.html?q=触达闸口", "触达闸口"),
        ("search.html?q=rotate keys", "Rotate the sealing keys"),
        ("search.html?q=Rotate the sealing keys", "Rotate the sealing keys"),
        ("search.html?q=backup restore", "Back up and restore"),
        ("search.html?q=postgresql", "Go to PostgreSQL"),
    ],
)
def test_a_search_finds_the_page_first_with_the_network_off(site: Path, query: str, found: str) -> None:
    from playwright.sync_api import sync_playwright

    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.route(
                "**", lambda route: route.continue_() if route.request.url.startswith(home) else route.abort()
            )
            page.goto(f"{home}/{query}")
            page.locator("#search-results li a").first.wait_for()
            assert page.locator("#search-results li > a").first.inner_text() == found
            browser.close()
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
