"""Credit policies, prices, scorecards and reason texts, read from the policies folder once and found by day or by hash.

Files are dated and never edited, so any decision ever made finds the very texts that made it. A folder in which
one file cannot be meant serves nobody: better no decision than one by half a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from puhui.core.canonical import content_hash
from puhui.decisions import domain
from puhui.decisions.domain.policy import CreditPolicy, compile_policy
from puhui.decisions.domain.prices import PriceTable, parse_prices
from puhui.decisions.domain.reason_texts import ReasonTexts, parse_reason_texts
from puhui.decisions.domain.rules import Rules, bind_rules
from puhui.decisions.domain.scorecard import Scorecard, parse_scorecard
from puhui.decisions.domain.second_scan import ScanPolicy, compile_scan_policy
from puhui.facts.queries import find_feature_set
from puhui.protection.domain import PolicyInvalid
from puhui.protection.policy_files import PolicyFiles

Dated = TypeVar("Dated", CreditPolicy, PriceTable)
REASONS = "credit/reasons-"
SERVED = "feature."  # how a policy names a fact that is a served feature


class CreditPolicyMissing(LookupError):
    """No credit policy or price table holds on that day: nothing can be decided. Never a customer's fault."""


class RulesUnknown(LookupError):
    """No file of the policies folder has this content hash: a file was edited or removed."""


@dataclass(slots=True, kw_only=True)
class Loaded:
    """Everything parsed of policies/credit, policies/prices and policies/models."""

    policies: tuple[CreditPolicy, ...]  # by jurisdiction and first day
    prices: tuple[PriceTable, ...]  # by jurisdiction and first day
    models: dict[str, Scorecard]  # by content hash
    reasons: tuple[ReasonTexts, ...]  # by first day
    bound: dict[tuple[str, str, str], Rules] = field(
        default_factory=dict
    )  # by hashes of policy, prices and scorecard


@cache
def evaluator_hash() -> str:
    """This function will return the hash of the source that decides, as this process runs it."""
    folder = Path(domain.__file__).parent
    return content_hash({path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))})


def _load(texts: Mapping[str, str]) -> Loaded:
    reasons = sorted(
        (parse_reason_texts(text, file=name) for name, text in texts.items() if name.startswith(REASONS)),
        key=lambda one: one.valid_from,
    )
    codes = frozenset(code for one in reasons for code in one.texts)
    policies = [
        compile_policy(text, file=name, reason_codes=codes)
        for name, text in texts.items()
        if name.startswith("credit/") and not name.startswith(REASONS)
    ]
    prices = [parse_prices(text, file=name) for name, text in texts.items() if name.startswith("prices/")]
    models = [
        parse_scorecard(path.read_text(encoding="utf-8"), name=path.name)
        for path in sorted((Path(settings.POLICIES_DIR) / "models").glob("*.json"))
        if not path.name.endswith(".card.json")
    ]
    loaded = Loaded(
        policies=_in_order(policies),
        prices=_in_order(prices),
        models={one.sha256: one for one in models},
        reasons=tuple(reasons),
    )
    for policy in loaded.policies:
        _check_served(policy)
        for table in loaded.prices:
            if policy.jurisdiction == table.jurisdiction:
                bind(loaded, policy, table)
    return loaded


def _check_served(policy: CreditPolicy) -> None:
    """A feature that a policy reads is one that is served on its first day: a name misspelt would be missing for ever."""
    read = [name for name in policy.facts if name.startswith(SERVED)]
    if not read:
        return
    served = find_feature_set(jurisdiction=policy.jurisdiction, on_date=policy.valid_from)
    known = {f"{SERVED}{one.spec.name}" for one in served.features} if served else set()
    if strangers := [name for name in read if name not in known]:
        raise PolicyInvalid(
            f"reads {strangers[0]!r}, which no text of features serves on its first day",
            file=f"{policy.id} {policy.version}",
        )


def _in_order(found: list[Dated]) -> tuple[Dated, ...]:
    ordered = sorted(found, key=lambda one: (one.jurisdiction, one.valid_from))
    for before, after in pairwise(ordered):
        together = before.jurisdiction == after.jurisdiction
        if together and (before.valid_to or after.valid_from) > after.valid_from:
            raise PolicyInvalid(f"valid_to overlaps {after.version}", file=f"{before.id} {before.version}")
        if together and before.valid_from == after.valid_from:
            raise PolicyInvalid("two files begin on one day", file=f"{before.id} {before.version}")
    return tuple(ordered)


def bind(loaded: Loaded, policy: CreditPolicy, prices: PriceTable, *, card: Scorecard | None = None) -> Rules:
    """This function will bind a policy and prices, once, with a registered scorecard or the one that the policy names.

    Raises: PolicyInvalid.
    """
    key = (policy.sha256, prices.sha256, card.sha256 if card else policy.model_sha256)
    if key not in loaded.bound:
        model = card or loaded.models.get(policy.model_sha256)
        if model is None:
            raise PolicyInvalid(
                f"no scorecard has the hash {policy.model_sha256}", file=f"{policy.id} {policy.version}"
            )
        if card is not None:  # two people put it in the place of the one named
            policy = replace(policy, model=card.name, model_sha256=card.sha256)
        loaded.bound[key] = bind_rules(policy, model=model, prices=prices, evaluator_sha256=evaluator_hash())
    return loaded.bound[key]


def _load_scans(texts: Mapping[str, str]) -> tuple[ScanPolicy, ...]:
    found = [compile_scan_policy(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: (one.jurisdiction, one.valid_from)))


_scans: PolicyFiles[tuple[ScanPolicy, ...]] = PolicyFiles("scans", load=_load_scans)


def load_scans() -> tuple[ScanPolicy, ...]:
    """This function will return every policy of the second scan, by first day. Raises: PolicyInvalid."""
    return _scans.get()


_files: PolicyFiles[Loaded] = PolicyFiles("credit", "prices", load=_load)


def load() -> Loaded:
    """This function will return everything parsed; warm it costs a few microseconds. Raises: PolicyInvalid."""
    return _files.get()


def load_texts() -> dict[str, str]:
    """This function will return the texts themselves, by path."""
    return _files.texts()


def load_with(name: str, text: str) -> Loaded:
    """This function will return everything parsed as if one more text were published. Raises: PolicyInvalid."""
    return _files.get_with(name, text)


def in_force(dated: tuple[Dated, ...], *, jurisdiction: str, on_date: date) -> Dated:
    """This function will return the newest text that holds on a day. Raises: CreditPolicyMissing."""
    for one in reversed(dated):
        if one.jurisdiction == jurisdiction and one.valid_from <= on_date:
            if one.valid_to is not None and one.valid_to <= on_date:
                break
            return one
    raise CreditPolicyMissing(f"{jurisdiction} on {on_date}")
