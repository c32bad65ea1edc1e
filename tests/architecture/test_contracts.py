"""The import contracts hold, and each one breaks when its violation is planted in a copy of the product."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

# contract (a part of its name) | file that gets the line | the line
PLANTED = [
    ("A loan travels one way", "core/money.py", "import puhui.loans.domain"),
    ("A loan travels one way", "products/domain.py", "import puhui.offers.domain"),
    ("A loan travels one way", "ledger/queries.py", "import puhui.loans"),
    ("Inside a stage", "loans/queries.py", "import puhui.loans.operations"),
    ("The domain is pure", "loans/domain.py", "import django.db"),
    ("The domain is pure", "core/money.py", "import httpx"),
    ("Only journeys and batch act", "web/clock.py", "import puhui.loans.operations"),
    ("Only journeys and batch act", "web/clock.py", "import puhui.payments.gateways.sandbox"),
    ("No cycles", "core/money.py", "import puhui.journeys.repay"),
    ("Tables of loans are its own", "journeys/repay.py", "import puhui.loans.models"),
    ("Tables of runtime are its own", "journeys/repay.py", "import puhui.runtime.models"),
    ("Tables of access are its own", "journeys/repay.py", "import puhui.access.models"),
    ("Tables of ledger are its own", "loans/operations.py", "import puhui.ledger.models"),
    ("Tables of protection are its own", "loans/operations.py", "import puhui.protection.models"),
    ("Tables of customers are its own", "journeys/repay.py", "import puhui.customers.models"),
    ("Tables of contact are its own", "journeys/repay.py", "import puhui.contact.models"),
    ("Tables of payments are its own", "journeys/repay.py", "import puhui.payments.models"),
    ("Tables of facts are its own", "journeys/repay.py", "import puhui.facts.models"),
    ("Tables of evidence are its own", "journeys/repay.py", "import puhui.evidence.models"),
    ("Tables of decisions are its own", "journeys/repay.py", "import puhui.decisions.models"),
    ("Tables of lines are its own", "journeys/repay.py", "import puhui.lines.models"),
    ("Tables of offers are its own", "journeys/repay.py", "import puhui.offers.models"),
    ("No policy may see the simulated world", "lab/policies/arms.py", "import puhui.lab.worlds.households"),
    ("What a policy knows of a world", "lab/observed.py", "import puhui.lab.simulate.run"),
    ("Tables of relief are its own", "journeys/repay.py", "import puhui.relief.models"),
    ("Pages do not act on the foundations", "web/clock.py", "import puhui.ledger.operations"),
]


def lint(root: Path) -> str:
    """Run import-linter on the product below `root` and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache", "--config", str(root / "pyproject.toml")],
        cwd=root, env={"PYTHONPATH": str(root / "src"), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("product")
    shutil.copytree(
        REPO / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "migrations", "*.pyc")
    )
    shutil.copy(REPO / "pyproject.toml", root)
    return root


def test_contracts_hold() -> None:
    printed = lint(REPO)
    assert " 0 broken" in printed, printed


def test_every_contract_breaks_on_its_violation(copy: Path) -> None:
    """All violations are planted at once: each file belongs to the copy, and each contract must be among the broken."""
    for _, file, line in PLANTED:
        path = copy / "src" / "puhui" / file
        if not path.exists():  # a domain that grew into a package
            path = path.with_suffix("") / "__init__.py"
        path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    printed = lint(copy)
    names = {contract for contract, _, _ in PLANTED}
    kept = [
        name
        for name in sorted(names)
        if not any(name in row and "BROKEN" in row for row in printed.splitlines())
    ]
    assert not kept, f"did not bite: {kept}\n{printed}"


def test_every_contract_has_a_planted_violation() -> None:
    text = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    stated = [
        row.split('"')[1] for row in text.splitlines() if row.startswith("name = ") and '"puhui"' not in row
    ]
    missing = [name for name in stated if not any(name.startswith(planted) for planted, _, _ in PLANTED)]
    assert not missing, missing
