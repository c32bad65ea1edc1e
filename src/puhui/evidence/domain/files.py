"""What a file must be to be taken at all, before anything opens it: neither empty nor huge, and of a known beginning."""

from __future__ import annotations

from puhui.core.refusals import Refusal

MEGABYTE = 1_000_000
MOST_BYTES = 10 * MEGABYTE  # of a file; a phone's photograph has three million
LEAST_BYTES = 200
PDF_WITHIN = 1_024  # a PDF begins somewhere in its first bytes (ISO 32000-1, annex H.3.4.1)
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


class PaperTooLarge(Refusal):
    """The file is larger than what is read."""

    field = "file"
    status = 413


class PaperEmpty(Refusal):
    """There is no file, or it broke off on the way."""

    field = "file"


class PaperTypeUnknown(Refusal):
    """The file is neither a PDF nor a picture, whatever it is called."""

    field = "file"


def check_file(content: bytes) -> None:
    """This function will do nothing for a file that may be read. Raises: PaperTooLarge, PaperEmpty, PaperTypeUnknown."""
    if len(content) > MOST_BYTES:
        raise too_large()
    if len(content) < LEAST_BYTES:
        raise PaperEmpty()
    if b"%PDF-" not in content[:PDF_WITHIN] and not content.startswith(BEGINNINGS):
        raise PaperTypeUnknown()


def too_large() -> PaperTooLarge:
    """This function will make the refusal of a file that is too large, with what would not be."""
    return PaperTooLarge(megabytes=MOST_BYTES // MEGABYTE)
