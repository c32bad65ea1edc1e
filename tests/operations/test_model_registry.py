"""The registry of models: who lets a model in, what it may do, who gets it, and what stays as it was without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError

from puhui.access import operations as access
from puhui.access.staff.domain import Approval, ApprovalKind
from puhui.access.staff.operations import ApprovalPending, SecondPersonNeeded
from puhui.access.staff.queries import RoleMayNot, list_approvals
from puhui.decisions.domain.scorecard import body_hash
from puhui.decisions.queries import (
    ModelDoesNotFit,
    choose_rules,
    find_decision,
    get_decision_row,
    replay_decision,
)
from puhui.decisions.registry import operations, queries
from puhui.decisions.registry.admission import ModelFilesRefused, ModelKeyMissing
from puhui.decisions.registry.compare import list_applicants
from puhui.decisions.registry.domain import TRANSITIONS, ModelAct, ModelState, bucket_of
from puhui.decisions.registry.models import AssignmentRow, ModelEventRow, ModelRow, ShadowScoreRow
from puhui.decisions.registry.operations import (
    ChallengerShareOutOfRange,
    ChallengerStands,
    ModelKnown,
    ModelMoveNotAllowed,
    OwnerMissing,
    TreesCannotDecide,
)
from puhui.decisions.registry.queries import ModelUnknown
from puhui.decisions.registry.signing import write_manifest
from puhui.journeys import house, models, staff_four_eyes, staff_model
from puhui.journeys.models import ModelActUnknown
from puhui.runtime.transactions import transaction
from puhui.web.staff import model_swaps
from tests.journeys.world import World
from tests.model_kit import write_key, write_model

from .web_kit import staff

pytestmark = pytest.mark.django_db
PASSWORD = "long-enough-password"
FIRST, SECOND, CLERK = "tang.wei", "lu.ning", "sun.qian"


class Desk:
    """A house with three members of staff and a key."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world, self.count = folder, World(), 0
        self.key = write_key(folder)
        for login, role in ((FIRST, "analyst"), (SECOND, "operations"), (CLERK, "complaints")):
            with transaction():
                access.create_staff(login=login, password=PASSWORD, role=role, now=self.world.now)

    def propose(self, name: str = "scorecard-harsher", factor: int = 130, **given: Any) -> str:
        folder = write_model(self.folder / name, name=name, factor=factor, key=self.key)
        asked = {"folder": folder, "kind": "scorecard", "owner": "risk desk", "by": FIRST, **given}
        return models.propose(**asked, now=self.world.now).id

    def ask(self, model_id: str, act: str, share_ppm: int = 0, by: str = FIRST) -> Approval:
        self.count += 1
        return staff_model.ask_move(
            model_id=model_id, act=act, share_ppm=share_ppm, why="Out-of-fold KS is higher", by=by,
            key=f"key-{self.count:04d}-{act}", now=self.world.now,
        )  # fmt: skip

    def answer(self, approval: Approval, *, by: str = SECOND, agreed: bool = True) -> Approval:
        return staff_four_eyes.answer(
            approval_id=approval.id, agreed=agreed, by=by, note="", now=self.world.now
        )

    def move(self, model_id: str, act: str, share_ppm: int = 0) -> None:
        self.answer(self.ask(model_id, act, share_ppm))

    def state(self, model_id: str) -> ModelState:
        return queries.get_model(model_id).state

    def decide(self, index: int) -> tuple[str, str]:
        """Let somebody apply and return (customer, decision)."""
        borrower = self.world.borrower(index)
        borrower.register(self.world.now)
        borrower.say_who(self.world.now)
        application = borrower.apply(self.world.now)
        self.world.work()
        decided = find_decision(application.id)
        assert decided is not None
        return borrower.customer_id, decided.id


@pytest.fixture
def desk(db: None, tmp_path: Path, settings: Any) -> Iterator[Desk]:
    made = Desk(tmp_path)
    settings.MODEL_KEY_FILE = str(made.key)
    yield made
    made.world.close()


