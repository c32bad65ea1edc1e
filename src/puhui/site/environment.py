"""A deployment's environment: secrets from it, from a file it names, or, in the demo only, made once; settings held to a form."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from puhui.core.money import exponent

LEAST = 32  # characters of a secret; 16 random bytes written in hexadecimal
LEAST_DISTINCT = 10  # different characters; random hexadecimal of that length has fewer once in a million
PLACEHOLDERS = (
    "changeme",
    "change-me",
    "change_me",
    "insecure",
    "password",
    "example",
    "placeholder",
    "your-secret",
)
SEALING_KEY = re.compile(r"[a-z0-9]+:[0-9a-fA-F]{64}")
HELP = "see docs/how-to/deploy.md"


class SettingRefused(RuntimeError):
    """A setting of the deployment has no such value; the message names the variable and what it takes."""


class SecretRefused(SettingRefused):
    """A secret of the deployment is missing, unreadable or weak; the message names the variable and what to do."""


def setting(name: str, default: str, *, takes: str, read: Callable[[str], object]) -> str:
    """This function will return `$NAME` or its default, as text that `read` can read.

    `takes` says what the variable may be. Raises: SettingRefused.
    """
    given = os.environ.get(name, default)
    try:
        read(given)
    except Exception:
        raise SettingRefused(
            f"{name} is {given!r}; it takes {takes} (see docs/reference/settings.md)"
        ) from None
    return given


def switch(name: str, *, default: bool) -> bool:
    """This function will return whether `$NAME` is "1" ("0": not). Raises: SettingRefused for any other word."""
    return bool(setting(name, "1" if default else "0", takes="1 or 0", read=("0", "1").index) == "1")


def zone(text: str) -> None:
    """This function will refuse what is no time zone. Raises: ZoneInfoNotFoundError, ValueError."""
    ZoneInfo(text)


def clock_time(text: str) -> None:
    """This function will refuse what is no local time of day, HH:MM. Raises: ValueError."""
    if not re.fullmatch(r"\d\d:\d\d", text):
        raise ValueError(text)
    time.fromisoformat(text)


def currency(text: str) -> None:
    """This function will refuse a currency whose decimals are not known. Raises: CurrencyUnknown."""
    exponent(text)


def count(text: str) -> None:
    """This function will refuse what is no whole number of at least 0. Raises: ValueError."""
    if not text.isascii() or not text.isdigit():
        raise ValueError(text)


def secret(name: str, *, var_dir: Path, demo: bool) -> str:
    """This function will return the secret `name`: `$NAME`, else the file `$NAME_FILE`, else (demo) a kept random one.

    Outside the demo a secret that can be guessed stops the start. Raises: SecretRefused, never with the secret itself.
    """
    given = _given(name)
    if given is None and not demo:
        raise SecretRefused(f"{name} is not set; set it or {name}_FILE ({HELP})")
    if given is None:
        return _kept(name, var_dir)
    if not demo:
        refuse_weak(name, given)
    return given


def optional_secret(name: str, *, demo: bool) -> str:
    """This function will return a secret that only some deployments have: `$NAME`, else the file `$NAME_FILE`, else "".

    Raises: SecretRefused outside the demo for one that can be guessed.
    """
    given = _given(name) or ""
    if given and not demo:
        refuse_weak(name, given)
    return given


def _given(name: str) -> str | None:
    if value := os.environ.get(name):
        return value
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        found = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SecretRefused(f"{name}_FILE: {path}: {why} ({HELP})") from None
    if not found:
        raise SecretRefused(f"{name}_FILE: {path} is empty ({HELP})")
    return found


def refuse_weak(name: str, value: str) -> None:
    """This function will refuse a secret that can be guessed. Raises: SecretRefused, naming the variable and the remedy."""
    make = "echo k1:$(openssl rand -hex 32)" if name == "PUHUI_SEALING_KEYS" else "openssl rand -hex 32"
    remedy = f"make one with: {make} ({HELP})"
    if name == "PUHUI_SEALING_KEYS":
        keys = value.split(",")
        if not all(SEALING_KEY.fullmatch(key) for key in keys):
            raise SecretRefused(f"{name} is not a list of id:64 hexadecimal digits; {remedy}")
        for key in keys:
            _refuse_guessable(name, key.partition(":")[2], remedy)
        return
    if len(value) < LEAST:
        raise SecretRefused(f"{name} is weak: {len(value)} characters, at least {LEAST} are needed; {remedy}")
    _refuse_guessable(name, value, remedy)


def _refuse_guessable(name: str, value: str, remedy: str) -> None:
    if any(word in value.lower() for word in PLACEHOLDERS):
        raise SecretRefused(f"{name} is a placeholder; {remedy}")
    if len(set(value.lower())) < LEAST_DISTINCT:
        raise SecretRefused(f"{name} is weak: it repeats {len(set(value.lower()))} characters; {remedy}")


def _kept(name: str, var_dir: Path) -> str:
    """The demo's own secret, made once."""
    kept = var_dir / "secrets" / name.lower()
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = secrets.token_hex(32)
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.write_text(f"k1:{made}" if name == "PUHUI_SEALING_KEYS" else made, encoding="utf-8")
        draft.chmod(0o600)
        with contextlib.suppress(FileExistsError):  # another process of the same first run was faster
            os.link(draft, kept)
        draft.unlink()
    return kept.read_text(encoding="utf-8")
