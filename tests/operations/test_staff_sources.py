"""The pages of sources and intakes: for those who may see them, held and cut-off intakes included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from puhui.facts.intake import AsideCode, IntakeState
from puhui.journeys import take_facts
from puhui.runtime.clock import utc_now
from puhui.web.staff.sources import aside_text, state_text
from tests.journeys.world import World

from .intake_kit import an_intake
from .web_kit import staff

HEAD = "resident_number,paid_on,net_salary,months_employed,employer_kind,fund_rate"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.mark.django_db
def test_who_may_see_them_and_what_a_held_intake_says(tmp_path: Path) -> None:
    for role, status in (("analyst", 200), ("auditor", 200), ("operations", 403), ("collections", 403)):
        assert staff(role).get("/staff/sources").status_code == status, role
    assert Client().get("/staff/sources").status_code == 302
    (tmp_path / "pay.csv").write_text(f"{HEAD}\n,2026-10-15,1,1,,\n", encoding="utf-8")
    held = take_facts.take(source="payroll", place=str(tmp_path / "pay.csv"), by="tang", now=utc_now())
    assert held.state is IntakeState.HELD
    listed = staff("analyst").get("/staff/sources").content.decode()
    assert held.id in listed and "pay.csv" in listed and str(tmp_path) not in listed
    page = (
        staff("analyst").get(f"/staff/intakes/{held.id}", headers={"Accept-Language": "en"}).content.decode()
    )
    assert "held, nothing was kept" in page and "A required value is empty." in page and "tang" in page
    assert staff("analyst").get(f"/staff/intakes/{'a' * 26}").status_code == 404


@pytest.mark.django_db
def test_a_cut_off_intake_says_how_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "pay.csv").write_text(f"{HEAD}\n110101199003074258,2026-10-15,1,1,,1\n", encoding="utf-8")

    def cut(part: str, rows: int) -> None:
        if part == "keep":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_facts.take(
            source="payroll", place=str(tmp_path / "pay.csv"), by="tang", now=datetime.now(UTC), progress=cut
        )
    client = staff("auditor")
    page = client.get("/staff/sources", headers={"Accept-Language": "en"}).content.decode()
    id = page.split("/staff/intakes/")[1][:26]
    page = client.get(f"/staff/intakes/{id}", headers={"Accept-Language": "en"}).content.decode()
    assert "it goes on where it stopped" in page


def test_every_code_and_state_has_words() -> None:
    assert len({aside_text(one) for one in AsideCode}) == len(AsideCode)
    assert len({state_text(one) for one in IntakeState}) == len(IntakeState)


@pytest.mark.django_db
def test_her_file_names_the_row_of_each_fact(world: World) -> None:
    borrower = world.borrower(0)
    borrower.register(world.now)
    borrower.say_who(world.now)
    intake = an_intake([borrower.person.resident_number])
    page = staff("analyst").get(f"/staff/customers/{borrower.customer_id}", headers={"Accept-Language": "en"})
    assert f'<a href="/staff/intakes/{intake}">row ' in page.content.decode()
