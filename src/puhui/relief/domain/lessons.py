"""Lessons (金融教育): short texts on due dates, the cost of credit and records, each with a quiz, from dated text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from puhui.core.refusals import Refusal
from puhui.protection.domain.strict import StrictFile, StrictTable


class LessonUnknown(Refusal):
    """There is no such lesson."""

    field = "lesson"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizQuestion:
    """One question of a quiz, in one language."""

    question: str  # what is asked
    answers: tuple[str, ...]  # to choose from
    right: int  # which of them is right, from 0
    why: str  # why


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson in both languages: "zh" and "en"."""

    name: str  # short word of its address
    minutes: int  # to read
    titles: Mapping[str, str]  # language → title
    texts: Mapping[str, tuple[str, ...]]  # language → paragraphs
    quizzes: Mapping[str, tuple[QuizQuestion, ...]]  # language → questions, the same in both


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonBook:
    """The lessons of one file."""

    version: str  # day of the file
    valid_from: date  # first day
    lessons: Mapping[str, Lesson]  # by name, in the order of the file


def parse_lessons(text: str, *, file: str) -> LessonBook:
    """This function will read a file of lessons strictly. Raises: PolicyInvalid naming file and field."""
    source = StrictFile(text, file=file)
    head = source.table("lessons")
    version, valid_from = head.text("version"), head.day("valid_from")
    if version != valid_from.isoformat() or not file.endswith(f"{version}.toml"):
        raise head.invalid("version, valid_from and the name of the file must be one day")
    head.done()
    lessons = [_lesson(row) for row in source.rows("lesson", called="name")]
    by_name: dict[str, list[dict[str, QuizQuestion]]] = {one.name: [] for one in lessons}
    for row in source.rows("question", called="lesson"):
        name, found = _question(row, by_name)
        by_name[name].append(found)
    source.done()
    if len(by_name) != len(lessons):
        raise head.invalid("a lesson stands twice")
    for one in lessons:
        if not by_name[one.name]:
            raise head.invalid(f"lesson {one.name} has no question")
    return LessonBook(
        version=version,
        valid_from=valid_from,
        lessons={
            one.name: Lesson(
                name=one.name, minutes=one.minutes, titles=one.titles, texts=one.texts,
                quizzes={t: tuple(pair[t] for pair in by_name[one.name]) for t in ("zh", "en")},
            )
            for one in lessons
        },
    )  # fmt: skip


def _lesson(row: StrictTable) -> Lesson:
    found = Lesson(
        name=row.text("name"),
        minutes=row.integer("minutes"),
        titles={"zh": row.text("title_zh"), "en": row.text("title_en")},
        texts={tongue: tuple(row.text(f"text_{tongue}").strip().split("\n\n")) for tongue in ("zh", "en")},
        quizzes={},
    )
    if len(found.texts["zh"]) != len(found.texts["en"]):
        raise row.invalid("the two languages have not the same number of paragraphs")
    row.done()
    return found


def _question(row: StrictTable, known: Mapping[str, object]) -> tuple[str, dict[str, QuizQuestion]]:
    name = row.choice("lesson", set(known))
    right = row.integer("right")
    answers = {tongue: row.texts(f"answers_{tongue}", required=True) for tongue in ("zh", "en")}
    if len(answers["zh"]) != len(answers["en"]) or not 0 <= right < len(answers["zh"]):
        raise row.invalid("right names no answer, or the two languages have not the same number of answers")
    found = {
        tongue: QuizQuestion(
            question=row.text(f"question_{tongue}"),
            answers=answers[tongue],
            right=right,
            why=row.text(f"why_{tongue}"),
        )
        for tongue in ("zh", "en")
    }
    row.done()
    return name, found


def count_right(questions: Sequence[QuizQuestion], chosen: Sequence[int]) -> int:
    """This function will count the right answers; what was left out (−1) is not one."""
    return sum(one.right == pick for one, pick in zip(questions, chosen, strict=True))
