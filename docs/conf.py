"""How the documentation site is built: two trees from one folder, English and (tag `zh`) Chinese; nothing from a foreign host.

A page `x.md` may have a twin `x.zh.md`. The English tree has every `x.md`; the Chinese tree has the twins, and the
English page where there is none (the reference and the decision records).
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from sphinx.search import SearchLanguage

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))
from puhui import __version__ as release  # noqa: E402

CHINESE = tags.has("zh")  # type: ignore[name-defined]  # noqa: F821 - Sphinx puts `tags` here
twins = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*.zh.md")}

project = "Puhui 普惠"
author = copyright = "the Puhui contributors"
language = "zh_CN" if CHINESE else "en"
root_doc = "index.zh" if CHINESE else "index"
extensions = ["myst_parser"]
exclude_patterns = ["screenshots", *([name.replace(".zh.md", ".md") for name in twins] if CHINESE else twins)]
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block"]
suppress_warnings = ["myst.header"]
nitpicky = True
highlight_language = "none"

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = html_show_sphinx = False
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["puhui.css"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6b52", "color-brand-content": "#0b6b52"},
    "dark_css_variables": {"color-brand-primary": "#5fd0ac", "color-brand-content": "#5fd0ac"},
}
html_search_language = "zh" if CHINESE else "en"
html_search_scorer = str(HERE / "scorer.js")

HAN = re.compile(r"[\u4e00-\u9fff]+")
LINK = re.compile(r"\]\(([^)#:\s]+)\.md([)#])")
LATIN = re.compile(r"[A-Za-z0-9_]+")


class Pairs(SearchLanguage):
    """Chinese without a dictionary: every two neighbouring characters are a word, in the index and in the query."""

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = r"""
function splitQuery(query) {
  const words = query.match(/[A-Za-z0-9_]+/g) || [];
  for (const run of query.match(/[\u4e00-\u9fff]+/g) || []) {
    if (run.length < 2) words.push(run);
    for (let i = 0; i + 1 < run.length; i++) words.push(run.slice(i, i + 2));
  }
  return words;
}
"""

    def split(self, input: str) -> list[str]:
        """Words of a text."""
        pairs = [run[i : i + 2] for run in HAN.findall(input) for i in range(max(1, len(run) - 1))]
        return pairs + LATIN.findall(input)

    def word_filter(self, stemmed_word: str) -> bool:
        """Keep every word; single characters are searched for, too."""
        return True


def other_page(pagename: str) -> str:
    """Address of the same page in the other language, from this page."""
    up = "../" * pagename.count("/")
    if CHINESE:
        return f"{up}../{pagename.removesuffix('.zh')}.html"
    twin = f"{pagename}.zh" if f"{pagename}.zh.md" in twins else pagename
    return f"{up}zh/{twin}.html"


def prefer_twins(app: Any, docname: str, content: list[str]) -> None:
    """In the Chinese tree let English pages link to the Chinese twin of a page where there is one."""
    here = (HERE / docname).parent

    def twin(match: re.Match[str]) -> str:
        there = (here / f"{match[1]}.zh.md").resolve()
        found = there.is_relative_to(HERE) and there.relative_to(HERE).as_posix() in twins
        return f"]({match[1]}.zh.md{match[2]}" if found else match[0]

    if CHINESE:
        content[0] = LINK.sub(twin, content[0])


def add_languages(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the sidebar where the other language is; search and index pages have no file of their own."""
    context["chinese"] = CHINESE
    context["other_page"] = other_page(pagename) if doctree is not None else other_page(root_doc)


def name_start(app: Any, error: Exception | None) -> None:
    """Let the Chinese tree open at index.html."""
    if CHINESE and error is None:
        shutil.copyfile(Path(app.outdir) / "index.zh.html", Path(app.outdir) / "index.html")


def setup(app: Any) -> None:
    """Register what is above."""
    app.add_search_language(Pairs)
    app.connect("source-read", prefer_twins)
    app.connect("html-page-context", add_languages)
    app.connect("build-finished", name_start)
