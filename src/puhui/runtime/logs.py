"""Logs without personal data: fixed fields only, and a net that masks what still slips into a message.

The rule is that nobody writes a phone, a name or a number into a log. The net is for the day somebody does, most
often inside an exception's text: digit runs that look like a phone, a resident number or an account are masked.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("puhui_request_id", default="")

FIELDS = (
    "kind",
    "key",
    "attempts",
    "status",
    "method",
    "route",
    "duration_ms",
    "worker",
)  # of `extra`, no others

_HASH = re.compile(r"[0-9a-f]{32,}")  # a content hash or a token: left as it is
# 17 digits and the X of a resident number, or 11 to 19 digits; a blank, dot or dash between two digits is allowed.
_RUN = re.compile(r"(?<!\d)\d(?:(?:[ .\-]?\d){16}[ \-]?[Xx]|(?:[ .\-]?\d){10,18}(?!\d))")
_LONG = re.compile(r"\d{20,}")  # whatever it is, nobody needs it in a log
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{10}")  # mobile; landline with its area code


def _mask(match: re.Match[str]) -> str:
    digits = "".join(str(int(c)) for c in match.group() if c.isdecimal())
    if len(digits) == 11 and not _PHONE.fullmatch(digits):
        return match.group()
    return f"[{len(digits) + match.group()[-1].isalpha()} digits]"


def redact(text: str) -> str:
    """This function will return `text` with phone-like (11 digits), resident (18) and account numbers (12–19) masked."""
    parts: list[str] = []
    end = 0
    for match in _HASH.finditer(text):
        if not any(c.isalpha() for c in match.group()):
            continue  # digits only: not a hash but a number
        parts += [_redact(text[end : match.start()]), match.group()]
        end = match.end()
    return "".join([*parts, _redact(text[end:])])


def _redact(text: str) -> str:
    return _RUN.sub(_mask, _LONG.sub(lambda m: f"[{len(m.group())} digits]", text))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, request_id, our fixed extras, and the trace of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """This function will write `record` as one line of JSON, every text redacted."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        for name in FIELDS:
            if (value := getattr(record, name, None)) is not None:
                line[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = f"{type(error).__name__}: {redact(str(error))}"
            # Frames only: a source line or a local variable may hold a person's data.
            frames = traceback.extract_tb(error.__traceback__)
            line["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        return json.dumps(line, ensure_ascii=False, default=str)
