"""Every refusal of core has its sentence in both languages, and its sentence names only facts that it carries."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import puhui.core
from puhui.core.refusals import InputRefused, Refusal, all_refusals

CATALOGUE = Path(__file__).resolve().parents[2] / "src/puhui/web/shared/refusals/core.toml"
SENTENCES: dict[str, dict[str, str]] = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))

# What the raising code gives each, beyond nothing.
FACTS = {
    "AmountInvalid": {"currency", "decimals"},
    "CurrencyUnknown": {"currency"},
    "CalendarInvalid": {"file", "at"},
    "CalendarYearMissing": {"calendar", "year"},
    "DayCountUnknown": {"day_count"},
    "ReferencePeriodMissing": {"day_count"},
    "CalendarMissing": {"day_count"},
    "UnitPeriodInvalid": {"unit_period"},
    "PeriodOutsideTerm": {"period", "periods"},
    "FlowsTooFew": {"needed"},
}


def _core() -> list[type[Refusal]]:
    for module in pkgutil.iter_modules(puhui.core.__path__):
        importlib.import_module(f"puhui.core.{module.name}")
    return [
        one for one in all_refusals() if one.__module__.startswith("puhui.core") and one is not InputRefused
    ]


def test_each_has_its_sentence_and_no_other_stands_there() -> None:
    assert sorted(SENTENCES) == [one.__name__ for one in _core()]
    for name, sentence in SENTENCES.items():
        assert set(sentence) == {"en", "zh"}
        placeholders = [set(re.findall(r"\{(\w+)\}", sentence[language])) for language in ("en", "zh")]
        assert placeholders[0] == placeholders[1] <= FACTS.get(name, set()), name
        assert sentence["en"].endswith(".") and sentence["zh"].endswith("。")


def test_each_names_the_field_at_fault() -> None:
    assert all(one.field for one in _core())
    assert InputRefused("income", limit=5).at == "income" and InputRefused().at == ""
