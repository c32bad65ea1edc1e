"""Many clients pay one loan into one pool account at once: every payment counts once, and the books stand to the cent.

20 clients with 100 payments; 200 clients with 20,000 in the long run of a release (PUHUI_RELEASE=1), or as many as
PUHUI_POURING says. A payment goes on from where the one before it left the loan, so each costs much the same.
"""

from __future__ import annotations

import json
import os

import pytest

from tests.postgres.conftest import Run

pytestmark = pytest.mark.postgres

RELEASE = os.environ.get("PUHUI_RELEASE") == "1"
CLIENTS = 200 if RELEASE else 20
PAYMENTS = int(os.environ.get("PUHUI_POURING") or (20_000 if RELEASE else 100))


def test_many_pay_one_loan_into_one_account(run: Run) -> None:
    found = json.loads(run("tests.postgres.pouring", str(CLIENTS), str(PAYMENTS), timeout=7_200))
    print(found)  # with its seed
    assert found["said"] == {"done": PAYMENTS + PAYMENTS // 10}  # one in ten is sent twice
    assert found["events"] == PAYMENTS + 1 and found["numbers"]
    assert found["paid"] == found["asked"] == found["pool"]
    assert found["receivable_differs"] == 0 and found["owed"] == found["used"]
    assert found["state"] == "active"
