"""Every command in the documents is run, in order, in a scratch copy of the repository with a small demo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import BLOCK, pages, read_steps
from tests.docs.house import Scratch, scratch_house
from tests.postgres.cluster import temporary_postgres

pytestmark = pytest.mark.release


WITH_COMMANDS = [path for path in pages() if read_steps(path)]
POSTGRES = [path for path in WITH_COMMANDS if path.name.startswith("postgresql.")]
OTHERS = [path for path in WITH_COMMANDS if path not in POSTGRES]
# Both languages carry the same commands, which a test compares; so the Chinese twin need not be run once more.
ENGLISH = [path for path in OTHERS if not path.name.endswith(".zh.md")]

ASKED = re.compile(r'(Accept-Language: |\\"language\\":\\")(en|zh-CN|zh-hans)\b')


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    with scratch_house(tmp_path_factory.mktemp("docs")) as scratch:
        yield scratch


def run_page(path: Path, house: Scratch) -> None:
    """Run one document from its beginning; say what is not run."""
    house.begin()
    try:
        for step in read_steps(path):
            if step.reason:
                print(f"not run: {step.page}:{step.line} {step.text.splitlines()[0]} ({step.reason})")
            else:
                house.run(step)
    finally:
        house.stop()
        house.reset()


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
def test_every_command_runs(path: Path, house: Scratch) -> None:
    run_page(path, house)


@pytest.mark.postgres
def test_every_command_runs_on_postgresql(house: Scratch) -> None:
    with temporary_postgres() as url:
        house.environment |= {"PGHOST": url.partition("host=")[2], "PGUSER": "puhui"}
        try:
            run_page(POSTGRES[0], house)
        finally:
            house.environment = {k: v for k, v in house.environment.items() if not k.startswith("PG")}


@pytest.mark.parametrize(
    "path", [p for p in WITH_COMMANDS if p.name.endswith(".zh.md")], ids=lambda path: path.stem
)
def test_both_languages_carry_the_same_commands(path: Path) -> None:
    def bare(page: Path) -> list[str]:
        return [
            "\n".join(line.partition("  #")[0].rstrip() for line in one.text.splitlines())
            for one in read_steps(page)
        ]

    twin = path.with_name(path.name.replace(".zh.md", ".md"))
    assert _without_words(bare(path)) == _without_words(bare(twin))


def _without_words(steps: list[str]) -> list[str]:
    """Commands without what is written in a language: comments, docstrings, the sentence that a sed replaces, and the
    language that is asked for."""
    kept = []
    for step in steps:
        step = ASKED.sub(r"\1", step)
        lines = [line.partition("  #")[0].rstrip() for line in step.splitlines()]
        kept.append(
            "\n".join(line for line in lines if ('"""' not in line and "-e 's/" not in line) or "^" in line)
        )
    return kept


def test_what_is_not_run_is_little_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    left = [step for path in WITH_COMMANDS for step in read_steps(path) if step.reason]
    with capsys.disabled():
        for step in left:
            print(
                f"\ndocs: not run: {step.page}:{step.line} {step.text.splitlines()[0]} ({step.reason})",
                end="",
            )
    assert len({step.page.replace(".zh.md", ".md") for step in left}) <= 3


def test_no_block_of_commands_hides_under_another_name() -> None:
    """A fence that looks like commands is one of those that are run."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for name in ("bash", "shell", "shell-session", "zsh"):
            assert f"```{name}\n" not in text, f"{path}: write sh"
    assert BLOCK.search("<!-- not run: why -->\n```sh\nls\n```\n")
