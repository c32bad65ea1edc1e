"""Applications a second through the partner API, beside a FastAPI + SQLAlchemy service that writes the same rows.

The peer stands in `bench/fastapi_peer`. Both serve from one process with eight threads to eight connections, each on a
copy of one database made by our migrations and our journeys, in turns. Durability is that of production and equal:
PostgreSQL with `synchronous_commit=on` and `fsync=on`, SQLite with a log that is synchronised at every commit. One
application is two requests: the form, and sending it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puhui.lab.postgres import temporary_postgres

ROOT = Path(__file__).resolve().parents[3]
PEER = ROOT / "bench" / "fastapi_peer"
PEERS = ROOT / ".venv-bench" / "bin" / "python"  # has what the peer needs and the product does not
ROUNDS, WARM_UP, MEASURED, THREADS = 5, 100, 800, 8
SECRETS = ("PUHUI_SECRET_KEY", "PUHUI_SEALING_KEYS", "PUHUI_INDEX_KEY", "PUHUI_RAIL_SECRET")
SIDES = ("ours", "peer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFigures:
    """Applications a second on one database, the median of the rounds."""

    ours: float  # of Puhui
    peer: float  # of FastAPI and SQLAlchemy
    ratio: float  # ours by the peer's of the same round


def measure(database: str) -> ApiFigures:
    """This function will measure on "postgres" or "sqlite".

    Raises: RuntimeError when the peer's libraries (the extra `bench`) are missing, or a server does not answer.
    """
    if not PEERS.exists():
        raise RuntimeError("no .venv-bench with the peers; `make bench` makes it from locks/bench.txt")
    with tempfile.TemporaryDirectory(prefix="puhui-bench-api-") as name:
        folder = Path(name)
        if database == "sqlite":
            return _rounds(folder, f"sqlite://{folder / 'seed.sqlite3'}")
        with temporary_postgres(durable=True) as url:
            return _rounds(folder, url)


def _rounds(folder: Path, url: str) -> ApiFigures:
    var = folder / "var"
    var.mkdir()
    environment = _environment(var, url) | {"PUHUI_ENV": "demo"}
    command = [sys.executable, "-m", "puhui.lab.bench_api_people", str(WARM_UP + MEASURED)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    people = json.loads(done.stdout.splitlines()[-1])
    kept: dict[str, list[float]] = {side: [] for side in SIDES}
    for number in range(ROUNDS):
        for side in SIDES if number % 2 == 0 else reversed(SIDES):
            with _copied(folder, url, f"{side}{number}") as own, _served(side, var, own) as port:
                _send(port, people, 0, WARM_UP)
                kept[side].append(MEASURED / _send(port, people, WARM_UP, WARM_UP + MEASURED))
    return ApiFigures(
        ours=statistics.median(kept["ours"]),
        peer=statistics.median(kept["peer"]),
        ratio=statistics.median([a / b for a, b in zip(kept["ours"], kept["peer"], strict=True)]),
    )


def _environment(var: Path, url: str) -> dict[str, str]:
    found = {
        name: (var / "secrets" / name.lower()).read_text(encoding="utf-8")
        for name in SECRETS
        if (var / "secrets" / name.lower()).exists()
    }
    return os.environ | found | {
        "PUHUI_ENV": "production", "PUHUI_TLS_AT_PROXY": "0", "PUHUI_VAR": str(var), "PUHUI_DATABASE_URL": url,
        "PUHUI_LOG_LEVEL": "ERROR", "PUHUI_PARTNER_RATE": "1000000/1000000", "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "puhui.site.settings",
    }  # fmt: skip


@contextmanager
def _copied(folder: Path, url: str, name: str) -> Iterator[str]:
    """A database of its own for one round, equal to the prepared one."""
    if url.startswith("sqlite"):
        file = folder / f"{name}.sqlite3"
        with (
            closing(sqlite3.connect(folder / "seed.sqlite3")) as seed,
            closing(sqlite3.connect(file)) as copy,
        ):
            seed.backup(copy)
        yield f"sqlite://{file}"
        for one in folder.glob(f"{name}.sqlite3*"):
            one.unlink()
        return
    import psycopg

    maintenance = url.replace("/puhui?", "/postgres?")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE puhui")
        connection.execute("CHECKPOINT")
        yield url.replace("/puhui?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _command(side: str, port: int, url: str) -> tuple[list[str], Path, dict[str, str]]:
    if side == "ours":
        line = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "error",
            "puhui.site.wsgi:application",
        ]  # fmt: skip
        return line, ROOT, {}
    own = url.replace("sqlite://", "sqlite:///").replace("postgres://", "postgresql+psycopg://")
    line = [
        str(PEERS), "-m", "uvicorn", "service:app", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "error", "--no-access-log", "--loop", "uvloop", "--http", "httptools",
    ]  # fmt: skip
    return line, PEER, {"PEER_DATABASE_URL": own, "PEER_POOL": str(THREADS)}


@contextmanager
def _served(side: str, var: Path, url: str) -> Iterator[int]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    line, folder, more = _command(side, port, url)
    process = subprocess.Popen(line, cwd=folder, env=_environment(var, url) | more, start_new_session=True)
    try:
        _wait(process, port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError("a measured server ended")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except urllib.error.HTTPError:
            return  # it answers: the peer has no such address
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("a measured server does not answer")


def _send(port: int, people: dict[str, Any], start: int, end: int) -> float:
    """Let the people from `start` to `end` apply, from a process of its own; returns the seconds it took."""
    asked = {"port": port, "token": people["token"], "customers": people["customers"][start:end]}
    done = subprocess.run(
        [sys.executable, "-m", "puhui.lab.bench_api_load"],
        input=json.dumps(asked), env=os.environ | {"DJANGO_SETTINGS_MODULE": "puhui.site.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load ended: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout)["seconds"])
