"""Two models at the same approval rate: a table drawn by hand, and what holds for every ranking."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.decisions.domain.model_swaps import OutcomeCount, SwapCase, swap_models


def person(id: str, approved: bool, champion: int, other: int) -> SwapCase:
    return SwapCase(id=id, approved=approved, champion_pd_ppm=champion, other_pd_ppm=other)


def test_a_table_drawn_by_hand() -> None:
    """Three of five were approved. The champion ranks a b c d e, the other a d b c e."""
    past = [
        person("a", True, 10, 10),
        person("b", True, 20, 30),
        person("c", False, 30, 40),  # declined for another cause: the number counts, not the person
        person("d", True, 40, 20),
        person("e", False, 50, 50),
    ]
    found = swap_models(past, {"a": False, "c": True, "d": False})
    assert (found.applicants, found.approved) == (5, 3)
    assert found.kept == OutcomeCount(applicants=2, known=1, bad=0) and found.kept.bad_ppm == 0
    assert found.swapped_in == OutcomeCount(applicants=1, known=1, bad=0) and found.ids_in == ("d",)
    assert found.swapped_out == OutcomeCount(applicants=1, known=1, bad=1) and found.ids_out == ("c",)
    assert found.swapped_out.bad_ppm == 1_000_000
    middle = next(one for one in found.curve if one.rate_ppm == 600_000)
    assert (middle.swapped, middle.champion.bad, middle.other.bad) == (1, 1, 0)


def test_nobody_to_rank_swaps_nobody() -> None:
    found = swap_models([], {})
    assert (found.applicants, found.approved, found.curve) == (0, 0, ())
    assert found.kept.bad_ppm is None


ranks = st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 9)), max_size=40)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(ranks, st.sets(st.integers(0, 39)), st.sets(st.integers(0, 39)))
def test_as_many_go_in_as_out_and_nobody_is_lost(
    drawn: list[tuple[bool, int, int]], known: set[int], bad: set[int]
) -> None:
    past = [person(f"{n:02d}", *one) for n, one in enumerate(drawn)]
    outcomes = {f"{n:02d}": n in bad for n in known if n < len(past)}
    found = swap_models(past, outcomes)
    assert found.swapped_in.applicants == found.swapped_out.applicants
    assert found.kept.applicants + found.swapped_in.applicants == found.approved
    for one in (found.kept, found.swapped_in, found.swapped_out):
        assert 0 <= one.bad <= one.known <= one.applicants
    assert swap_models(past[::-1], outcomes) == found, "a ranking does not depend on the order of rows"
    same = swap_models(
        [person(one.id, one.approved, one.champion_pd_ppm, one.champion_pd_ppm) for one in past], outcomes
    )
    assert same.swapped_in.applicants == 0 and all(one.swapped == 0 for one in same.curve)
