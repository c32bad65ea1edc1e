"""A house as it really runs: a web server and a worker as processes of their own, on a database of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class LiveHouse:
    """Where its processes live."""

    env: dict[str, str]  # of every process
    port: int = field(default_factory=free_port)  # of the web server
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def puhui(self, *command: str) -> str:
        """Run one command of ours to its end and return what it printed."""
        line = [sys.executable, "-m", "puhui.site.command", *command]
        done = subprocess.run(line, cwd=REPO, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def start_web(self, *, threads: int = 8) -> None:
        """Start granian and return when it answers."""
        line = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "error",
            "puhui.site.wsgi:application",
        ]  # fmt: skip
        # A group of its own: granian has a child, which ends with it only when both are told.
        self.web = subprocess.Popen(line, cwd=REPO, env=self.env, start_new_session=True)
        for _ in range(1_200):
            assert self.web.poll() is None, "the web server ended"
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=10):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the web server does not answer")

    def kill_web(self) -> None:
        """End the web server at once, as a power cut would."""
        assert self.web is not None
        _end(self.web)

    def start_worker(self) -> None:
        """Start one worker."""
        line = [sys.executable, "-m", "puhui.site.command", "worker", "--poll", "0.05"]
        self.worker = subprocess.Popen(
            line, cwd=REPO, env=self.env, stdout=subprocess.DEVNULL, start_new_session=True
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process of ours and its children, without a word."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def live_house(folder: Path, *, database_url: str = "", **env: str) -> Iterator[LiveHouse]:
    """Open a migrated house; end its processes afterwards."""
    url = database_url or f"sqlite://{folder / 'live.sqlite3'}"
    paths = [str(REPO / "src"), str(REPO), os.environ.get("PYTHONPATH", "")]
    base = os.environ | {
        "DJANGO_SETTINGS_MODULE": "puhui.site.settings",
        "PUHUI_DATABASE_URL": url,
        "PUHUI_VAR": str(folder),
        "PUHUI_LOG_LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    house = LiveHouse(env=base | env)
    try:
        house.puhui("migrate", "--verbosity", "0")
        yield house
    finally:
        for one in (house.web, house.worker):
            if one is not None:
                _end(one)