def test_a_fresh_house_has_one_champion_and_logs_nothing(desk: Desk) -> None:
    (shipped,) = models.list_registered(desk.world.now)
    assert (shipped.state, shipped.owner, shipped.signed) == (ModelState.CHAMPION, "house", "shipped")
    assert shipped.figures is not None and shipped.figures.low_ppm < shipped.figures.ks_ppm
    _, decision_id = desk.decide(0)
    assert get_decision_row(decision_id)["model_sha256"] == shipped.sha256
    assert not AssignmentRow.objects.exists() and not ShadowScoreRow.objects.exists()


def test_two_people_take_a_file_to_champion_and_old_decisions_replay(desk: Desk) -> None:
    _, before = desk.decide(0)
    named = get_decision_row(before)["model_sha256"]
    model_id = desk.propose()
    assert desk.state(model_id) is ModelState.PROPOSED
    approval = desk.ask(model_id, "shadow")
    with pytest.raises(SecondPersonNeeded):
        desk.answer(approval, by=FIRST)
    assert desk.state(model_id) is ModelState.PROPOSED
    with pytest.raises(ApprovalPending):
        desk.ask(model_id, "challenge", 1000)
    desk.answer(approval)
    assert desk.state(model_id) is ModelState.SHADOW
    _, beside = desk.decide(1)
    assert get_decision_row(beside)["model_sha256"] == named
    desk.move(model_id, "crown")
    _, after = desk.decide(2)
    assert get_decision_row(after)["model_sha256"] == queries.get_model(model_id).sha256 != named
    assert [one.state for one in models.list_registered(desk.world.now)] == [
        ModelState.CHAMPION,
        ModelState.RETIRED,
    ]
    desk.move(model_id, "retire")
    _, last = desk.decide(3)
    assert get_decision_row(last)["model_sha256"] == named
    assert all(replay_decision(one).identical for one in (before, beside, after, last))
    history = queries.list_model_events(model_id)
    assert [(one.seq, one.act.value) for one in history] == [
        (1, "propose"), (2, "shadow"), (3, "crown"), (4, "retire"),
    ]  # fmt: skip
    assert {(one.asked_by, one.agreed_by) for one in history[1:]} == {(FIRST, SECOND)}


def test_a_new_champion_retires_the_one_before(desk: Desk) -> None:
    first, second = desk.propose("first"), desk.propose("second", factor=90)
    for one in (first, second):
        desk.move(one, "shadow")
        desk.move(one, "crown")
    assert desk.state(first) is ModelState.RETIRED and desk.state(second) is ModelState.CHAMPION
    assert queries.list_model_events(first)[-1].act is ModelAct.RETIRE


def test_a_challenger_is_sticky_and_its_propensity_is_logged(desk: Desk) -> None:
    model_id = desk.propose()
    desk.move(model_id, "challenge", 500_000)
    sha256, seen, index = queries.get_model(model_id).sha256, set(), 0
    # Ids are drawn, so the arms are: go on until each was seen (64 draws of one arm: 1 in 2^63).
    while len(seen) < 2 and index < 64:
        customer_id, decision_id = desk.decide(index)
        index += 1
        found = queries.find_assignment(decision_id)
        assert found is not None
        challenged = bucket_of(customer_id, model_id=model_id) < 500_000
        seen.add(challenged)
        assert (found.challenged, found.propensity_ppm) == (challenged, 500_000)
        assert get_decision_row(decision_id)["model_sha256"] == found.sha256
        assert (found.sha256 == sha256) is challenged
        assert replay_decision(decision_id).identical
        policy = house.policy(desk.world.now)
        again = choose_rules(
            customer_id, jurisdiction=policy.jurisdiction, on_date=house.today(desk.world.now)
        )
        assert again.assignment == found
    assert seen == {True, False}


def test_a_shadow_scores_beside_and_changes_no_byte(desk: Desk) -> None:
    _, alone = desk.decide(0)
    model_id = desk.propose()
    desk.move(model_id, "shadow")
    _, beside = desk.decide(1)
    assert not queries.list_shadow_scores(alone)
    (score,) = queries.list_shadow_scores(beside)
    row = json.loads(get_decision_row(beside)["output_json"])
    assert score.model_id == model_id and score.pd_ppm != row["pd_ppm"]
    assert queries.find_assignment(beside) is None
    assert model_id not in json.dumps(row) and "assignment" not in row
    assert replay_decision(beside).identical


