"""What deploy/ says is what runs: the image's command, the worker's, production settings, and secrets that cannot be guessed."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import RequestFactory

from puhui.site.checks import check_parties, list_sandboxes
from puhui.site.environment import (
    SecretRefused,
    SettingRefused,
    clock_time,
    count,
    currency,
    secret,
    setting,
    zone,
)
from puhui.site.partner_settings import rate
from puhui.site.staff_settings import second_factor_needed
from puhui.web.middleware import CONTENT_POLICY
from puhui.web.who import place_of
from tests.postgres.cluster import temporary_postgres

REPO = Path(__file__).resolve().parents[2]
CONTAINERFILE = REPO / "deploy/Containerfile"
COMPOSE = yaml.safe_load((REPO / "deploy/compose.yaml").read_text(encoding="utf-8"))
NAMES = ("PUHUI_SECRET_KEY", "PUHUI_SEALING_KEYS", "PUHUI_INDEX_KEY", "PUHUI_RAIL_SECRET")


def good(name: str) -> str:
    made = secrets.token_hex(32)
    return f"k1:{made}" if name == "PUHUI_SEALING_KEYS" else made


WEAK = [
    ("PUHUI_SECRET_KEY", "short", "5 characters"),
    ("PUHUI_SECRET_KEY", "a" * 64, "repeats 1"),
    ("PUHUI_SECRET_KEY", "abab" * 16, "repeats 2"),
    ("PUHUI_INDEX_KEY", "django-insecure-" + "9f3k2m5x8q1w7e4r6t0y" * 2, "placeholder"),
    ("PUHUI_RAIL_SECRET", "CHANGEME-0123456789abcdef0123456789", "placeholder"),
    ("PUHUI_SEALING_KEYS", "0123456789abcdef" * 4, "not a list"),
    ("PUHUI_SEALING_KEYS", "k1:" + "0" * 64, "repeats 1"),
    ("PUHUI_SEALING_KEYS", "k2:" + "0123456789abcdef" * 4 + ",k1:short", "not a list"),
]


@pytest.mark.parametrize(("name", "value", "says"), WEAK)
def test_a_weak_secret_stops_the_start(
    name: str, value: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SecretRefused, match=says) as refused:
        secret(name, var_dir=tmp_path, demo=False)
    assert (
        name in str(refused.value)
        and "openssl rand" in str(refused.value)
        and value not in str(refused.value)
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_comes_from_the_environment_or_a_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(f"{name}_FILE", raising=False)
    with pytest.raises(SecretRefused, match=f"{name} is not set"):
        secret(name, var_dir=tmp_path, demo=False)
    file, value = tmp_path / "secret", good(name)
    monkeypatch.setenv(f"{name}_FILE", str(file))
    with pytest.raises(SecretRefused, match="No such file"):
        secret(name, var_dir=tmp_path, demo=False)
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(SecretRefused, match="is empty"):
        secret(name, var_dir=tmp_path, demo=False)
    file.write_text(value + "\n", encoding="utf-8")
    assert secret(name, var_dir=tmp_path, demo=False) == value
    monkeypatch.setenv(name, other := good(name))
    assert secret(name, var_dir=tmp_path, demo=False) == other, "the environment comes first"


def production(folder: Path, **more: str) -> dict[str, str]:
    """The environment that compose gives a process, its secrets in files of `folder`."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PUHUI_", "DJANGO_", "PYTEST_"))
    }
    given = {
        "PUHUI_ENV": "production",
        "PUHUI_HOSTS": "credit.example",
        "PUHUI_ORIGINS": "https://credit.example",
    }
    for name in NAMES:
        (folder / name).write_text(good(name), encoding="utf-8")
        given[f"{name}_FILE"] = str(folder / name)
    path = {"PYTHONPATH": str(REPO / "src"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return kept | given | path | {"PUHUI_VAR": str(folder)} | more


def run(env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "puhui.site.command", *command]
    return subprocess.run(line, cwd=REPO, env=env, capture_output=True, text=True, check=False)


def test_production_settings_have_no_warning(tmp_path: Path) -> None:
    env = production(tmp_path)
    done = run(env, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0 and "no issues (0 silenced)" in done.stdout, done.stdout + done.stderr
    (tmp_path / "PUHUI_INDEX_KEY").unlink()
    refused = run(env, "check")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert refused.stderr.startswith("puhui: PUHUI_INDEX_KEY_FILE: ")


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("PUHUI_ENV", "prod", "demo or production"),
        ("PUHUI_SECOND_FACTOR", "true", "1 or 0"),
        ("PUHUI_PROXIES", "-1", "the number of proxies"),
        ("PUHUI_PARTNER_RATE", "0/5", "two whole numbers"),
        ("PUHUI_ZONE", "Mars/Base", "a time zone"),
        ("PUHUI_CUTOFF", "25:00", "a local time"),
        ("PUHUI_CURRENCY", "XXY", "a currency"),
    ],
)
def test_a_setting_without_such_a_value_stops_the_start(
    name: str, value: str, takes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = {
        "PUHUI_ENV": ("demo", "production").index,
        "PUHUI_SECOND_FACTOR": ("0", "1").index,
        "PUHUI_PROXIES": count,
        "PUHUI_PARTNER_RATE": rate,
        "PUHUI_ZONE": zone,
        "PUHUI_CUTOFF": clock_time,
        "PUHUI_CURRENCY": currency,
    }
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingRefused, match=f"^{name} is '{value}'; it takes {takes}"):
        setting(name, "", takes=takes, read=readers[name])
    if name == "PUHUI_SECOND_FACTOR":  # never off by a word that was meant to put it on
        with pytest.raises(SettingRefused):
            second_factor_needed(demo=False)


def test_an_adapter_that_is_not_there_is_an_error_of_the_check(settings: Any) -> None:
    assert check_parties(None) == []
    settings.GATEWAYS = settings.GATEWAYS | {"rail": "puhui.nowhere.Rail"}
    assert [one.id for one in check_parties(None)] == ["puhui.E001"]
    assert "PUHUI_RAIL" in check_parties(None)[0].msg and "PUHUI_RAIL" not in list_sandboxes()
    assert "PUHUI_BUREAU" in list_sandboxes()


@pytest.mark.parametrize(
    ("proxies", "told", "place"),
    [
        (0, "203.0.113.9", "10.0.0.1"),  # nobody is believed
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the caller put there is not
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "<script>", "10.0.0.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_address_of_a_caller_behind_proxies(proxies: int, told: str, place: str, settings: Any) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=told)
    assert place_of(request) == place


def test_the_content_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in CONTENT_POLICY and "default-src 'none'" in CONTENT_POLICY


def test_the_containerfile_is_lint_free() -> None:
    tool = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([tool, CONTAINERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    text = CONTAINERFILE.read_text(encoding="utf-8")
    assert re.search(r"^USER 10001$", text, re.MULTILINE) and "--require-hashes" in text


def test_compose_hangs_together() -> None:
    services, declared = COMPOSE["services"], set(COMPOSE["secrets"])
    assert set(services) == {"db", "migrate", "web", "worker"}
    for name, service in services.items():
        assert set(service["secrets"]) <= declared, name
        assert set(service.get("depends_on", {})) <= set(services), name
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", [])), (
            "a proxy stands before it"
        )
        for volume in service["volumes"]:
            assert volume.partition(":")[0] in COMPOSE["volumes"], (name, volume)
        for key, value in service["environment"].items():
            if str(value).startswith("/run/secrets/"):
                assert Path(value).name in service["secrets"], (name, key)
            assert "password" not in str(value).lower() or str(value).startswith("/run/secrets/"), (
                "no secret in the file"
            )
    assert {f"{name}_FILE" for name in NAMES} <= set(services["web"]["environment"])
    assert not services["db"]["image"].endswith(":latest") and ":" in services["db"]["image"]
    for name, secret_file in COMPOSE["secrets"].items():
        assert secret_file["file"] == f"secrets/{name}"
    copied = re.findall(
        r"^COPY (?:--from=\S+ )?(\S+) ", CONTAINERFILE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert all((REPO / path).exists() for path in copied if not path.startswith("/")), copied


def web_command(port: int) -> list[str]:
    """The image's own command, on a port of the test."""
    found = re.search(r"^CMD (\[.*\])$", CONTAINERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    command: list[str] = json.loads(found[1])
    swap = {"8000": str(port), "0.0.0.0": "127.0.0.1"}
    return [swap.get(word, word) for word in command]


def ask(port: int, path: str, **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": "credit.example", **headers}
    )

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any, **kwargs: Any) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for one in started:
        one.terminate()
    for one in started:
        assert one.wait(timeout=60) is not None


@pytest.mark.postgres
def test_web_and_worker_start_by_the_deployments_commands(
    tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with temporary_postgres() as url:
        env = production(tmp_path, PUHUI_DATABASE_URL=url)
        migrate = COMPOSE["services"]["migrate"]["command"]
        done = run(env, *migrate[1:], "--verbosity", "0")
        assert migrate[0] == "puhui" and done.returncode == 0, done.stderr
        worker = COMPOSE["services"]["worker"]["command"]
        assert worker[0] == "puhui"
        for command in (web_command(port), [sys.executable, "-m", "puhui.site.command", *worker[1:]]):
            processes.append(subprocess.Popen(command, cwd=REPO, env=env, stderr=subprocess.DEVNULL))
        secure = {"X-Forwarded-Proto": "https"}
        deadline, health = time.monotonic() + 240, {}
        while time.monotonic() < deadline and health.get("worker") != "ok":
            assert all(one.poll() is None for one in processes), "a process ended by itself"
            time.sleep(0.3)
            try:
                status, headers, body = ask(port, "/healthz", **secure)
            except OSError:
                continue
            health = json.loads(body) if status == 200 else {}
        assert health.get("database") == "ok" and health.get("worker") == "ok", health
        status, headers, body = ask(port, "/sign-in", **secure)
        assert status == 200 and headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert headers["Content-Security-Policy"] == CONTENT_POLICY and headers["X-Frame-Options"] == "DENY"
        cookies = headers.get_all("Set-Cookie") or []
        assert cookies and all("Secure" in one and "SameSite" in one for one in cookies), cookies
        assert not re.search(rb"<(script|style)[^>]*>[^<]|\sstyle=|\son[a-z]+=", body), "nothing inline"
        assert ask(port, "/sign-in")[0] == 301, "plain HTTP is sent to HTTPS"
        assert ask(port, "/sign-in", Host="evil.example", **secure)[0] == 400
        for one in processes:
            one.terminate()
        assert all(one.wait(timeout=60) is not None for one in processes)
