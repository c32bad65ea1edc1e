"""Golden files: what a borrower is shown, as text kept in git, so that a reviewer sees what a change does to it.

`PUHUI_GOLDEN=write pytest tests/golden` writes the files anew; the diff is then for people to read.
"""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent


def check(name: str, text: str) -> None:
    """This function will compare `text` with the golden file `name`, byte for byte."""
    path = HERE / name
    if os.environ.get("PUHUI_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing; write it with PUHUI_GOLDEN=write and read it"
    kept = path.read_text(encoding="utf-8")
    assert text == kept, (
        f"{name} differs; if the change is meant, write it with PUHUI_GOLDEN=write and say why"
    )
