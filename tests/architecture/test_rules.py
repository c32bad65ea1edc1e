"""The house rules hold on the product, and each one bites on a planted violation."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.rules import RULES, Source, product_sources

ROOT = Path(__file__).resolve().parents[2] / "src" / "puhui"
SOURCES = product_sources(ROOT)

LONG = "def long() -> None:\n    '''This function will be long.'''\n" + "    pass\n" * 75
DEEP = "def deep() -> None:\n  for a in x:\n    for b in a:\n      if b:\n        while c:\n          pass\n"
PLANTED = [
    ("clock", "loans/domain.py", "from datetime import date\nx = date.today()\n"),
    ("clock", "loans/models.py", "field = DateTimeField(auto_now_add=True)\n"),
    ("chance", "offers/operations.py", "from uuid import uuid4\n"),
    ("chance", "offers/domain.py", "import random\n"),
    ("float_money", "loans/domain.py", "x = round(3)\n"),
    ("float_money", "loans/domain.py", "x = float(principal_minor)\n"),
    ("float_money", "loans/domain.py", "x = a.principal_minor / 3\n"),
    ("float_money", "loans/domain.py", "x = principal_minor * 0.05\n"),
    ("float_money", "loans/domain.py", "def f(amount_minor: float): ...\n"),
    ("cross_label", "loans/queries.py", "apps.get_model('offers', 'Quote')\n"),
    ("cross_label", "loans/models.py", "x = ForeignKey('offers.Quote', on_delete=1)\n"),
    ("sizes", "loans/domain.py", "\n" * 501),
    ("sizes", "loans/domain.py", LONG),
    ("sizes", "loans/domain.py", DEEP),
    ("journeys", "journeys/repay.py", "x = a + b\n"),
    ("journeys", "journeys/repay.py", "x += 1\n"),
    ("journeys", "journeys/repay.py", "\n" * 151),
    ("hidden_control", "loans/operations.py", "from django.db.models.signals import post_save\n"),
    ("hidden_control", "loans/models.py", "class A:\n    def save(self): ...\n"),
    ("hidden_control", "loans/operations.py", "transaction.on_commit(f)\n"),
    ("promises", "loans/domain.py", "# TO" + "DO: later\n"),
    ("documented", "loans/domain.py", "def agree() -> None:\n    pass\n"),
    ("commented_fields", "loans/domain.py", "@dataclass\nclass A:\n    '''A.'''\n\n    x: int\n"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: object) -> None:
    assert callable(rule)
    found = [violation for source in SOURCES for violation in rule(source)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("name", "path", "text"), PLANTED, ids=[f"{p[0]}-{i}" for i, p in enumerate(PLANTED)]
)
def test_planted_violation_is_found(name: str, path: str, text: str) -> None:
    rule = next(rule for rule in RULES if rule.__name__ == name)
    assert list(rule(Source(path=path, text=text, tree=ast.parse(text))))


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule.__name__ for rule in RULES} == {name for name, _, _ in PLANTED}