MOVES = [act for act in ModelAct if act is not ModelAct.PROPOSE]


def test_every_move_out_of_the_table_is_refused(desk: Desk) -> None:
    model_id = desk.propose()
    _check_moves(desk, model_id)
    for step in ("shadow", "challenge", "crown", "retire"):
        desk.move(model_id, step, 1000 if step == "challenge" else 0)
        _check_moves(desk, model_id)


def _check_moves(desk: Desk, model_id: str) -> None:
    state = desk.state(model_id)
    for act in MOVES:
        if (state, act) in TRANSITIONS:
            models.refuse_move(model_id=model_id, act=act.value, share_ppm=1000, now=desk.world.now)
            continue
        with pytest.raises(ModelMoveNotAllowed):
            desk.ask(model_id, act.value, 1000)


def test_what_was_allowed_when_asked_is_looked_at_again_when_agreed(desk: Desk) -> None:
    first, second = desk.propose("first"), desk.propose("second", factor=90)
    late = desk.ask(second, "challenge", 1000)
    desk.move(first, "challenge", 1000)
    with pytest.raises(ChallengerStands):
        desk.answer(late)
    assert desk.state(second) is ModelState.PROPOSED
    assert desk.answer(late, agreed=False).state.value == "refused"


def test_refusals_of_proposals_and_moves(desk: Desk, settings: Any) -> None:
    with pytest.raises(RoleMayNot):
        desk.propose(by=SECOND)
    with pytest.raises(OwnerMissing):
        desk.propose(owner="  ")
    with pytest.raises(ModelActUnknown):
        desk.propose(kind="oracle")
    with pytest.raises(ModelFilesRefused) as refused:
        desk.propose(kind="trees")
    assert "challenger" in str(refused.value.facts["why"])
    model_id = desk.propose()
    with pytest.raises(ModelKnown):
        desk.propose()
    for share in (0, -1, 500_001):
        with pytest.raises(ChallengerShareOutOfRange):
            desk.ask(model_id, "challenge", share)
    with pytest.raises(ModelActUnknown):
        desk.ask(model_id, "propose")
    with pytest.raises(ModelUnknown):
        desk.ask("a" * 26, "shadow")
    with pytest.raises(RoleMayNot):
        desk.ask(model_id, "shadow", by=CLERK)
    with pytest.raises(RoleMayNot):
        desk.answer(desk.ask(model_id, "shadow"), by=CLERK)
    settings.MODEL_KEY_FILE = ""
    with pytest.raises(ModelKeyMissing):
        desk.propose("another", factor=95)


def _append(folder: Path) -> None:
    with (folder / "m.json").open("a") as file:
        file.write(" ")


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (_append, "m.json: sha256"),
        (lambda folder: (folder / "m.card.json").unlink(), "m.card.json"),
        (lambda folder: (folder / "signature.json").unlink(), "not signed"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "signature is not by"),
    ],
)
def test_files_that_are_not_what_was_trained_are_refused(desk: Desk, spoil: Any, names: str) -> None:
    folder = write_model(desk.folder / "m", name="m", key=desk.key)
    spoil(folder)
    with pytest.raises(ModelFilesRefused) as refused:
        models.propose(folder=folder, kind="scorecard", owner="o", by=FIRST, now=desk.world.now)
    assert names in refused.value.facts["why"] and str(desk.folder) not in refused.value.facts["why"]
    assert not ModelRow.objects.exists()


def test_a_model_signed_by_somebody_else_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    folder = write_model(tmp_path / "m", key=write_key(tmp_path / "else", b"another secret of somebody else"))
    with pytest.raises(ModelFilesRefused, match="signature"):
        models.propose(folder=folder, kind="scorecard", owner="o", by=FIRST, now=desk.world.now)


