"""The text layer of a PDF with the place of each piece of text, and its pages as pictures where it has none (PDFium).

PDFium is built without a script engine here: nothing that a file carries is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pypdfium2
from PIL import Image

from puhui.evidence.domain import PaperLine, PaperRefused

MOST_PAGES = 20
MOST_RECTS = 5_000  # pieces of text on one page; a page of a paper has some hundred
SIGHT_WIDTH = 1_600  # dots across a page that is read from its picture
VIEW_WIDTH = 1_000  # dots across the picture that a person looks at
PERMILLE = 1000


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """This function will open a PDF and close it again. Raises: PaperRefused (PASSWORD, UNREADABLE, TOO_MANY_PAGES)."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise PaperRefused("PASSWORD" if "assword" in str(error) else "UNREADABLE") from None
    try:
        if len(document) > MOST_PAGES:
            raise PaperRefused("TOO_MANY_PAGES")
        if len(document) == 0:
            raise PaperRefused("UNREADABLE")
        yield document
    finally:
        document.close()


def list_lines(document: Any) -> list[PaperLine]:
    """This function will return the pieces of text of all pages. Raises: PaperRefused (UNREADABLE)."""
    return [line for number in range(len(document)) for line in _lines_of(document, number)]


def _lines_of(document: Any, number: int) -> list[PaperLine]:
    page = document[number]
    text = page.get_textpage()
    try:
        count = text.count_rects()
        if count > MOST_RECTS:
            raise PaperRefused("UNREADABLE")
        width, height = page.get_size()
        boxes = [text.get_rect(place) for place in range(count)]
        said = [(text.get_text_bounded(*box).strip(), box) for box in boxes]
    finally:
        text.close()
        page.close()
    return [
        _line(words, number, (left, height - top, right, height - bottom), (width, height))
        for words, (left, bottom, right, top) in said
        if words
    ]


def _line(
    text: str, page: int, box: tuple[float, float, float, float], size: tuple[float, float]
) -> PaperLine:
    left, top, right, bottom = box
    return PaperLine(
        text=text,
        page=page,
        left=int(left / size[0] * PERMILLE),
        top=int(top / size[1] * PERMILLE),
        width=int((right - left) / size[0] * PERMILLE),
        height=max(1, int((bottom - top) / size[1] * PERMILLE)),
        sure=PERMILLE,
    )


def draw_view(document: Any) -> bytes:
    """This function will draw the first page anew as a JPEG, so that nobody ever opens the file itself."""
    out = BytesIO()
    draw_page(document, 0, width=VIEW_WIDTH).save(out, "JPEG", quality=80)
    return out.getvalue()


def draw_page(document: Any, number: int, *, width: int = SIGHT_WIDTH) -> Image.Image:
    """This function will draw a page as a picture, `width` dots across. Raises: PaperRefused (UNREADABLE)."""
    page = document[number]
    try:
        wide, high = page.get_size()
        if not 0 < high < wide * 8:
            raise PaperRefused("UNREADABLE")
        picture = page.render(scale=width / wide).to_pil().convert("RGB")
    finally:
        page.close()
    assert isinstance(picture, Image.Image)
    return picture
