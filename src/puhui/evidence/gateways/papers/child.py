"""What runs in the reader's own process: bytes in, words out. It knows neither database nor keys nor network."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from puhui.evidence.domain import PaperContent, PaperRefused, PaperSignature

LEAST_TEXT = 20  # characters; a text layer with fewer is a picture in the clothes of a PDF
SIGHT_PAGES = 2  # pages of such a PDF that are looked at
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


def read_bytes(data: bytes, *, roots: Sequence[bytes], at: datetime) -> PaperContent:
    """This function will read a PDF or a picture; by its first bytes, whatever it is called.

    Raises: PaperRefused (UNREADABLE, PASSWORD, TOO_MANY_PAGES, PICTURE_TOO_LARGE, NOT_A_PAPER).
    """
    if b"%PDF-" in data[:1024]:
        return _read_pdf(data, roots, at)
    if data.startswith(PICTURES):
        return _read_picture(data)
    raise PaperRefused("NOT_A_PAPER")


def _read_pdf(data: bytes, roots: Sequence[bytes], at: datetime) -> PaperContent:
    from puhui.evidence.gateways.papers import layer, seals

    with layer.opened(data) as document:
        lines = layer.list_lines(document)
        pages = len(document)
        view = layer.draw_view(document)
        by_sight = sum(len(one.text) for one in lines) < LEAST_TEXT
        if by_sight:
            from puhui.evidence.gateways.papers import sight

            lines = [
                line
                for number in range(min(pages, SIGHT_PAGES))
                for line in sight.list_words(layer.draw_page(document, number), page=number)
            ]
    signature, signer = seals.check_signature(data, roots=seals.load_roots(roots), at=at)
    return PaperContent(
        sha256=hashlib.sha256(data).hexdigest(),
        pages=pages,
        lines=tuple(lines),
        by_sight=by_sight and signature is not PaperSignature.GOOD,
        signature=signature,
        signer=signer,
        marks=(),
        view=view,
    )


def _read_picture(data: bytes) -> PaperContent:
    from puhui.evidence.gateways.papers import sight, tampering

    picture = sight.open_picture(data)
    return PaperContent(
        sha256=hashlib.sha256(data).hexdigest(),
        pages=1,
        lines=tuple(sight.list_words(picture)),
        by_sight=True,
        signature=PaperSignature.NONE,
        signer="",
        marks=tampering.find_marks(data, picture),
        view=sight.draw_view(picture),
    )


def plain_content(content: PaperContent) -> dict[str, Any]:
    """This function will return what was read as JSON's own types."""
    view = base64.b64encode(content.view).decode()
    return {**asdict(content), "signature": content.signature.value, "view": view}


def main() -> int:
    """This function will read what stands on the standard input and write what was found; it never raises for a file."""
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    asked = json.loads(head)
    try:
        found = plain_content(
            read_bytes(
                data, roots=[one.encode() for one in asked["roots"]], at=datetime.fromisoformat(asked["at"])
            )
        )
    except PaperRefused as refused:
        found = {"refused": refused.reason}
    sys.stdout.write(json.dumps(found, ensure_ascii=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
