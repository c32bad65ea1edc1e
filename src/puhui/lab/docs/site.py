"""The command `python -m puhui.lab.docs.site`: build the documentation site, both languages, and follow every link in it.

`make docs` runs it. It fails for a stale reference page, for any warning of Sphinx, for a link or an anchor that leads
nowhere, and for anything that a page would fetch from a foreign host.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from puhui.lab.docs.source import REPO

OUT = REPO / "build" / "docs"
FETCHED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src")}


@dataclass(slots=True)
class _Page:
    """What a page refers to, and what can be referred to in it."""

    links: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Collects links and anchors of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value for name, value in attrs if value}
        rel = named.get("rel", "")
        for name, value in named.items():
            if name == "id":
                self.page.anchors.add(value)
            elif (tag, name) in FETCHED and rel not in {"index", "search", "next", "prev", "author"}:
                self.page.fetched.add(value)
            elif name == "href":
                self.page.links.add(value)


def build(*, out: Path) -> int:
    """This function will build both trees below `out` and return Sphinx's exit code; a warning is an error."""
    shutil.rmtree(out, ignore_errors=True)
    trees = out.parent / "docs-trees"
    for name, folder, flags in (("en", out, []), ("zh", out / "zh", ["-t", "zh"])):
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-E", *flags]
        done = subprocess.run([*command, "-d", str(trees / name), "docs", str(folder)], cwd=REPO, check=False)
        if done.returncode:
            return done.returncode
    shutil.rmtree(trees, ignore_errors=True)
    return 0


def list_broken_links(*, out: Path) -> list[str]:
    """This function will return "page: link" for everything in the built site that leads nowhere or abroad."""
    pages = {path: _read(path) for path in sorted(out.rglob("*.html"))}
    broken: list[str] = []
    for path, page in pages.items():
        where = path.relative_to(out).as_posix()
        broken += [f"{where}: fetches {one}" for one in sorted(page.fetched) if urlsplit(one).netloc]
        for link in sorted(page.links | page.fetched):
            if not _leads(link, path, pages):
                broken.append(f"{where}: {link}")
    return broken


def _read(path: Path) -> _Page:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def _leads(link: str, path: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return False
    anchor = unquote(parts.fragment)
    return not anchor or target not in pages or anchor in pages[target].anchors


def main() -> int:
    """This function will build and check the site and return the exit code."""
    if subprocess.run([sys.executable, "-m", "puhui.lab.docs", "--check"], cwd=REPO, check=False).returncode:
        return 1
    if code := build(out=OUT):
        return code
    broken = list_broken_links(out=OUT)
    for one in broken:
        print(f"puhui: broken link in {one}")
    pages = len(list(OUT.rglob("*.html")))
    print(
        f"puhui: {pages} pages in {OUT.relative_to(REPO)}, {len(broken)} broken links; open {OUT.relative_to(REPO)}/index.html"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
