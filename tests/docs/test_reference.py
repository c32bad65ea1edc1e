"""The reference says what the code says: no page is stale, and each generator finds what it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from puhui.core.refusals import Refusal, all_refusals
from puhui.lab.docs import edges, events, pages, refusals, states, variables
from puhui.lab.docs.svg import draw_states
from puhui.lab.docs.tables import make_page as tables_page

pytestmark = pytest.mark.release


def test_no_page_is_stale() -> None:
    assert pages.stale_pages() == [], "run: python -m puhui.lab.docs"


def test_a_stale_page_is_found_and_written(tmp_path: Path) -> None:
    made = pages.make_pages()
    assert len(pages.write_pages(tmp_path)) == len(made)
    (tmp_path / "events.md").write_text("old", encoding="utf-8")
    (tmp_path / "states" / "gone.svg").write_text("", encoding="utf-8")
    assert pages.stale_pages(tmp_path, made) == ["events.md", "states/gone.svg"]
    pages.write_pages(tmp_path)
    assert pages.stale_pages(tmp_path, made) == []


def test_every_variable_is_explained() -> None:
    assert variables.list_unexplained() == []


def test_every_refusal_stands_on_its_page() -> None:
    text = refusals.make_page()
    known = [
        one for one in all_refusals() if one.__module__.startswith("puhui.") and one.__bases__ != (Exception,)
    ]
    missing = [
        one.__name__ for one in known if f"`{one.__name__}`" not in text and one.__name__ != "InputRefused"
    ]
    assert not missing and issubclass(known[0], Refusal)


def test_the_worked_example_of_events_names_every_kind_with_money() -> None:
    text = events.make_page()
    for kind in ("disburse", "repay", "prepay", "reverse", "payoff", "credit_refund", "withdraw"):
        assert f"| `{kind}` | 2026-0" in text


def test_every_state_and_step_is_drawn() -> None:
    made = states.make_pages()
    assert {"states/order.svg", "states/case.svg", "states/line.svg"} <= set(made)
    assert all(word in made["states/order.svg"] for word in ("unknown", "returned", "absent"))


def test_a_picture_is_the_same_for_the_same_table_and_safe() -> None:
    steps = {("a", "b"): ["go"], ("b", "a"): ["back"], ("b", "b"): ["<stay>"]}
    picture = draw_states(title="T", states=["a", "b"], steps=steps)
    assert picture == draw_states(title="T", states=["a", "b"], steps=dict(reversed(steps.items())))
    assert "&lt;stay&gt;" in picture and "<stay>" not in picture


def test_an_edge_that_the_source_does_not_bear_out_is_refused() -> None:
    edge = edges.Edge(
        later="loans",
        earlier="contact",
        declared="puhui.contact.domain.Hold",
        carried=("colour",),
        journey="remind",
        says="",
    )
    with pytest.raises(AssertionError, match="has no"):
        edges.check_edge(edge, order=["contact", "loans"])


def test_append_only_tables_are_marked() -> None:
    section = tables_page().partition("### loans_event\n")[2].partition("###")[0]
    assert "**Append-only.**" in section
