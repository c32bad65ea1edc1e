"""Policy texts: a draft compiles or is refused with its place, two people publish it, and no day that began changes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError
from openpyxl import load_workbook

from puhui.access import operations as access
from puhui.access.staff.domain import Approval
from puhui.access.staff.operations import SecondPersonNeeded
from puhui.access.staff.queries import RoleMayNot
from puhui.decisions.exploring.queries import find_exploration_budget, has_exploration
from puhui.decisions.queries import find_decision, get_rules, replay_decision
from puhui.journeys import house, policy_texts, policy_workbooks, staff_four_eyes, staff_policy
from puhui.journeys.policy_texts import FirstDayPast, PolicyTextInvalid, TextFolderUnknown
from puhui.products.queries import ProductNotOffered, get_product
from puhui.protection.texts.domain import PolicyText, TextState, compare_texts
from puhui.protection.texts.models import PolicyTextRow
from puhui.protection.texts.operations import PolicyTextAltered, PolicyTextKnown, PolicyTextMoveNotAllowed
from puhui.protection.texts.queries import PolicyTextUnknown, get_text
from puhui.protection.texts.workbook.excel import read_workbook
from puhui.runtime.clock import utc_now
from puhui.runtime.transactions import transaction
from tests.decisions_kit import POLICIES
from tests.journeys.world import World

pytestmark = pytest.mark.django_db
PASSWORD = "long-enough-password"
FIRST, SECOND, CLERK = "tang.wei", "lu.ning", "sun.qian"
NEWEST = {
    "credit": "credit/2026-11-01.toml",
    "prices": "prices/2026-07-01.toml",
    "exploration": "exploration/2026-11-23.toml",
}
PRODUCT = "products/haoqidai-2026-11-01.toml"


class Desk:
    """A house with three members of staff."""

    def __init__(self) -> None:
        self.world, self.count = World(), 0
        self.world.now = datetime(2026, 11, 24, 2, tzinfo=UTC)
        self.today = house.today(self.world.now)
        self.first = self.today + timedelta(days=3)
        for login, role in ((FIRST, "analyst"), (SECOND, "operations"), (CLERK, "complaints")):
            with transaction():
                access.create_staff(login=login, password=PASSWORD, role=role, now=self.world.now)

    def text(self, folder: str, *changes: tuple[str, str]) -> str:
        """The newest text of a folder from `first` on, with changes."""
        path = NEWEST.get(folder, PRODUCT)
        text = (POLICIES / path).read_text(encoding="utf-8")
        day = path[-15:-5]
        head = [
            (f'version = "{day}"', f'version = "{self.first}"'),
            (f"valid_from = {day}", f"valid_from = {self.first}"),
        ]
        for old, new in (*head, *changes):
            assert old in text
            text = text.replace(old, new)
        return text

    def draft(self, folder: str, *changes: tuple[str, str], by: str = FIRST) -> PolicyText:
        return policy_texts.draft(folder=folder, text=self.text(folder, *changes), by=by, now=self.world.now)

    def ask(self, text: PolicyText, *, by: str = FIRST) -> Approval:
        self.count += 1
        return staff_policy.ask_publish(
            text_id=text.id, why="Losses are lower", by=by, key=f"key-{self.count:05d}", now=self.world.now
        )

    def agree(self, approval: Approval, *, by: str = SECOND) -> None:
        staff_four_eyes.answer(approval_id=approval.id, agreed=True, by=by, note="", now=self.world.now)

    def decide(self, index: int) -> str:
        """Let somebody apply and return the decision."""
        borrower = self.world.borrower(index)
        borrower.register(self.world.now)
        borrower.say_who(self.world.now)
        application = borrower.apply(self.world.now)
        self.world.work()
        decided = find_decision(application.id)
        assert decided is not None
        return decided.id


@pytest.fixture
def desk(db: None, tmp_path: Path, settings: Any) -> Iterator[Desk]:
    settings.PUBLISHED_DIR = tmp_path / "published"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody signs in here
    made = Desk()
    yield made
    made.world.close()


def test_a_policy_holds_from_its_first_day_once_two_people_agree(desk: Desk, settings: Any) -> None:
    before = desk.decide(0)
    draft = desk.draft("credit", ("line_days = 365", "line_days = 180"))
    assert draft.path == f"credit/{desk.first}.toml" and draft.state is TextState.DRAFTED
    approval = desk.ask(draft)
    with pytest.raises(SecondPersonNeeded):
        desk.agree(approval, by=FIRST)
    assert not (settings.PUBLISHED_DIR / draft.path).exists()
    desk.agree(approval)
    desk.world.work()
    assert (settings.PUBLISHED_DIR / draft.path).read_text(encoding="utf-8") == draft.text
    days = [
        get_rules(jurisdiction="CN", on_date=day).policy.line_days
        for day in (desk.today, desk.first - timedelta(days=1), desk.first)
    ]
    assert days == [365, 365, 180]
    assert get_rules(jurisdiction="CN", on_date=desk.first).policy.sha256 == draft.sha256
    assert replay_decision(before).identical
    published = get_text(draft.id)
    assert (published.drafted_by, published.agreed_by) == (FIRST, SECOND)


def test_a_product_and_prices_go_the_same_way(desk: Desk) -> None:
    prices = desk.draft("prices", ("margin_ppm = 18_000", "margin_ppm = 12_000"))
    product = desk.draft("products", ("max_minor = 200_000_00", "max_minor = 150_000_00"))
    for one in (prices, product):
        desk.agree(desk.ask(one))
    desk.world.work()
    assert get_rules(jurisdiction="CN", on_date=desk.first).prices.sha256 == prices.sha256
    found = {
        day: get_product(id="haoqidai", on_date=day).amount_max_minor
        for day in (desk.first - timedelta(days=1), desk.first)
    }
    assert list(found.values()) == [200_000_00, 150_000_00]
    with pytest.raises(ProductNotOffered):
        get_product(id="nothing", on_date=desk.first)


@pytest.mark.parametrize(
    ("folder", "old", "new", "says"),
    [
        ("credit", "line_days = 365", "line_dayz = 365", "line_day"),
        ("credit", '">= 22_000, < 32_000"', '">= 23_000, < 32_000"', "gap"),
        ("credit", '">= 90_000"', '">= 80_000"', "overlap"),
        ("prices", "margin_ppm = 18_000", "margin_ppm = 180_000", "above the cap"),
        ("products", "step_minor = 100_00", "step_minor = 300_00", "multiples of step_minor"),
        ("products", 'id = "haoqidai"', 'id = "../x"', "letters, digits and dashes"),
        ("prices", "[prices]", "[prices", "not TOML"),
    ],
)
def test_what_does_not_compile_is_refused_with_its_place(
    desk: Desk, folder: str, old: str, new: str, says: str
) -> None:
    with pytest.raises(PolicyTextInvalid) as refused:
        desk.draft(folder, (old, new))
    assert says in str(refused.value.facts["why"])
    assert not PolicyTextRow.objects.exists()


def workbook(path: str, *changes: tuple[str, str, Any]) -> bytes:
    """The workbook of a standing text after somebody edited it in a spreadsheet."""
    book = load_workbook(io.BytesIO(policy_workbooks.write_standing(path)))
    for sheet, cell, value in changes:
        book[sheet][cell] = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_a_workbook_comes_back_as_a_draft_that_differs_there_alone(desk: Desk, tmp_path: Path) -> None:
    path = NEWEST["prices"]
    days = (("prices", "B5", str(desk.first)), ("prices", "B6", desk.first))
    body = workbook(path, *days, ("grade", "F3", 12_000))
    made = policy_workbooks.draft(body=body, by=FIRST, now=desk.world.now)
    assert made.path == f"prices/{desk.first}.toml"
    assert made.text == desk.text("prices").replace("margin_ppm = 18_000", "margin_ppm = 12_000", 1)
    again, of_draft = policy_workbooks.write_draft(made.id)
    assert again == made.path and read_workbook(of_draft).text == made.text
    desk.agree(desk.ask(made))
    desk.world.work()
    assert get_rules(jurisdiction="CN", on_date=desk.first).prices.grades[0].annual_rate_ppm == 106_000
    with pytest.raises(FirstDayPast):  # as it was downloaded: its day is past
        policy_workbooks.draft(body=workbook(path), by=FIRST, now=desk.world.now)
    with pytest.raises(RoleMayNot):
        policy_workbooks.draft(body=workbook(path, *days), by=CLERK, now=desk.world.now)
    with pytest.raises(policy_workbooks.WorkbookTextUnknown):
        policy_workbooks.write_standing("prices/1999-01-01.toml")


@pytest.mark.parametrize(
    ("path", "sheet", "cell", "value", "blamed", "says"),
    [
        (NEWEST["credit"], "table.grade", "B4", ">= 23_000, < 32_000", "table.grade!B1", "gap"),
        (NEWEST["credit"], "table.grade", "B8", ">= 80_000", "table.grade!B8", "overlap"),
        (NEWEST["credit"], "table.stops", "J4", "NO_SUCH", "table.stops!", "NO_SUCH"),
        (NEWEST["prices"], "grade", "F3", 180_000, "grade!A3", "above the cap"),
    ],
)
def test_what_a_workbook_says_wrongly_is_refused_by_its_cell(
    desk: Desk, path: str, sheet: str, cell: str, value: str | int, blamed: str, says: str
) -> None:
    head = "prices" if path.startswith("prices") else "policy"
    days = ((head, "B5", str(desk.first)), (head, "B6", desk.first))
    with pytest.raises(policy_workbooks.WorkbookTextInvalid) as refused:
        policy_workbooks.draft(body=workbook(path, *days, (sheet, cell, value)), by=FIRST, now=desk.world.now)
    facts = refused.value.facts
    assert str(facts["cell"]).startswith(blamed) and says in str(facts["why"]), facts
    assert not PolicyTextRow.objects.exists()


def test_the_command_takes_a_text_out_and_back(desk: Desk, tmp_path: Path, capsys: Any) -> None:
    book, text = tmp_path / "prices.xlsx", tmp_path / "prices.toml"
    for named in (NEWEST["prices"], str(POLICIES / NEWEST["prices"])):
        call_command("policy", "excel", named, "--out", str(book))
        call_command("policy", "text", str(book), "--out", str(text))
        assert text.read_bytes() == (POLICIES / NEWEST["prices"]).read_bytes()
    day = house.today(utc_now()) + timedelta(days=30)
    book.write_bytes(workbook(NEWEST["prices"], ("prices", "B5", str(day)), ("prices", "B6", day)))
    call_command("policy", "draft", str(book), "--by", FIRST)
    assert f"prices/{day}.toml" in capsys.readouterr().out
    book.write_bytes(workbook(NEWEST["prices"], ("grade", "F3", 1.5), ("grade", "C4", "x")))
    with pytest.raises(CommandError, match=r"(?s)2 places.*grade!F3, field margin_ppm.*grade!C4"):
        call_command("policy", "text", str(book), "--out", str(text))
    with pytest.raises(CommandError, match="No such file"):
        call_command("policy", "text", str(tmp_path / "none.xlsx"), "--out", str(text))


def test_a_day_that_began_is_never_changed(desk: Desk) -> None:
    for day in (desk.today, desk.today - timedelta(days=1)):
        desk.first = day
        with pytest.raises(FirstDayPast):
            desk.draft("prices")
    desk.first = desk.today + timedelta(days=1)
    draft = desk.draft("prices")
    approval = desk.ask(draft)
    desk.world.now += timedelta(days=1)
    with pytest.raises(FirstDayPast):
        desk.agree(approval)
    assert get_text(draft.id).state is TextState.DRAFTED


def test_who_may_and_what_is_refused(desk: Desk) -> None:
    with pytest.raises(RoleMayNot):
        desk.draft("prices", by=CLERK)
    with pytest.raises(TextFolderUnknown):
        policy_texts.draft(folder="house", text="x", by=FIRST, now=desk.world.now)
    with pytest.raises(PolicyTextUnknown):
        get_text("a" * 26)
    draft = desk.draft("prices")
    with pytest.raises(PolicyTextKnown):
        desk.draft("prices")
    approval = desk.ask(draft)
    staff_policy.drop(id=draft.id, by=FIRST, now=desk.world.now)
    with pytest.raises(PolicyTextMoveNotAllowed):
        desk.agree(approval)
    with pytest.raises(PolicyTextMoveNotAllowed):
        desk.ask(draft)


def test_the_drafter_is_no_second_person_even_when_another_asked(desk: Desk) -> None:
    with transaction():
        access.create_staff(login="other", password=PASSWORD, role="analyst", now=desk.world.now)
    draft = desk.draft("prices")
    approval = desk.ask(draft, by="other")
    with pytest.raises(SecondPersonNeeded):
        desk.agree(approval, by=FIRST)
    with pytest.raises(IntegrityError), transaction():
        PolicyTextRow.objects.filter(id=draft.id).update(
            state="published", agreed_by=FIRST, published_at=desk.world.now
        )


def test_a_second_text_of_one_day_is_refused_at_the_door(desk: Desk) -> None:
    one, other = desk.draft("prices"), desk.draft("prices", ("margin_ppm = 18_000", "margin_ppm = 17_000"))
    first, second = desk.ask(one), desk.ask(other)
    desk.agree(first)
    desk.world.work()
    with pytest.raises(PolicyTextInvalid) as refused:
        desk.agree(second)
    assert "holds already" in str(refused.value.facts["why"])


def test_a_machine_without_the_files_gets_them_and_an_altered_one_is_told(
    desk: Desk, settings: Any, tmp_path: Path
) -> None:
    draft = desk.draft("prices")
    desk.agree(desk.ask(draft))
    settings.PUBLISHED_DIR = tmp_path / "another machine"
    call_command("policy", "write")
    target = settings.PUBLISHED_DIR / draft.path
    assert target.read_text(encoding="utf-8") == draft.text
    target.write_text(draft.text + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match="is not the text that was published"):
        call_command("policy", "write")
    with pytest.raises(PolicyTextAltered):
        policy_texts.write_all()


def test_the_swap_set_counts_who_comes_in_and_goes_out(desk: Desk) -> None:
    made = [desk.decide(index) for index in range(6)]
    same = policy_texts.simulate(desk.draft("credit"), desk.world.now)
    assert same.total == len(made) and not same.unlike
    assert all(then == now for then, now in same.counts) and set(same.price_steps) <= {0}
    assert same.limits_then_minor == same.limits_now_minor
    shut = [(f"margin_ppm = {m}", "margin_ppm = 0") for m in ("18_000",)]
    cheaper = policy_texts.simulate(desk.draft("prices", *shut), desk.world.now)
    assert set(cheaper.price_steps) <= {-18, 0} and cheaper.total == len(made)
    stop = desk.draft("credit", ('"bureau.acc_now_delinq" = ">= 1"', '"bureau.acc_now_delinq" = ">= 0"'))
    none = policy_texts.simulate(stop, desk.world.now)
    gone = sum(
        count for (then, now), count in none.counts.items() if then == "approved" and now != "approved"
    )
    assert gone > 0 and none.pd_out_ppm is not None and none.pd_in_ppm is None
    assert none.approved_ppm(now=True) == 0 and len(none.unlike) == gone
    small = desk.draft("products", ("max_minor = 200_000_00", "max_minor = 600_00"))
    refused = policy_texts.simulate(small, desk.world.now)
    assert refused.approved_ppm(now=True) == 0


def test_two_texts_side_by_side() -> None:
    found = compare_texts("a\nb\nc\n", "a\nB\nc\nd\n")
    assert [(one.before, one.after, one.sign, one.text) for one in found] == [
        (1, 1, "", "a"), (2, 0, "-", "b"), (0, 2, "+", "B"), (3, 3, "", "c"), (0, 4, "+", "d"),
    ]  # fmt: skip


def test_a_budget_of_exploration_is_published_by_two_people(desk: Desk, settings: Any) -> None:
    """Off today; from its first day on the house explores those whom a challenger decides for, and not a day before."""
    on = [
        ('applies_to = "nobody"', 'applies_to = "challenger"'),
        ("share_ppm = 0", "share_ppm = 50_000"),
    ]
    for changes, says in [
        ([on[1]], "share_ppm is 0 when and only when applies_to is nobody"),
        ([on[0], ("share_ppm = 0", "share_ppm = 900_000")], "share_ppm is not between"),
        ([*on, ("share_ppm = 50_000", "share = 50_000")], "share_ppm is missing"),
        ([*on, ('id = "exploration-cn"', 'id = "other"')], "another name would draw everybody anew"),
        ([*on, ('jurisdiction = "CN"', 'jurisdiction = "EU"')], "this house's"),
    ]:
        with pytest.raises(PolicyTextInvalid) as caught:
            desk.draft("exploration", *changes)
        assert says in str(caught.value.facts["why"])
    draft = desk.draft("exploration", *on)
    assert draft.path == f"exploration/{desk.first}.toml"
    assert policy_texts.simulate(draft, desk.world.now) is None, (
        "chance decides nothing that can be decided again"
    )
    approval = desk.ask(draft)
    with pytest.raises(SecondPersonNeeded):
        desk.agree(approval, by=FIRST)
    assert not has_exploration()
    desk.agree(approval)
    desk.world.work()
    assert draft.path in policy_texts.list_standing() and has_exploration()
    shares = []
    for day in (desk.today, desk.first - timedelta(days=1), desk.first):
        budget = find_exploration_budget(jurisdiction="CN", on_date=day)
        assert budget is not None
        shares.append((budget.applies_to, budget.share_ppm))
    assert shares == [("nobody", 0), ("nobody", 0), ("challenger", 50_000)]
    book = policy_workbooks.write_standing(draft.path)
    assert read_workbook(book).text.count("50_000") + read_workbook(book).text.count("50000") >= 1
