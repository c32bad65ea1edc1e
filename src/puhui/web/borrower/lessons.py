"""Lessons: three minutes each, with a quiz that tells at once what is right and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.customers.domain import Customer
from puhui.journeys import learn
from puhui.relief import queries as relief
from puhui.web import clock
from puhui.web.borrower.session import show, signed_in, up
from puhui.web.shared import formats, inputs
from puhui.web.templatetags.puhui import language


def _tongue() -> str:
    return "zh" if formats.is_chinese(language()) else "en"


@require_safe
@signed_in
def list_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will list the lessons with her results."""
    best = relief.list_quizzes(customer_id=customer.id)
    rows = [
        {"name": one.name, "title": one.titles[_tongue()], "minutes": one.minutes, "best": best.get(one.name)}
        for one in relief.get_lesson_book(on_date=clock.today(request)).lessons.values()
    ]
    return show(request, "lessons", rows=rows, up=up("me", _("Me")))


@require_http_methods(["GET", "POST"])
@signed_in
def lesson_page(request: HttpRequest, customer: Customer, lesson: str) -> HttpResponseBase:
    """This function will show a lesson with its quiz, and after the quiz which answers were right and why."""
    found = relief.get_lesson(lesson, on_date=clock.today(request))
    questions = found.quizzes[_tongue()]
    chosen = [_chosen(request, n, len(one.answers)) for n, one in enumerate(questions)]
    right = None
    if request.method == "POST":
        right = learn.take_quiz(
            customer_id=customer.id,
            lesson=lesson,
            chosen=chosen,
            key=inputs.form_key(request),
            now=clock.now(request),
        )
    rows = [
        {"number": n, "of": one, "chosen": pick, "good": pick == one.right}
        for n, (one, pick) in enumerate(zip(questions, chosen, strict=True))
    ]
    return show(
        request,
        "lesson",
        title=found.titles[_tongue()],
        minutes=found.minutes,
        paragraphs=found.texts[_tongue()],
        rows=rows,
        right=right,
        count=len(questions),
        up=up("lessons", _("Lessons")),
    )


def _chosen(request: HttpRequest, number: int, count: int) -> int:
    typed = request.POST.get(f"answer{number}", "")
    return int(typed) if typed.isascii() and typed.isdigit() and int(typed) < count else -1
