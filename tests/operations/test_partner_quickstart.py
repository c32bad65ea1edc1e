"""The quick start works by copy and paste: curl and the Python client against a live house with its worker."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import REPO, LiveHouse, live_house

EXAMPLES = REPO / "examples" / "partner"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHouse]:
    with live_house(tmp_path_factory.mktemp("live")) as made:
        printed = made.puhui("partner", "demo")
        for line in printed.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            made.env[name] = value
        made.env["PUHUI_URL"] = made.url
        made.start_web()
        made.start_worker()
        yield made


def run(house: LiveHouse, *line: str) -> str:
    done = subprocess.run(
        line, cwd=EXAMPLES, env=house.env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.curl
def test_the_shell_quick_start(house: LiveHouse) -> None:
    printed = run(house, "bash", "quickstart.sh")
    assert re.search(r"^state active, owes \d+ fen$", printed, re.M), printed


def test_the_python_client(house: LiveHouse) -> None:
    printed = run(house, sys.executable, "client.py")
    assert re.search(r"^loan [a-z2-7]{26} closed$", printed, re.M), printed


def ask(house: LiveHouse, head: str, body: bytes = b"") -> bytes:
    """Send bytes as they are, and return what comes back within a moment."""
    with socket.create_connection(("127.0.0.1", house.port), 120) as line:
        line.settimeout(120)
        line.sendall(head.replace("\n", "\r\n").encode() + body)
        return line.recv(65_536)


def test_twenty_megabytes_are_refused_before_they_are_sent(house: LiveHouse) -> None:
    """Only the head is sent: the answer comes although not one byte of the body did."""
    length = 20 * 2**20
    head = f"POST /api/v1/customers HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\nContent-Length: {length}\n\n"
    answer = ask(house, head)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"application/problem+json" in answer, answer


def test_a_body_without_a_length_is_not_taken_for_one(house: LiveHouse) -> None:
    head = (
        "POST /api/v1/customers HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\nConnection: close\n"
        "Transfer-Encoding: chunked\n\n"
    )
    answer = ask(house, head, b"2\r\n{}\r\n0\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 411 ")), answer


def commands(file: Path) -> list[str]:
    """The shell blocks of a how-to."""
    return re.findall(r"```sh\n(.*?)```", file.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("name", ["partner-quick-start.md", "partner-quick-start.zh.md"])
def test_every_command_of_the_how_to(house: LiveHouse, name: str) -> None:
    serve, *found = commands(REPO / "docs" / "how-to" / name)
    assert serve == "make run\n", "the fixture serves instead"
    assert len(found) >= 5
    text = "set -euo pipefail\n" + "\n".join(found)
    env = house.env | {"PATH": f"{Path(sys.executable).parent}:{house.env['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", text], cwd=REPO, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"verdict"' in done.stdout or "approved" in done.stdout, done.stdout
