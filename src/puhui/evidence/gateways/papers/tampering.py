"""Signs that a picture was worked on: a program that edits pictures named itself, or a part has no noise of a camera.

A camera's picture is grainy everywhere. Where words were pasted over, the ground is as smooth as a screen. Such a sign
refuses nobody: a person looks.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import ExifTags, Image

BLOCK = 16  # dots across a piece
EDITORS = ("photoshop", "gimp", "affinity", "pixelmator", "meitu", "snapseed", "picsart", "lightroom")
GRAINY = 1.2  # grey levels: a picture whose middle piece is smoother has no grain to compare with
SMOOTH = 0.25  # a piece with less than this share of the usual grain is too smooth
RUN = 4  # so many of them side by side, on two rows, are a patch


def find_marks(data: bytes, picture: Image.Image) -> tuple[str, ...]:
    """This function will return codes of signs: EDITED_BY_PROGRAM, PATCHED; () for none."""
    found = []
    if _names_editor(data):
        found.append("EDITED_BY_PROGRAM")
    if _is_patched(picture):
        found.append("PATCHED")
    return tuple(found)


def _names_editor(data: bytes) -> bool:
    try:
        software = str(Image.open(BytesIO(data)).getexif().get(ExifTags.Base.Software, ""))
    except Exception:  # broken metadata say nothing
        return False
    return any(one in software.lower() for one in EDITORS)


def _is_patched(picture: Image.Image) -> bool:
    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    high, wide = (grey.shape[0] // BLOCK) * BLOCK, (grey.shape[1] // BLOCK) * BLOCK
    grain = np.abs(
        grey[1 : high - 1, 1 : wide - 1] * 4
        - grey[: high - 2, 1 : wide - 1]
        - grey[2:high, 1 : wide - 1]
        - grey[1 : high - 1, : wide - 2]
        - grey[1 : high - 1, 2:wide]
    )
    rows, columns = grain.shape[0] // BLOCK, grain.shape[1] // BLOCK
    pieces = grain[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))
    usual = float(np.median(pieces))
    if usual < GRAINY:
        return False
    smooth = pieces < SMOOTH * usual
    runs = smooth.copy()
    for step in range(1, RUN):
        runs[:, :-step] &= smooth[:, step:]
    return bool((runs[:-1] & runs[1:]).any())
