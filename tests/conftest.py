"""What every test shares: outside programs, private folders, seeds that print themselves."""

from __future__ import annotations

import atexit
import base64
import hashlib
import os
import random
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from hypothesis import HealthCheck
from hypothesis import settings as drawn

from puhui.lab.postgres import INSTALL, has_programs
from puhui.site.environment import secret

RELEASE = os.environ.get("PUHUI_RELEASE") == "1"
if RELEASE:
    os.environ.setdefault("PUHUI_SEED", str(random.SystemRandom().randrange(1, 10**6)))
SEED = os.environ.get(
    "PUHUI_SEED", ""
)  # of ids, keys, codes and drawn cases; none in a plain run: always the same

# A plain run draws the same cases every time, so that a red run means a change; the long runs of a release draw new
# ones and print how to draw a failing one again. No case is held to a time: a machine with much to do is slow.
STEADY = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
drawn.register_profile("steady", derandomize=True, **STEADY)
drawn.register_profile("release", print_blob=True, **STEADY)
drawn.load_profile("release" if RELEASE else "steady")


def _own_house() -> Path:
    """Keep keys, blobs and the rail's file in a folder of this process, gone after it, and return it: nobody's data is touched.

    Django has read its settings before this file is, so they are told too; each process of `-n` else shared one rail. The
    ids of customers follow from the index key, and the groups that are drawn by id from them: it follows from the seed.
    """
    folder = Path(tempfile.mkdtemp(prefix="puhui-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PUHUI_VAR"] = str(folder)
    (folder / "secrets").mkdir(mode=0o700)
    key = hashlib.sha256(f"the house of the tests{SEED}".encode()).hexdigest()
    (folder / "secrets" / "puhui_index_key").write_text(key, encoding="utf-8")
    settings.VAR_DIR, settings.PUBLISHED_DIR = folder, folder / "policies"
    settings.INDEX_KEY = secret("PUHUI_INDEX_KEY", var_dir=folder, demo=settings.DEMO)
    return folder


FOLDER = _own_house()


@dataclass(frozen=True)
class Program:
    """An outside program that some tests need."""

    name: str  # as people call it
    marker: str  # pytest marker of the tests that need it
    install: str  # the command that installs it
    present: Callable[[], bool]  # whether it is here


def _chromium() -> bool:
    return shutil.which("chromium") is not None


def _cjk_font() -> bool:
    roots = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    return any(next(root.rglob("*CJK*"), None) for root in roots if root.exists())


PROGRAMS = (
    Program("chromium", "browser", "apt-get install chromium", _chromium),
    Program("fonts-noto-cjk", "browser", "apt-get install fonts-noto-cjk", _cjk_font),
    Program("postgresql", "postgres", INSTALL, has_programs),
    Program("curl", "curl", "apt-get install curl", lambda: shutil.which("curl") is not None),
)


def _missing() -> list[Program]:
    return [program for program in PROGRAMS if not program.present()]


def _say(program: Program) -> str:
    return f"missing: {program.name}, so the {program.marker} tests did not run; install it with: {program.install}"


def pytest_configure(config: pytest.Config) -> None:
    """With PUHUI_REQUIRE=all a missing program is a failure, said before anything runs."""
    if os.environ.get("PUHUI_REQUIRE") == "all" and (missing := _missing()):
        raise pytest.UsageError("PUHUI_REQUIRE=all\n" + "\n".join(_say(program) for program in missing))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose program is missing; the summary names it."""
    markers = {program.marker for program in _missing()}
    if os.environ.get("PUHUI_RELEASE") != "1":
        markers.add("release")  # the long runs: make release-check
    out = [item for item in items if any(item.get_closest_marker(marker) for marker in markers)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each missing program, once, and the seed of a release's run before pytest's own closing line."""
    if RELEASE:
        terminalreporter.write_line(f"PUHUI_SEED={SEED}")
    for program in _missing():
        terminalreporter.write_line(_say(program))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Use a file, as the demo does: each thread then has a connection of its own and locks the others like a process.

    For all tests and not for the browser's alone: the first test of a process that needs the database makes it. One
    connection between threads, which a database in memory would be, can also stand still for ever when one thread waits
    for the connection and the other, inside a trigger's function, for the interpreter.
    """
    from django.db import connections

    if connections["default"].vendor == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = str(_database_folder() / "test.sqlite3")


def _database_folder() -> Path:
    """Return a new folder, in memory where the system has such a place: nobody reads it after the run."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="puhui-test-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@pytest.fixture(autouse=True, scope="session")
def _flush_past_append_only() -> None:
    """Let the test runner empty the tables after a test that commits: SQLite deletes row by row, which append-only
    triggers refuse, so they are lifted for the flush and stand again after it."""
    from django.db.backends.sqlite3.base import DatabaseOperations

    plain = DatabaseOperations.execute_sql_flush

    def lifted(self: DatabaseOperations, sql_list: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        away = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
        plain(self, [*away, *sql_list, *(sql for _, sql in triggers)])

    DatabaseOperations.execute_sql_flush = lifted  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _own_parties() -> Iterator[None]:
    """Fail the test that leaves its bank, bureau or messenger to the next one, which would meet it in some orders only."""
    from puhui.journeys import parties

    before = parties.replaced()
    yield
    left = parties.replaced() - before
    for name in left:
        parties.put(name=name, party=None)
    assert not left, (
        f"left in place of the settings' own: {sorted(left)}; put it back with parties.put(party=None)"
    )


@pytest.fixture(autouse=True)
def _forget_stories() -> None:
    """Forget what the process read before: a test that commits is followed by an emptied database, where the same ids come
    again."""
    from puhui.runtime.remembered import forget_stories

    forget_stories()


@pytest.fixture(autouse=True)
def _same_draws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the keys of forms, codes and tokens by the seed and the test's name and begin its people anew: the same test
    then meets the same ids, whatever ran before it in this process."""
    for kit in ("tests.browser.kit", "tests.operations.web_kit"):
        if kit in sys.modules:
            sys.modules[kit].begin_anew()
    chance = random.Random(f"{SEED}{request.node.nodeid}")
    monkeypatch.setattr(secrets, "token_bytes", lambda size=32: chance.randbytes(size))
    monkeypatch.setattr(secrets, "token_hex", lambda size=32: chance.randbytes(size).hex())
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size=32: _urlsafe(chance.randbytes(size)))
    monkeypatch.setattr(secrets, "randbelow", chance.randrange)


def _urlsafe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


@pytest.fixture(autouse=True)
def _nothing_left() -> None:
    """Take away what outlives a test's database: the sandboxes' files, whose rail would call back about another test's
    orders, and the lists that a page keeps in this process."""
    from puhui.journeys import parties

    cache.clear()
    if "rail" not in parties.replaced():
        parties.put(name="rail", party=None)
    for left in FOLDER.glob("sandbox_*"):
        left.unlink()
