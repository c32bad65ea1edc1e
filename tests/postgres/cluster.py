"""A PostgreSQL server of our own for the length of a test run: private folder, private socket, thrown away after."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _bin(name: str) -> str:
    found = shutil.which(name)
    if found and name != "psql":
        return found
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3]))
    if not newest:
        raise FileNotFoundError(f"{name} is missing; install it with: apt-get install postgresql")
    return str(newest[-1])


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """Start a server and yield its database URL; stop it and remove its folder afterwards.

    The server refuses to run as root, so a root user lends the folder to the system user `postgres`.
    """
    folder = Path(tempfile.mkdtemp(prefix="puhui-pg-", dir="/tmp"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(
            command,
            user=user,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    try:
        run(_bin("initdb"), "-D", str(data), "-U", "puhui", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        run(_bin("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            run(_bin("createdb"), "-h", str(folder), "-U", "puhui", "puhui")
            yield f"postgres://puhui@/puhui?host={folder}"
        finally:
            run(_bin("pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
