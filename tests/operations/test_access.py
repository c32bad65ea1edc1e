"""Logins, and one-time codes: limited tries, a lock, spaced sending, opened once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, connection
from django.test import RequestFactory

from puhui.access import queries
from puhui.access.domain import CodeOutcome, Role, UserKind
from puhui.access.models import Code, User
from puhui.access.operations import (
    CodeExpired,
    CodeLocked,
    CodeTooSoon,
    CodeUsed,
    CodeWrong,
    LoginTaken,
    PasswordTooShort,
    RoleUnknown,
    create_borrower_login,
    create_staff,
    open_code,
    redeem_code,
    refuse_outcome,
)
from puhui.runtime.read_only_admin import may_read
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RIGHT, WRONG = "135790", "000000"

pytestmark = pytest.mark.django_db


def send(
    id: str, at: datetime = NOW, *, code: str = RIGHT, subject: str = "s", purpose: str = "sign_in"
) -> None:
    with transaction():
        open_code(id=id, purpose=purpose, subject=subject, code=code, now=at)


def type_in(code: str, at: datetime = NOW, *, subject: str = "s", purpose: str = "sign_in") -> CodeOutcome:
    with transaction():
        return redeem_code(purpose=purpose, subject=subject, code=code, now=at)


def test_the_right_code_opens_once() -> None:
    send("1")
    assert type_in(RIGHT, NOW + SECOND) is CodeOutcome.OK
    assert type_in(RIGHT, NOW + 2 * SECOND) is CodeOutcome.USED


def test_only_a_keyed_hash_is_stored() -> None:
    send("1")
    row = Code.objects.get(id="1")
    assert RIGHT not in "".join(str(value) for value in vars(row).values())
    send("2", subject="t")
    assert Code.objects.get(id="2").code_hmac != row.code_hmac


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (timedelta(seconds=299, microseconds=999_999), CodeOutcome.OK),
        (timedelta(seconds=300), CodeOutcome.EXPIRED),
        (timedelta(days=9), CodeOutcome.EXPIRED),
    ],
)
def test_a_code_lives_five_minutes(after: timedelta, outcome: CodeOutcome) -> None:
    send("1")
    assert type_in(RIGHT, NOW + after) is outcome


def test_no_code_was_ever_sent() -> None:
    assert type_in(RIGHT) is CodeOutcome.EXPIRED


@pytest.mark.parametrize(
    "typed", ["", " ", "13579", "1357901", "135791", "１３５７９０", "135790 ", "'; --", "x" * 5000]
)
def test_anything_else_is_wrong(typed: str) -> None:
    send("1")
    assert type_in(typed) is CodeOutcome.WRONG


def test_a_code_opens_its_own_purpose_and_subject_only() -> None:
    send("1")
    send("2", subject="t", code="222222")
    send("3", purpose="sign_quote", code="333333")
    assert type_in(RIGHT, subject="t") is CodeOutcome.WRONG
    assert type_in(RIGHT, purpose="sign_quote") is CodeOutcome.WRONG
    assert type_in(RIGHT) is CodeOutcome.OK


def test_a_newer_code_voids_the_older() -> None:
    send("1", code="111111")
    send("2", NOW + MINUTE, code="222222")
    assert type_in("111111", NOW + MINUTE) is CodeOutcome.WRONG
    assert type_in("222222", NOW + MINUTE) is CodeOutcome.OK


def test_five_wrong_codes_lock_for_a_quarter_of_an_hour() -> None:
    send("1")
    found = [type_in(WRONG, NOW + n * SECOND) for n in range(5)]
    assert found == [CodeOutcome.WRONG] * 4 + [CodeOutcome.LOCKED]
    until = NOW + 4 * SECOND + 15 * MINUTE
    assert type_in(RIGHT, until - SECOND) is CodeOutcome.LOCKED
    with pytest.raises(CodeLocked) as locked:
        send("2", until - SECOND)
    assert locked.value.facts == {"until": until}
    assert type_in(RIGHT, until) is CodeOutcome.EXPIRED, "the locked code is void for good"
    send("3", until)
    assert type_in(RIGHT, until) is CodeOutcome.OK


def test_wrong_tries_are_counted_over_all_codes_of_a_subject() -> None:
    send("1")
    assert [type_in(WRONG) for _ in range(3)] == [CodeOutcome.WRONG] * 3
    send("2", NOW + MINUTE)
    assert [type_in(WRONG, NOW + MINUTE) for _ in range(2)] == [CodeOutcome.WRONG, CodeOutcome.LOCKED]


def test_a_right_code_forgives_the_wrong_ones() -> None:
    send("1")
    assert [type_in(WRONG) for _ in range(4)] == [CodeOutcome.WRONG] * 4
    assert type_in(RIGHT) is CodeOutcome.OK
    send("2", NOW + MINUTE)
    assert [type_in(WRONG, NOW + MINUTE) for _ in range(4)] == [CodeOutcome.WRONG] * 4


def test_codes_are_spaced_by_a_minute() -> None:
    send("1")
    with pytest.raises(CodeTooSoon) as soon:
        send("2", NOW + timedelta(seconds=20, milliseconds=1))
    assert soon.value.facts == {"seconds": 40}
    send("3", NOW + MINUTE)
    send("4", NOW, subject="t")


def test_five_codes_an_hour() -> None:
    for number in range(5):
        send(str(number), NOW + number * MINUTE)
    with pytest.raises(CodeLocked) as locked:
        send("6", NOW + 6 * MINUTE)
    assert locked.value.facts == {"until": NOW + timedelta(hours=1)}
    assert type_in(RIGHT, NOW + 6 * MINUTE) is CodeOutcome.OK, "the code already sent still opens"
    send("7", NOW + timedelta(hours=1))


def test_the_same_id_opens_the_same_code_again_without_sending() -> None:
    with transaction():
        first = open_code(id="1", purpose="sign_in", subject="s", code=RIGHT, now=NOW)
        again = open_code(id="1", purpose="sign_in", subject="s", code="999999", now=NOW + SECOND)
    assert again == first and first.expires_at == NOW + 5 * MINUTE
    with pytest.raises(AssertionError, match="one id"), transaction():
        open_code(id="1", purpose="sign_in", subject="t", code=RIGHT, now=NOW)
    assert type_in("999999") is CodeOutcome.WRONG


def refuse(outcome: CodeOutcome, at: datetime = NOW) -> None:
    refuse_outcome(outcome=outcome, purpose="sign_in", subject="s", now=at)


def test_outcomes_become_refusals_with_what_remains() -> None:
    refuse(CodeOutcome.OK)
    send("1")
    type_in(WRONG)
    with pytest.raises(CodeWrong) as wrong:
        refuse(CodeOutcome.WRONG)
    assert wrong.value.facts == {"remaining": 4} and wrong.value.field == "code"
    with pytest.raises(CodeExpired):
        refuse(CodeOutcome.EXPIRED)
    with pytest.raises(CodeUsed):
        refuse(CodeOutcome.USED)
    for _ in range(4):
        outcome = type_in(WRONG)
    with pytest.raises(CodeLocked) as locked:
        refuse(outcome)
    assert locked.value.facts == {"until": NOW + 15 * MINUTE} and locked.value.status == 429
    assert queries.get_code_gate(purpose="sign_in", subject="s", now=NOW).remaining == 0
    assert queries.get_code_gate(purpose="sign_in", subject="s", now=NOW + 15 * MINUTE).remaining == 5
    assert queries.get_code_gate(purpose="sign_in", subject="new", now=NOW).remaining == 5


def test_a_borrowers_login_has_no_password_that_works() -> None:
    with transaction():
        id = create_borrower_login(login="c.7f3akq", now=NOW)
    user = queries.get_user(id)
    assert user == queries.find_user("c.7f3akq") and user is not None
    assert (user.kind, user.role, user.is_active) == (UserKind.BORROWER, Role.NONE, True)
    for password in ("", "!", "password"):
        assert authenticate(login="c.7f3akq", password=password) is None
    with pytest.raises(LoginTaken), transaction():
        create_borrower_login(login="c.7f3akq", now=NOW)
    assert queries.get_user(id + 1) is None and queries.find_user("nobody") is None


@pytest.mark.parametrize("role", [role.value for role in Role if role.value])
def test_staff_sign_in_with_login_and_password(role: str) -> None:
    with transaction():
        id = create_staff(login="lin", password="a calm sentence", role=role, now=NOW)
    user = authenticate(login="lin", password="a calm sentence")
    assert isinstance(user, User) and user.pk == id and user.is_staff
    assert authenticate(login="lin", password="another sentence") is None
    request = RequestFactory().get("/admin/")
    request.user = user
    assert may_read(request) is (role in {"admin", "auditor"})


@pytest.mark.parametrize(
    ("login", "password", "role", "refusal"),
    [
        ("new", "a calm sentence", "", RoleUnknown),
        ("new", "a calm sentence", "king", RoleUnknown),
        ("new", "ninechars", "admin", PasswordTooShort),
        ("taken", "a calm sentence", "admin", LoginTaken),
        ("taken", "short", "king", RoleUnknown),
    ],
)
def test_staff_that_cannot_be(login: str, password: str, role: str, refusal: type[Exception]) -> None:
    with transaction():
        create_staff(login="taken", password="a calm sentence", role="auditor", now=NOW)
    with pytest.raises(refusal), transaction():
        create_staff(login=login, password=password, role=role, now=NOW)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "role", "is_superuser"),
    [("borrower", "admin", False), ("borrower", "", True), ("staff", "", False), ("robot", "", False)],
)
def test_the_database_refuses_a_login_on_both_sides_of_the_desk(
    kind: str, role: str, is_superuser: bool
) -> None:
    with pytest.raises(IntegrityError), transaction():
        User.objects.create(login="x", password="", kind=kind, role=role, is_superuser=is_superuser)


def test_createsuperuser_makes_an_administrator() -> None:
    user = User.objects.create_superuser("root", "a calm sentence")
    assert (user.kind, user.role, user.is_superuser, user.is_staff) == ("staff", "admin", True, True)


def test_a_try_is_cheap() -> None:
    from django.test.utils import CaptureQueriesContext

    send("1")
    with CaptureQueriesContext(connection) as seen:
        type_in(RIGHT)
    assert len([q for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]) <= 4
