"""The commands that stand in the documents: found, changed as little as a test needs, and run in order.

In the text a comment right before a block says what is special about it:

    <!-- not run: REASON -->    it cannot run in a test; the test prints these

Everything else runs as it stands, with the stand-ins of STANDINS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+?) -->\n\s*)?^```(?:sh|console)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# What a line stands for in a test. The copy of the repository that the test made takes the place of a clone.
STANDINS = (
    (re.compile(r"^git clone <[^>]+> puhui && cd puhui$", re.MULTILINE), ":"),
    (re.compile(r"^make test\b.*$", re.MULTILINE), "make test ARGS='-n 0 tests/domain/test_core_money.py'"),
    (re.compile(r"/var/run/postgresql"), "$PGHOST"),
)
SERVERS = re.compile(r"^(make run|puhui worker$|granian |\.venv/bin/puhui (serve|worker$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Some lines of one block that run together."""

    page: str  # path below the repository
    line: int  # of the block's first line
    text: str  # shell
    reason: str = ""  # why it is not run

    @property
    def serves(self) -> bool:
        """Whether it runs until it is stopped."""
        return bool(SERVERS.match(self.text))


def pages() -> list[Path]:
    """Every document whose commands are run: the READMEs, the tutorial, then the how-tos by name, English first."""
    docs = REPO / "docs"
    found = [REPO / "README.md", REPO / "README.zh.md", *sorted((docs / "tutorial").glob("*.md"))]
    for folder in ("how-to", "explanation", "reference", "decisions"):
        found += sorted((docs / folder).glob("*.md"))
    return [*found, docs / "architecture.md", docs / "roadmap.md", REPO / "CONTRIBUTING.md"]


def read_steps(path: Path) -> list[Step]:
    """Return the steps of one document. A block that serves is cut into its lines."""
    text = path.read_text(encoding="utf-8")
    steps: list[Step] = []
    for match in BLOCK.finditer(text):
        name = path.relative_to(REPO).as_posix()
        line = text.count("\n", 0, match.start("text")) + 1
        shell = match["text"]
        for pattern, standin in STANDINS:
            shell = pattern.sub(standin, shell)
        lines = [re.sub(r"\s+# .*$", "", one) for one in shell.splitlines()]
        parts = lines if any(SERVERS.match(one) for one in lines) else [shell]
        for part in parts:
            if part.strip():
                steps.append(Step(page=name, line=line, text=part.strip(), reason=match["reason"] or ""))
    return steps