def test_trees_and_unfit_scorecards_never_decide(desk: Desk) -> None:
    model_id = desk.propose()
    ModelRow.objects.filter(id=model_id).update(kind="trees")
    with pytest.raises(TreesCannotDecide):
        operations.refuse_move(model_id=model_id, act=ModelAct.CHALLENGE, share_ppm=1000)
    with pytest.raises(IntegrityError), transaction():
        ModelRow.objects.filter(id=model_id).update(state="champion")
    folder = write_model(desk.folder / "odd", name="odd", key=None)
    document = json.loads((folder / "odd.json").read_text(encoding="utf-8"))
    document["features"][0]["reason"] = "SCORE_WITHOUT_TEXT"
    document["content_sha256"] = body_hash(document)
    (folder / "odd.json").write_text(json.dumps(document), encoding="utf-8")
    write_manifest(folder, name="odd", roles={"scorecard": "odd.json"}, files=["odd.json"], key=desk.key)
    odd = models.propose(folder=folder, kind="scorecard", owner="o", by=FIRST, now=desk.world.now)
    assert odd.figures is None
    desk.move(odd.id, "shadow")
    with pytest.raises(ModelDoesNotFit, match="SCORE_WITHOUT_TEXT"):
        desk.ask(odd.id, "crown")


def test_events_and_logs_are_never_changed(desk: Desk) -> None:
    model_id = desk.propose()
    with pytest.raises(DatabaseError), transaction():
        ModelEventRow.objects.filter(model_id=model_id).update(asked_by="somebody")
    with pytest.raises(DatabaseError), transaction():
        ModelEventRow.objects.filter(model_id=model_id).delete()
    with pytest.raises(IntegrityError), transaction():
        ModelEventRow.objects.create(
            model_id=model_id, seq=2, act="shadow", state="shadow", asked_by="a", agreed_by="a",
            at=desk.world.now,
        )  # fmt: skip


def test_the_command_line_needs_two_passwords(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = "puhui.site.management.commands.model.getpass"
    monkeypatch.setattr(command, lambda prompt: PASSWORD)
    folder = write_model(desk.folder / "m", name="m", key=desk.key)
    call_command("model", "propose", str(folder), "--owner", "risk desk", "--by", FIRST)
    model_id = ModelRow.objects.get().id
    call_command("model", "ask", model_id, "shadow", "--why", "to watch it", "--by", FIRST)
    (approval,) = [one for one in _open() if one.kind is ApprovalKind.MODEL_MOVE]
    with pytest.raises(CommandError, match="SecondPersonNeeded"):
        call_command("model", "approve", approval.id, "--by", FIRST)
    call_command("model", "approve", approval.id, "--by", SECOND)
    assert desk.state(model_id) is ModelState.SHADOW
    call_command("model", "retire", model_id, "--why", "done with it", "--by", FIRST)
    (approval,) = _open()
    call_command("model", "refuse", approval.id, "--by", SECOND)
    assert desk.state(model_id) is ModelState.SHADOW
    capsys.readouterr()
    call_command("model", "list")
    listed = capsys.readouterr().out
    assert "shadow" in listed and "champion" in listed and model_id in listed
    monkeypatch.setattr(command, lambda prompt: "wrong")
    with pytest.raises(CommandError, match="password"):
        call_command("model", "retire", model_id, "--why", "x", "--by", FIRST)


def _open() -> list[Approval]:
    return list_approvals(open_only=True)


def test_its_page_shows_who_would_be_swapped_at_the_same_rate(desk: Desk) -> None:
    """The console compares on what past decisions saw; the champion has nobody beside it."""
    for index in range(6):
        desk.decide(index)
    model_id = desk.propose()
    desk.move(model_id, "shadow")
    past = list_applicants(until=desk.world.now, limit=100)
    assert len(past) == 6 and all(one.values for one in past)
    model = queries.get_model(model_id)
    shown = model_swaps.context(model, now=desk.world.now, as_of=house.today(desk.world.now))
    swaps = shown["swaps"]
    assert swaps.applicants == 6 and swaps.approved == sum(one.approved for one in past)
    assert swaps.kept.known == 0, "no loan, no outcome"
    [shipped] = [one for one in models.list_registered(desk.world.now) if one.admitted_at is None]
    assert shown["champion"] == shipped.name
    assert model_swaps.context(shipped, now=desk.world.now, as_of=house.today(desk.world.now)) == {
        "swaps": None
    }
    page = staff("analyst").get(f"/staff/models/{model_id}").content.decode()
    assert "at the same approval rate" in page and "swapped in" in page
