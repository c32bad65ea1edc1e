"""Relief policies, programmes and lessons, read from the policies folder once and found by day."""

from __future__ import annotations

from collections.abc import Mapping

from puhui.protection.policy_files import PolicyFiles
from puhui.relief.domain import (
    LessonBook,
    Programme,
    ReliefPolicy,
    parse_lessons,
    parse_programmes,
    parse_relief,
)


def _policies(texts: Mapping[str, str]) -> tuple[ReliefPolicy, ...]:
    found = [parse_relief(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: one.valid_from))


def _lessons(texts: Mapping[str, str]) -> tuple[LessonBook, ...]:
    found = [parse_lessons(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: one.valid_from))


def _programmes(texts: Mapping[str, str]) -> tuple[Programme, ...]:
    newest: dict[str, Programme] = {}
    for name in sorted(texts):
        newest |= {one.name: one for one in parse_programmes(texts[name], file=name)}
    return tuple(newest.values())


policies: PolicyFiles[tuple[ReliefPolicy, ...]] = PolicyFiles("relief", load=_policies)
lessons: PolicyFiles[tuple[LessonBook, ...]] = PolicyFiles("lessons", load=_lessons)
programmes: PolicyFiles[tuple[Programme, ...]] = PolicyFiles("programmes", load=_programmes)
