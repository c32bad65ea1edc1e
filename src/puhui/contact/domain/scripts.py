"""Scripts: what our messages say, in both languages, as dated text checked before anybody reads it.

A placeholder that the row does not declare, a declared one that a language forgets, and at sending a value that is
missing, unknown or of another kind all stop: a customer never reads `{amount}` or an amount that is not hers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from puhui.contact.domain.gate import ContactPurpose
from puhui.core.canonical import content_hash
from puhui.core.money import Money, exponent, format_minor
from puhui.core.rounding import Rounding, divide
from puhui.protection.domain import OPEN, Bilingual, StrictFile, StrictTable, take_bilingual

ScriptValue = str | int | date | datetime | Money
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TEXT_MAX = 80  # characters of a free text inside a message


class ScriptMismatch(AssertionError):
    """The values given do not fit the script. A bug of the caller, found before anything is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one kind of message says."""

    name: str  # stable name, used by journeys
    purpose: ContactPurpose  # why it is said
    params: dict[str, str]  # kind of each placeholder, by name: one of SCRIPT_KINDS
    text: Bilingual  # with placeholders, without the sender


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptBook:
    """All scripts in force from one day to another."""

    version: str  # the day of the text ("2026-11-01")
    hash: str  # hex SHA-256 of the file's text
    valid_from: date  # first day
    valid_to: date | None  # first day no longer valid, None = open
    sender: Bilingual  # stands before every message
    scripts: dict[str, Script]  # by name

    def valid_on(self, on_date: date) -> bool:
        """Tell whether these scripts are in force on a day."""
        return self.valid_from <= on_date and (self.valid_to is None or on_date < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Voice:
    """In which language and zone a value is said."""

    english: bool  # else Chinese
    zone: str  # hers


def _money(value: ScriptValue, voice: _Voice) -> str | None:
    if not isinstance(value, Money):
        return None
    amount = format_minor(value.amount_minor, value.currency)
    sign, digits = ("−", amount[1:]) if amount.startswith("−") else ("", amount)
    return f"{sign}¥{digits}" if value.currency == "CNY" else f"{value.currency} {amount}"


def _money_round(value: ScriptValue, voice: _Voice) -> str | None:
    said = _money(value, voice)
    decimals = exponent(value.currency) if isinstance(value, Money) else 0
    return said.removesuffix("." + "0" * decimals) if said and decimals else said


def _day(value: ScriptValue, voice: _Voice) -> str | None:
    if type(value) is not date:
        return None
    return f"{value.day} {MONTHS[value.month - 1]}" if voice.english else f"{value.month}月{value.day}日"


def _day_full(value: ScriptValue, voice: _Voice) -> str | None:
    short = _day(value, voice)
    if short is None or not isinstance(value, date):
        return None
    return f"{short} {value.year}" if voice.english else f"{value.year}年{short}"


def _moment(value: ScriptValue, voice: _Voice) -> str | None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    local = value.astimezone(ZoneInfo(voice.zone))
    return f"{_day(local.date(), voice)}{', ' if voice.english else ' '}{local:%H:%M}"


def _count(value: ScriptValue, voice: _Voice) -> str | None:
    return str(value) if type(value) is int and value >= 0 else None


def _rate(value: ScriptValue, voice: _Voice) -> str | None:
    if type(value) is not int or value < 0:
        return None
    whole, part = divmod(divide(value, 100, Rounding.HALF_EVEN), 100)  # millionths to hundredths of a percent
    return f"{whole}.{part:02d}%"


def _code(value: ScriptValue, voice: _Voice) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{4,8}", value) else None


def _tail(value: ScriptValue, voice: _Voice) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{4}", value) else None


def _text(value: ScriptValue, voice: _Voice) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= TEXT_MAX and value.isprintable()
    return str(value) if fits else None


SCRIPT_KINDS: dict[str, Callable[[ScriptValue, _Voice], str | None]] = {
    "money": _money,  # Money → ¥1,807.51
    "money_round": _money_round,  # Money → ¥30,000 where it is whole
    "day": _day,  # date → 11月20日, 20 Nov
    "day_full": _day_full,  # date → 2026年11月20日, 20 Nov 2026
    "moment": _moment,  # UTC instant → 11月20日 23:59 in her zone
    "count": _count,  # int from 0
    "rate": _rate,  # int, millionths → 15.25%
    "code": _code,  # 4 to 8 digits
    "tail": _tail,  # last four digits of an account or phone
    "text": _text,  # one line, e.g. the number of a case
}


def parse_scripts(text: str, *, file: str = "scripts.toml") -> ScriptBook:
    """This function will turn the text of a script file into values.

    Raises: PolicyInvalid naming file, row and line for an unknown or missing field, a wrong type, a purpose or kind
    outside its list, a name stated twice, or placeholders that differ from the declared ones in either language.
    """
    whole = StrictFile(text, file=file)
    head = whole.table("scripts")
    version = head.text("version")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    sender = take_bilingual(head, "sender")
    head.done()
    scripts: dict[str, Script] = {}
    for row in whole.rows("script", called="name"):
        script = _parse_script(row)
        if script.name in scripts:
            raise row.invalid("the name is stated twice")
        scripts[script.name] = script
    whole.done()
    return ScriptBook(
        version=version,
        hash=content_hash(text.encode()),
        valid_from=valid_from,
        valid_to=valid_to,
        sender=sender,
        scripts=scripts,
    )


def _parse_script(row: StrictTable) -> Script:
    script = Script(
        name=row.text("name"),
        purpose=ContactPurpose(row.choice("purpose", frozenset(ContactPurpose))),
        params=row.mapping("params"),
        text=take_bilingual(row, "text"),
    )
    row.done()
    for name, kind in script.params.items():
        if kind not in SCRIPT_KINDS:
            raise row.invalid(f"{name} is of kind {kind!r}, not one of {', '.join(SCRIPT_KINDS)}")
    for language, said in (("zh", script.text.zh), ("en", script.text.en)):
        found = PLACEHOLDER.findall(said)
        if set(found) != set(script.params):
            differ = ", ".join(sorted(set(found) ^ set(script.params)))
            raise row.invalid(f"placeholders in text_{language} and params differ: {differ}")
        if re.search(r"[{}]", PLACEHOLDER.sub("", said)):
            raise row.invalid(f"a stray brace in text_{language}")
    return script


def render(
    book: ScriptBook, name: str, *, language: str, params: Mapping[str, ScriptValue], zone: str
) -> str:
    """This function will return what a message says, its sender first.

    `language` is "zh-hans" or "en"; values as SCRIPT_KINDS says. Raises: ScriptMismatch for an unknown script, and for
    a value that is missing, unknown or of another kind (never naming the value itself).
    """
    script = book.scripts.get(name)
    if script is None:
        raise ScriptMismatch(f"no script {name!r} in version {book.version}")
    if set(params) != set(script.params):
        differ = ", ".join(sorted(set(params) ^ set(script.params)))
        raise ScriptMismatch(f"script {name}: values and placeholders differ: {differ}")
    voice = _Voice(english=language.startswith("en"), zone=zone)
    said: dict[str, str] = {}
    for key, kind in script.params.items():
        word = SCRIPT_KINDS[kind](params[key], voice)
        if word is None:
            raise ScriptMismatch(f"script {name}: {key} is not of kind {kind}")
        said[key] = word
    body = PLACEHOLDER.sub(lambda match: said[match[1]], script.text.say(language))
    return book.sender.say(language) + body
