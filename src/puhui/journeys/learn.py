"""She takes the quiz of a lesson, and her result is kept for her alone: it never enters a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.relief import operations as relief
from puhui.relief.domain import count_right
from puhui.relief.queries import get_lesson, get_lesson_book
from puhui.runtime.transactions import transaction


def take_quiz(*, customer_id: str, lesson: str, chosen: Sequence[int], key: str, now: datetime) -> int:
    """This function will count and keep the right answers of a quiz; −1 stands for one left out. Raises: LessonUnknown."""
    today = house.today(now)
    questions = get_lesson(lesson, on_date=today).quizzes["zh"]
    right = count_right(questions, chosen)
    with transaction():
        relief.record_quiz(
            id=derive_id("quiz", customer_id, lesson, key),
            customer_id=customer_id,
            lesson=lesson,
            version=get_lesson_book(on_date=today).version,
            right=right,
            questions=len(questions),
            now=now,
        )
    return right
