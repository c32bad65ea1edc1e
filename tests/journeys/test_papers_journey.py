"""She shows a paper: it counts and her price falls, or it is refused with its reason, or a person looks; and bad files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO

import pytest
from PIL import Image

from puhui.access import operations as access
from puhui.core.time import instant_at
from puhui.decisions.queries import list_decision_ids, replay_decision
from puhui.evidence.domain import (
    PaperContent,
    PaperReaderMissing,
    PaperRefused,
    Proof,
    ProofState,
    Trust,
)
from puhui.evidence.domain.files import MOST_BYTES, PaperEmpty, PaperTooLarge, PaperTypeUnknown
from puhui.evidence.gateways.papers.reader import PaperDesk
from puhui.evidence.models import PaperRow, ProofRow
from puhui.evidence.queries import get_proof, list_checking
from puhui.journeys import parties, prove, staff_paper, upload
from puhui.journeys.standing import get_standing
from puhui.lab.borrower import Borrower
from puhui.lab.documents.offices import FORGER
from puhui.lab.documents.tricks import alter, lock, make_bomb
from puhui.runtime.transactions import transaction as act
from tests.journeys.world import ZONE, World, refuses
from tests.papers_kit import page_of, paper_of, truth_of

pytestmark = pytest.mark.django_db(transaction=True)
MIDDLING = 33  # a row of data/lending_club_applicants.csv with something left to prove


@pytest.fixture
def her(world: World) -> Iterator[tuple[World, Borrower]]:
    world.now = instant_at(date(2026, 11, 23), time(10, 0), zone=ZONE)
    parties.put(name="papers", party=PaperDesk(isolated=False))
    yield world, world.approved(row=MIDDLING, amount="3000")
    parties.put(name="papers", party=None)


def show(world: World, her: Borrower, content: bytes, kind: str = "income_tax", key: str = "u1") -> Proof:
    made = upload.give(customer_id=her.customer_id, kind=kind, content=content, key=key, now=world.now)
    world.work()
    return get_proof(made.id, customer_id=her.customer_id)


def open_staff(login: str, role: str) -> None:
    with act():
        access.create_staff(login=login, password="long-enough-password", role=role, now=datetime.now(UTC))


def price(world: World, her: Borrower) -> int:
    return get_standing(customer_id=her.customer_id, now=world.now).price.base_rate_ppm


def test_a_signed_record_counts_and_its_withdrawal_returns(her: tuple[World, Borrower]) -> None:
    world, she = her
    before = price(world, she)
    data = paper_of(truth_of(she.customer_id, today=world.today), today=world.today)
    proof = show(world, she, data)
    assert proof.state is ProofState.ACCEPTED and proof.trust is Trust.SIGNED, proof.reason
    assert proof.fields == {"months": 12, "total_minor": 12 * 2_500_000}
    assert price(world, she) < before
    row = PaperRow.objects.get(proof_id=proof.id)
    assert (row.content_sealed, row.view_sealed, row.reading_sealed) == ("", "", ""), "the file is deleted"
    again = upload.give(customer_id=she.customer_id, kind="income_tax", content=data, key="u1", now=world.now)
    assert again.id == proof.id, "sent twice is given once"
    world.wait(minutes=1)
    prove.withdraw(customer_id=she.customer_id, proof_id=proof.id, key="w1", now=world.now)
    assert price(world, she) == before
    assert all(replay_decision(id).identical for id in list_decision_ids())


Spoil = Callable[[World, str], bytes]


def _signed(**changed: object) -> Spoil:
    def make(world: World, customer_id: str) -> bytes:
        return paper_of(truth_of(customer_id, today=world.today, **changed), today=world.today)

    return make


def _last_year(world: World, customer_id: str) -> bytes:
    truth = truth_of(customer_id, today=world.today)
    year = timedelta(days=370)
    old = replace(truth, issued_on=truth.issued_on - year, period_end=truth.period_end - year)
    return paper_of(old, today=world.today)


def _after(trick: str) -> Spoil:
    return lambda world, customer_id: alter(_signed()(world, customer_id), trick)


def _foreign(world: World, customer_id: str) -> bytes:
    truth = truth_of(customer_id, today=world.today)
    wording = {name: f"Feld {place}" for place, name in enumerate(truth.wording)}
    return paper_of(replace(truth, language="en", wording=wording), today=world.today)


REFUSED: list[tuple[str, str, Spoil]] = [
    ("somebody else's", "OTHER_PERSON", _signed(name="王小明", number="11010519491231002X")),
    ("last year's", "TOO_OLD", _last_year),
    ("a page added after signing", "ALTERED", _after("page_added")),
    ("words added after signing", "ALTERED", _after("text_added")),
    (
        "a forger's root",
        "ISSUER_UNKNOWN",
        lambda w, c: paper_of(truth_of(c, today=w.today), today=w.today, family=FORGER),
    ),
    ("unsigned", "TRUST_TOO_LOW", lambda w, c: page_of(truth_of(c, today=w.today), today=w.today)),
    ("half filled", "FIELD_MISSING", _signed(number="")),
    ("another language", "NOT_UNDERSTOOD", _foreign),
    ("wrong sum", "SUM_WRONG", _signed(fields={"months": 12, "total_minor": 99_000_000})),
    (
        "locked",
        "PASSWORD",
        lambda w, c: lock(page_of(truth_of(c, today=w.today), today=w.today), password="x1"),
    ),
    ("broken", "UNREADABLE", lambda w, c: b"%PDF-1.7\n" + b"nothing of a PDF " * 40),
    ("a broken picture", "UNREADABLE", lambda w, c: b"\xff\xd8\xff" + b"\x00" * 400),
    ("too many dots", "PICTURE_TOO_LARGE", lambda w, c: _large_picture()),
]


def _large_picture() -> bytes:
    out = BytesIO()
    Image.new("1", (9_000, 9_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("what", "reason", "spoil"), REFUSED, ids=[one[0] for one in REFUSED])
def test_what_does_not_count_says_why(
    her: tuple[World, Borrower], what: str, reason: str, spoil: Spoil
) -> None:
    world, she = her
    before = price(world, she)
    proof = show(world, she, spoil(world, she.customer_id))
    assert (proof.state, proof.reason) == (ProofState.REFUSED, reason)
    assert price(world, she) == before and ProofRow.objects.get(id=proof.id).fields_sealed == ""
    assert PaperRow.objects.get(proof_id=proof.id).content_sealed == "", "nothing of it is kept"


def test_a_bomb_and_a_script_stay_in_their_own_process(her: tuple[World, Borrower]) -> None:
    """A file that unpacks to gigabytes costs its reader its life and nobody else; a script in metadata is never run."""
    world, _she = her
    desk = PaperDesk(most_bytes=900 * 2**20)
    with pytest.raises(PaperRefused) as caught:
        desk.content(make_bomb(megabytes=1000), at=world.now)
    assert caught.value.reason in ("TOO_MUCH_WORK", "UNREADABLE")
    picture = Image.new("RGB", (300, 100), "white")
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>'; DROP TABLE evidence_proof; --"
    out = BytesIO()
    picture.save(out, "JPEG", exif=exif)
    content = PaperDesk(isolated=True).content(out.getvalue(), at=world.now)
    assert content.by_sight and not content.lines
    assert b"script" not in content.view, "the picture that a person sees is drawn anew"


def test_files_that_are_not_taken(her: tuple[World, Borrower]) -> None:
    world, she = her
    data = {"customer_id": she.customer_id, "kind": "income_tax", "key": "u1", "now": world.now}
    refuses(PaperTooLarge, lambda: upload.give(content=b"\xff\xd8\xff" + bytes(3 * MOST_BYTES), **data))
    refuses(PaperEmpty, lambda: upload.give(content=b"", **data))
    refuses(PaperTypeUnknown, lambda: upload.give(content=b"PK\x03\x04" + bytes(400), **data))


def test_one_paper_of_two_people_is_found(her: tuple[World, Borrower]) -> None:
    """The same file, and the same paper under another name."""
    world, she = her
    other = world.approved(1, row=MIDDLING, amount="3000")
    third = world.approved(2, row=MIDDLING, amount="3000")
    truth = truth_of(she.customer_id, "social_insurance", today=world.today)
    data = page_of(truth, today=world.today)
    assert show(world, she, data, "social_insurance").state is ProofState.ACCEPTED
    assert show(world, other, data, "social_insurance", "u2").reason == "USED_ELSEWHERE"
    hers = truth_of(third.customer_id, "social_insurance", today=world.today, serial=truth.serial)
    found = show(world, third, page_of(hers, today=world.today), "social_insurance", "u3")
    assert found.reason == "USED_ELSEWHERE"


class Blurred:
    """Reads as from a bad picture."""

    def content(self, data: bytes, *, at: datetime) -> PaperContent:
        found = PaperDesk(isolated=False).content(data, at=at)
        lines = tuple(replace(one, sure=700) for one in found.lines)
        return replace(found, lines=lines, by_sight=True)


class Absent:
    """A machine without the extra `documents`."""

    def content(self, data: bytes, *, at: datetime) -> PaperContent:
        raise PaperReaderMissing()


def test_a_person_looks_where_reading_is_unsure(her: tuple[World, Borrower]) -> None:
    world, she = her
    open_staff("wei", "analyst")
    before = price(world, she)
    parties.put(name="papers", party=Blurred())
    truth = truth_of(
        she.customer_id,
        "salary_flow",
        today=world.today,
        fields={"months": 1, "total_minor": 2_500_000},
        rows=(2_500_000,),
    )
    proof = show(world, she, page_of(truth, today=world.today), "salary_flow")
    assert (proof.state, proof.reason) == (ProofState.CHECKING, "UNSURE")
    assert price(world, she) == before and [one.id for one in list_checking(limit=9)] == [proof.id]
    _, paper = staff_paper.get_waiting(proof.id)
    assert paper.reading["figures"]["name"]["text"] == truth.name and paper.content == b""
    assert staff_paper.open_view(proof_id=proof.id, by="wei", now=world.now).startswith(b"\xff\xd8")
    typed = {
        "name": truth.name,
        "number": truth.number,
        "issued": truth.issued_on.isoformat(),
        "period": truth.period_end.isoformat(),
        "months": "1",
        "total_minor": "25000.00",
    }
    wrong = {**typed, "number": "11010519491231002X"}
    refuses(
        staff_paper.PaperFieldWrong,
        lambda: staff_paper.accept(proof_id=proof.id, typed=wrong, by="wei", now=world.now),
    )
    staff_paper.accept(proof_id=proof.id, typed=typed, by="wei", now=world.now)
    counted = get_proof(proof.id, customer_id=she.customer_id)
    assert counted.state is ProofState.ACCEPTED and counted.trust is Trust.OCR
    assert price(world, she) <= before and PaperRow.objects.get(proof_id=proof.id).view_sealed == ""
    refuses(
        staff_paper.PaperNotWaiting,
        lambda: staff_paper.refuse(proof_id=proof.id, reason="TAMPERED", by="wei", now=world.now),
    )


def test_without_a_reader_a_person_looks_and_she_may_take_it_back(her: tuple[World, Borrower]) -> None:
    world, she = her
    open_staff("wei", "analyst")
    parties.put(name="papers", party=Absent())
    data = page_of(truth_of(she.customer_id, "employment", today=world.today), today=world.today)
    proof = show(world, she, data, "employment")
    assert (proof.state, proof.reason) == (ProofState.CHECKING, "NO_READER")
    refuses(
        staff_paper.PaperReasonMissing,
        lambda: staff_paper.refuse(proof_id=proof.id, reason="UGLY", by="wei", now=world.now),
    )
    prove.withdraw(customer_id=she.customer_id, proof_id=proof.id, key="w1", now=world.now)
    assert get_proof(proof.id, customer_id=she.customer_id).state is ProofState.WITHDRAWN
    assert PaperRow.objects.get(proof_id=proof.id).content_sealed == ""
