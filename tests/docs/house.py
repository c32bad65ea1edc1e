"""A scratch copy of the repository with a small demo in it, in which the documents' commands run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.docs.blocks import REPO, Step

LONGEST_SECONDS = 240  # of one step, on a busy machine
APPLICANTS = "30"


class Scratch:
    """The copy, its environment, and the servers that a document has started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.exports = root.parent / "exports"
        self.log = root.parent / "servers.log"
        self.servers: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PUHUI_", "DJANGO_", "PYTEST_"))
        }
        self.environment |= {
            "PATH": f"{root / '.venv/bin'}:{os.environ['PATH']}",
            "PYTHONPATH": "src",
            "PORT": str(self.port),
            "GIT_CEILING_DIRECTORIES": str(root.parent),
        }

    def run(self, step: Step) -> None:
        """Run one step where the document left off. Raises: AssertionError with what it said."""
        text = step.text.replace(":8000", f":{self.port}").replace("--port 8000", f"--port {self.port}")
        if step.serves:
            self.serve(text)
            return
        kept = (
            f"{{ export -p; declare -f; }} > {self.exports}"  # a reader's shell keeps variables and functions
        )
        script = f"set -aeuo pipefail\n. {self.exports}\n{text}\n{kept}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        said = f"{step.page}:{step.line}\n{step.text}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        assert done.returncode == 0, said

    def serve(self, text: str) -> None:
        """Start what runs until it is stopped, and wait until it serves (a worker: until it lived two seconds)."""
        start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                ["bash", "-c", f". {self.exports}; exec {text}"],
                cwd=self.root,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.servers.append(server)
        deadline = time.monotonic() + LONGEST_SECONDS
        said = ""
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[start:].decode("utf-8", "replace")
            assert server.poll() is None, f"{text} ended with {server.returncode}\n{said[-3000:]}"
            if text.startswith("make run") and "ready at" in said:
                return
            if "worker" in text and time.monotonic() > deadline - LONGEST_SECONDS + 2:
                return
            if text.startswith("granian") and self._answers():
                return
            time.sleep(0.2)
        raise AssertionError(f"{text} did not come up\n{said[-3000:]}")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def begin(self) -> None:
        """Begin a document: nothing exported, nothing served."""
        self.stop()
        self.exports.write_text("", encoding="utf-8")

    def stop(self) -> None:
        """Stop the servers that this copy started, and wait for them."""
        for server in self.servers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
        for server in self.servers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=20)
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
        self.servers.clear()

    def reset(self) -> None:
        """Take back what a document did to the copy's own files; the deployment in var/ stays."""
        git(self.root, "checkout", "-q", ".")
        git(self.root, "clean", "-qfd", "-e", "var", "-e", ".venv")


def git(root: Path, *arguments: str) -> None:
    """Run git on the copy and on nothing else: its folder is named, so that no repository around it can be meant."""
    assert (root / ".git").is_dir() and root.resolve() != REPO, "only the copy is ever written to"
    command = ["git", f"--git-dir={root / '.git'}", f"--work-tree={root}", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def copy_repository(root: Path) -> None:
    """Copy what is tracked or would be, with this run's environment in the place of .venv, as a repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=REPO, capture_output=True, check=True
    ).stdout.decode()
    for name in sorted(filter(None, listed.split("\0"))):
        if (REPO / name).is_file() and not name.startswith("docs/screenshots/"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPO / name, root / name)
    for tool in root.glob("**/run"):
        tool.chmod(0o755)
    (root / ".venv").symlink_to(sys.prefix)
    subprocess.run(["git", "init", "-q", str(root)], cwd=root, check=True, capture_output=True)
    git(root, "add", "-A")
    git(root, "-c", "user.name=test", "-c", "user.email=test@example.invalid", "commit", "-qm", "copy")


@contextlib.contextmanager
def scratch_house(folder: Path) -> Iterator[Scratch]:
    """A copy with a database and a small demo; its servers end with it."""
    root = folder / "puhui"
    root.mkdir()
    copy_repository(root)
    scratch = Scratch(root)
    scratch.begin()
    load = f"puhui migrate -v 0 && puhui demo --applicants {APPLICANTS}"
    scratch.run(Step(page="(the small demo)", line=0, text=load))
    try:
        yield scratch
    finally:
        scratch.stop()
