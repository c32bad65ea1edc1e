"""Rules of changes, read from the policies folder once and found by day."""

from __future__ import annotations

from collections.abc import Mapping

from puhui.loans.domain import ChangePolicy, parse_changes
from puhui.protection.policy_files import PolicyFiles


def _load(texts: Mapping[str, str]) -> tuple[ChangePolicy, ...]:
    found = [parse_changes(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: one.valid_from))


changes: PolicyFiles[tuple[ChangePolicy, ...]] = PolicyFiles("changes", load=_load)
