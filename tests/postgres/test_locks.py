"""Who comes first wins, on PostgreSQL, where row locks are real: draws, signers, payoffs, callbacks, at one instant."""

from __future__ import annotations

import json

import pytest

from tests.postgres.conftest import Run

pytestmark = pytest.mark.postgres


def test_two_draws_on_one_line(run: Run) -> None:
    found = json.loads(run("tests.operations.two_draws"))
    assert found["first"] == ["LineExceeded"] * 5 + ["done"] * 3
    assert (found["used"], found["available"]) == (9_000_00, 1_000_00)
    assert found["second"] == ["done"] * 8 and found["used_after"] == 3_000_00


def test_two_signers_of_one_quote(run: Run) -> None:
    said = json.loads(run("tests.operations.race", "sign", "8"))
    assert (
        said["rows"] == 1
        and said["signed"] + sum(count for name, count in said.items() if name not in ("rows", "signed")) == 8
    ), said


def test_one_payoff_and_every_repayment(run: Run) -> None:
    payoff = json.loads(run("tests.operations.race", "payoff", "8"))
    assert payoff == {"recorded": 1, "RepaymentAfterPayoff": 7, "rows": 2, "closed": 1}


def test_callbacks_applications_and_reads_at_one_instant(run: Run) -> None:
    """A callback counts once; one application is open; a reader of a snapshot never sees half a commit."""
    found = json.loads(run("tests.postgres.together"))
    assert found["callbacks"] == {"effect": 1, "known": 7} and found["effects"] == 1
    assert found["applications"] == {"AnotherApplicationOpen": 7, "opened": 1}
    assert found["halves_seen"] == 0 and found["reads"] > 5
    assert found["audit"] == {"linked": 8} and found["chain"] == "whole"
