"""What a refusal says on the command line: the same sentence as on a page, after the option that it speaks of."""

from __future__ import annotations

import os

from django.conf import settings

from puhui.core.refusals import Refusal
from puhui.web.shared.refusals import refused


def said(refusal: Refusal, *, option: bool = True) -> str:
    """This function will put a refusal into one line, in Chinese where the terminal's language is Chinese.

    `option`: the refusal's field is the name of an option, and is said first.
    """
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    language = "zh-hans" if spoken.startswith("zh") else "en"
    lender = settings.LENDER
    words = refused(refusal, language=language, currency=lender["currency"], zone=lender["zone"])
    return f"--{refusal.field}: {words.sentence}" if option else words.sentence
