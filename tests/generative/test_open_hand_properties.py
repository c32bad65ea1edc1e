"""The guarantees of the open hand hold over random cases, and a planted violation of each is caught."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from puhui.decisions.domain import Decision, DecisionInput, decide
from puhui.decisions.domain.rules import Rules
from puhui.evidence.domain import facts_of_proofs
from puhui.lab.properties.checks import CHECKS
from puhui.lab.properties.parts import Parts
from puhui.lab.properties.run import check_cases, main
from puhui.offers.domain.negotiate import Ask, TradeAnswer, solve
from puhui.offers.domain.quote import Quote, build_quote, for_value_date
from puhui.offers.domain.standing import StandingPrice

SEED = 20261122
CASES = 500
FEW = 60  # enough for every planted violation to show


def test_the_guarantees_hold_and_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "properties.json"
    code = main(["--cases", str(CASES), "--seed", str(SEED), "--out", str(out)])
    printed = capsys.readouterr().out
    found = {one["name"]: one for one in json.loads(out.read_text(encoding="utf-8"))}
    assert code == 0, printed
    assert list(found) == ["G1", "G2", "G3", "G4", "G5", "G6", "G10", "G7", "G8", "G9"]
    cases = {name: CASES // 2 if name in ("G7", "G8", "G9") else CASES for name in found}
    assert all(one["cases"] == cases[name] and one["violations"] == 0 for name, one in found.items())
    assert all(f"{name} " in printed for name in found) and str(SEED) in printed


def _dearer_with_proof(input: DecisionInput, *, rules: Rules) -> Decision:
    found = decide(input, rules=rules)
    if not any(one.name.startswith("proof.") for one in input.facts):
        return found
    return replace(found, price=replace(found.price, annual_rate_ppm=found.price.annual_rate_ppm + 100))


def _forgets_promises(decided_ppm: int, **_: Any) -> StandingPrice:
    return StandingPrice(base_rate_ppm=decided_ppm, held_by="")


def _last_proof_counts(proofs: Any, **given: Any) -> Any:
    return facts_of_proofs(list(proofs)[-1:], **given)


def _suspicious_of_silence(input: DecisionInput, *, rules: Rules) -> Decision:
    found = decide(input, rules=rules)
    silent = rules.policy.proofs and not any(one.name.startswith("proof.") for one in input.facts)
    return replace(found, points=found.points - 5) if silent else found


def _priced_by_income(input: DecisionInput, *, rules: Rules) -> Decision:
    found = decide(input, rules=rules)
    plus = 1_000 if input.application.income_minor < 600_000 else 0
    return replace(found, price=replace(found.price, annual_rate_ppm=found.price.annual_rate_ppm + plus))


def _dearer_later(*, quote: Quote, value_date: Any) -> Quote:
    found = for_value_date(quote=quote, value_date=value_date)
    row = found.rows[0]
    return replace(found, rows=(replace(row, interest_minor=row.interest_minor + 100_00), *found.rows[1:]))


def _hides_fees(**given: Any) -> Quote:
    found = build_quote(**given)
    low = replace(found.all_in, apr_nominal_ppm=max(0, found.all_in.apr_nominal_ppm - 10))
    return replace(found, all_in=low)


class _Forgetful:
    """Decides a little differently each time."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, input: DecisionInput, *, rules: Rules) -> Decision:
        self.calls += 1
        return replace(decide(input, rules=rules), instalment_minor=self.calls)


def _listens(ask: Ask, **given: Any) -> TradeAnswer:
    found = solve(ask, **given)
    return replace(found, trades=found.trades[:0], nearest=found.now) if ask.words else found


def _refuses_barely(ask: Ask, **given: Any) -> TradeAnswer:
    return replace(solve(ask, **given), trades=(), nearest=None)


PLANTED: list[tuple[str, Callable[[], Parts]]] = [
    ("G1", lambda: Parts(decide=_dearer_with_proof)),
    ("G1", lambda: Parts(standing_price=_forgets_promises)),
    ("G1", lambda: Parts(facts_of_proofs=_last_proof_counts)),
    ("G2", lambda: Parts(decide=_suspicious_of_silence)),
    ("G3", lambda: Parts(decide=_priced_by_income)),
    ("G4", lambda: Parts(for_value_date=_dearer_later)),
    ("G5", lambda: Parts(build_quote=_hides_fees)),
    ("G6", lambda: Parts(decide=_Forgetful())),
    ("G10", lambda: Parts(solve=_listens)),
    ("G10", lambda: Parts(solve=_refuses_barely)),
]


@pytest.mark.parametrize(("name", "parts"), PLANTED)
def test_a_planted_violation_is_caught(name: str, parts: Callable[[], Parts]) -> None:
    found = check_cases(seed=SEED, first=0, count=FEW, parts=parts())[name]
    assert found.violations > 0 and found.examples[0].startswith(f"seed {SEED}, case ")


def test_every_guarantee_has_a_planted_violation() -> None:
    assert {name for name, _ in PLANTED} == set(CHECKS)
