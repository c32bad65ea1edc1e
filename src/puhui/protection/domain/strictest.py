"""The strictest policy, for a jurisdiction that no house policy knows: the strict side of every limit of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from puhui.core.canonical import content_hash
from puhui.protection.domain.house import (
    LIMIT_KINDS,
    Adopted,
    EssentialFloor,
    HousePolicy,
    Side,
    parse_times,
)

ANYWHERE = "*"


def strictest(policies: Sequence[HousePolicy], *, currency: str) -> HousePolicy:
    """This function will join house policies valid on one day into the strictest one, in `currency`.

    Each limit that any of them states takes its strictest value; windows are intersected; the APR cap is effective
    where any is (the effective figure is never below the nominal one). Amounts are compared as numbers of minor
    units, for an unknown place has no exchange rate: the smallest figure caps, the largest floors. `policies` is not empty.
    """
    assert policies
    names = [name for name in LIMIT_KINDS if any(name in policy.limits for policy in policies)]
    limits = {name: _strictest_limit(name, policies, currency) for name in names}
    top = max((p.essential_floor("") for p in policies), key=lambda floor: floor.amount_minor)
    starts = [policy.valid_from for policy in policies]
    ends = [policy.valid_to for policy in policies if policy.valid_to is not None]
    return HousePolicy(
        id="house-strictest",
        jurisdiction=ANYWHERE,
        version=max(policy.version for policy in policies),
        hash=content_hash([policy.hash for policy in policies]),
        lender="any",
        currency=currency,
        valid_from=max(starts),
        valid_to=min(ends) if ends else None,
        limits=limits,
        duties=tuple(dict.fromkeys(duty for policy in policies for duty in policy.duties)),
        not_adopted=(),
        floors=(
            EssentialFloor(
                region=ANYWHERE,
                name_en="Everywhere",
                name_zh="所有地区",
                amount_minor=top.amount_minor,
                source=top.source,
            ),
        ),
    )


def _strictest_limit(name: str, policies: Sequence[HousePolicy], currency: str) -> Adopted:
    stated = [policy.limits[name] for policy in policies if name in policy.limits]
    side = LIMIT_KINDS[name].side
    if side is Side.WINDOW:
        windows = [parse_times(str(limit.value)) for limit in stated]
        first, last = max(w[0] for w in windows), min(w[1] for w in windows)
        rule_ids = tuple(dict.fromkeys(id for limit in stated for id in limit.rule_ids))
        chosen = replace(stated[0], value=f"{first:%H:%M}-{last:%H:%M}", rule_ids=rule_ids)
    else:
        pick = max if side is Side.HIGH else min
        best = pick(int(limit.value) for limit in stated)
        equal = [limit for limit in stated if limit.value == best]
        chosen = next(
            (limit for limit in equal if limit.rule_ids), equal[0]
        )  # prefer the one that a rule stands behind
    basis = "effective" if any(limit.basis == "effective" for limit in stated) else chosen.basis
    unit = f"{currency}_minor" if LIMIT_KINDS[name].unit == "minor" else chosen.unit
    return replace(
        chosen, basis=basis, unit=unit, law=f"strictest of all packs; {chosen.law}", note=chosen.note
    )
