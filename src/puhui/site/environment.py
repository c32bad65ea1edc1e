"""Secrets of a deployment: from the environment, from a file it names, or, in the demo only, made once."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def secret(name: str, *, var_dir: Path, demo: bool) -> str:
    """This function will return the secret `name`: `$NAME`, else the file `$NAME_FILE`, else (demo) a kept random one.

    Raises: RuntimeError naming the variable when it is missing outside the demo.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    if not demo:
        raise RuntimeError(f"{name} is not set; set it or {name}_FILE (see docs/how-to/deploy.md)")
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
