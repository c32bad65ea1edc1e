"""Every text of the interface has Chinese, every refusal has its sentence in both languages, and nothing is stale."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from django.utils import translation

import puhui
from puhui.core.refusals import Refusal, all_refusals
from puhui.web import catalogues
from puhui.web.shared.refusals import catalogue, refused

PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w+)\}")
SKIPPED = (".migrations", ".management", "puhui.lab")


def load_everything() -> None:
    for module in pkgutil.walk_packages(puhui.__path__, "puhui."):
        if not any(part in module.name for part in SKIPPED):
            importlib.import_module(module.name)


def leaves() -> list[type[Refusal]]:
    load_everything()
    return [one for one in all_refusals() if not one.__subclasses__() and one.__module__.startswith("puhui.")]


def chinese() -> dict[tuple[str, str], str]:
    entries: dict[tuple[str, str], str] = {}
    for part in catalogues.PARTS:
        entries |= catalogues.read_po(catalogues.path_of(part))
    return entries


def test_every_msgid_has_chinese() -> None:
    known = chinese()
    missing = [text for text, plural in catalogues.collect() if not known.get((text, plural))]
    assert not missing, f"run `puhui messages` and translate: {missing}"


def test_no_catalogue_keeps_a_msgid_that_is_gone() -> None:
    wanted = set(catalogues.collect())
    assert set(chinese()) == wanted


def test_chinese_names_the_same_figures_as_english() -> None:
    for (text, plural), zh in chinese().items():
        wanted = {a or b for a, b in PLACEHOLDER.findall(text)} | {
            a or b for a, b in PLACEHOLDER.findall(plural)
        }
        assert {a or b for a, b in PLACEHOLDER.findall(zh)} == wanted, text


@pytest.mark.parametrize("part", catalogues.PARTS)
def test_compiled_catalogues_are_of_today(part: str) -> None:
    path = catalogues.path_of(part)
    compiled = catalogues.compile_mo(catalogues.read_po(path))
    assert path.with_suffix(".mo").read_bytes() == compiled, "run `puhui messages`"


def test_a_compiled_catalogue_is_read_by_gettext() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Get help") == "我要帮助"
        assert translation.ngettext("%(n)d day", "%(n)d days", 7) % {"n": 7} == "7 天"
    with translation.override("en"):
        assert translation.gettext("Get help") == "Get help"


def test_voice_is_plain() -> None:
    """No shouting, no officialese, nobody is called an overdue customer (ui.md section 6)."""
    banned = ("尊敬", "逾期客户", "已逾期", "！", "温馨提示")
    for (text, _plural), zh in chinese().items():
        assert not any(word in zh for word in banned), zh
        assert "!" not in text and "please be advised" not in text.lower(), text


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    missing = [one.__name__ for one in leaves() if one.__name__ not in catalogue()]
    assert not missing, f"no sentence in web/shared/refusals for {missing}"


def test_refusal_sentences_name_the_same_facts_in_both_languages() -> None:
    for name, words in catalogue().items():
        facts = [set(re.findall(r"\{(\w+)\}", words[tongue])) for tongue in ("en", "zh")]
        assert facts[0] == facts[1], name


def test_a_refusal_writes_its_facts_by_their_unit() -> None:
    class Planted(Refusal):
        field = "amount"

    catalogue()["Planted"] = {
        "en": "At most {most_minor} at {rate_ppm} on {day_on}.",
        "zh": "最多 {most_minor}，{rate_ppm}，{day_on}。",
    }
    try:
        planted = Planted(most_minor=2_000_000, rate_ppm=152_500, day_on="2026-11-27")
        said = refused(planted, language="en", currency="CNY", zone="Asia/Shanghai")
        assert said.sentence == "At most ¥20,000 at 15.25% on 27 Nov 2026."
        said = refused(planted, language="zh-hans", currency="CNY", zone="Asia/Shanghai")
        assert said.sentence == "最多 ¥20,000，15.25%，2026年11月27日。"
        assert (said.code, said.field, said.status) == ("Planted", "amount", 422)
    finally:
        del catalogue()["Planted"]
