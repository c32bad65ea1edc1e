"""What browsers report of the content policy: a page that wanted what it may not have is an attack, or a bug of ours.

Anybody may send here, so little is believed and less is kept: one line in the log for each violation, with the name of
the rule, the origin that was asked for and the pattern of the page's address. Addresses themselves, samples of script and
whatever else a report holds are left out; so is who sent it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from puhui.access.partners.domain import TOKEN, Bucket, BucketRate, draw_tokens
from puhui.core.refusals import Refusal

LARGEST = 16_384  # bytes of a body
MOST = 20  # violations of one body that are read
KINDS = frozenset({"application/csp-report", "application/reports+json", "application/json"})
RATE = BucketRate(micro_per_second=TOKEN, at_once=60)  # of one process, whoever sends
_RULE = re.compile(r"[a-z][a-z-]{2,39}")
_ORIGIN = re.compile(r"[a-z0-9.\[\]:-]{1,100}")
_SCHEME = re.compile(r"[a-z][a-z-]{1,30}")
log = logging.getLogger("puhui.web.policy")


class ReportTooLarge(Refusal):
    """The body of a report has more than 16 KB."""

    status: ClassVar[int] = 413


class ReportUnreadable(Refusal):
    """The body is no report of a browser."""

    status: ClassVar[int] = 400


class TooManyReports(Refusal):
    """More reports come in than are looked at."""

    status: ClassVar[int] = 429


class Allowance:
    """How many reports this process still reads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._bucket: Bucket | None = None

    def take(self, now: datetime) -> bool:
        """This function will tell whether one more report is read at an instant."""
        with self._lock:
            held = self._bucket or Bucket(tokens_micro=RATE.at_once * TOKEN, at=now)
            self._bucket, drawn, _ = draw_tokens(held, rate=RATE, want=1, now=now)
            return drawn == 1

    def forget(self) -> None:
        """This function will fill the bucket, as a restart does."""
        with self._lock:
            self._bucket = None


allowance = Allowance()


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponseBase:
    """This function will note what a browser reports. Raises: TooManyReports, ReportTooLarge, ReportUnreadable."""
    if not allowance.take(datetime.now(UTC)):
        raise TooManyReports()
    declared = request.headers.get("Content-Length") or "0"
    if not declared.isdigit() or int(declared) > LARGEST:
        raise ReportTooLarge()
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ReportTooLarge()
    if request.content_type not in KINDS:
        raise ReportUnreadable()
    for rule, asked, page in _violations(body):
        said = {"kind": rule, "route": page}
        log.warning("the content policy refused %s what it wanted of %s", page, asked, extra=said)
    return HttpResponse(status=204)


def _violations(body: bytes) -> Iterator[tuple[str, str, str]]:
    """(rule, origin asked for, pattern of the page) of each violation that a body tells of, in either of its two forms."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise ReportUnreadable() from None
    found = sent if isinstance(sent, list) else [sent]
    for one in found[:MOST]:
        told = one.get("csp-report", one.get("body")) if isinstance(one, dict) else None
        if not isinstance(told, dict):
            raise ReportUnreadable()
        rule = _text(told, "effective-directive", "effectiveDirective", "violated-directive").partition(" ")[
            0
        ]
        if not _RULE.fullmatch(rule):
            raise ReportUnreadable()
        yield (
            rule,
            _origin(_text(told, "blocked-uri", "blockedURL")),
            _page(_text(told, "document-uri", "documentURL")),
        )


def _text(told: dict[str, Any], *names: str) -> str:
    """The first of these that a report says."""
    return next((told[name] for name in names if isinstance(told.get(name), str)), "")


def _origin(address: str) -> str:
    """Scheme and host of what was asked for, or the word that stands for it ("inline", "eval"); never a path."""
    try:
        parts = urlsplit(address.lower())
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "-"
    if parts.scheme in {"http", "https", "ws", "wss"}:
        return f"{parts.scheme}://{host}" if _ORIGIN.fullmatch(host) else "-"
    word = parts.scheme or address.lower()
    return word if _SCHEME.fullmatch(word) else "-"


def _page(address: str) -> str:
    """The pattern of a page of ours: ids are names of places in it."""
    try:
        return f"/{resolve(urlsplit(address).path).route}"
    except (ValueError, Resolver404):
        return "-"
