"""Writes that are kept back and looks taken together behave as statements one by one, only in fewer rounds."""

from __future__ import annotations

import json

from tests.postgres.conftest import Run


def test_what_is_kept_back_is_sent_in_order_and_raised_or_undone_as_ever(run: Run) -> None:
    found = json.loads(run("tests.postgres.rounds"))
    assert found["order"] == [1, 2]
    assert found["many"] == 52
    assert (found["next"], found["commit"]) == ("IntegrityError", "IntegrityError")
    assert (found["none"], found["may"], found["caller"]) == ("AssertionError", "", "KeyError")
    assert (found["nul"], found["empty"]) == ("DataError", "")
    assert not found["left"]
    assert (found["lost"], found["again"]) == ("OperationalError", [6])
    assert found["plans"]
