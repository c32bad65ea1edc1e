"""The signature of a PDF (PAdES, ETSI EN 319 142-1): whole file covered, nothing added later, a root that we pinned.

Revocation is not checked: that would ask the issuer's server each time and tell it who applies here. The page says so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from puhui.evidence.domain import PaperSignature

# What pyHanko tells of a broken file repeats words of the file; nothing of a paper belongs in a log.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def load_roots(texts: Sequence[bytes]) -> list[x509.Certificate]:
    """This function will read pinned roots (PEM)."""
    return [x509.Certificate.load(pem.unarmor(one)[2]) for one in texts]


def check_signature(
    data: bytes, *, roots: Sequence[x509.Certificate], at: datetime
) -> tuple[PaperSignature, str]:
    """This function will return what the signatures of a PDF say, and the organisation that signed.

    Any fault of any of them counts as alteration: a paper with one good and one broken signature is not a good one.
    """
    try:
        found = PdfFileReader(BytesIO(data)).embedded_signatures
        if not found:
            return (PaperSignature.ALTERED if b"/ByteRange" in data else PaperSignature.NONE), ""
        said = [_one(one, roots, at) for one in found]
    except Exception:  # whatever a broken file makes of the parser, its signature does not hold
        broken = b"/ByteRange" in data or b"/Sig" in data
        return (PaperSignature.ALTERED if broken else PaperSignature.NONE), ""
    states = {state for state, _ in said}
    for worst in (PaperSignature.ALTERED, PaperSignature.UNKNOWN):
        if worst in states:
            return worst, ""
    return PaperSignature.GOOD, said[-1][1]


def _one(signature: Any, roots: Sequence[x509.Certificate], at: datetime) -> tuple[PaperSignature, str]:
    context = ValidationContext(
        trust_roots=list(roots), allow_fetching=False, revocation_mode="soft-fail", moment=at
    )
    # In a thread of its own: pyHanko starts an event loop, and where one runs already it would fail like a bad paper.
    with ThreadPoolExecutor(max_workers=1) as own:
        status = own.submit(validate_pdf_signature, signature, context).result()
    untouched = (
        status.intact
        and status.valid
        and status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        and status.modification_level in (None, ModificationLevel.NONE)
        and status.docmdp_ok is not False
    )
    if not untouched:
        return PaperSignature.ALTERED, ""
    if not status.trusted:
        return PaperSignature.UNKNOWN, ""
    named = signature.signer_cert.subject.native
    return PaperSignature.GOOD, str(named.get("organization_name", ""))
