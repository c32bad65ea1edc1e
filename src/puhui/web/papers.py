"""Letters and contracts as PDF, for her and for the desk: the same bytes whenever the same thing is asked."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import get_language

from puhui.core.canonical import content_hash
from puhui.journeys.letters import Letter
from puhui.runtime.paper import PDF, make_pdf

# Chinese characters stay out of file names: loan, contract and case numbers are ASCII.


def language() -> str:
    """This function will return the language of this request's documents."""
    return get_language() or "zh-hans"


def paper(letter: Letter) -> tuple[HttpResponse, str]:
    """This function will answer with a letter as PDF to be kept, named by its SHA-256, and return that hash, too."""
    content = make_pdf(html=letter.html, author=letter.author)
    sha256 = content_hash(content)
    headers = {
        "Content-Disposition": f'attachment; filename="{letter.name}.pdf"',
        "ETag": f'"{sha256}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type=PDF, headers=headers), sha256
