"""The features that decisions are served, as dated text, and the vector that one decision was served.

A vector holds, feature by feature, the value as it was known just before the decision, or the consent without which it
was not computed. Worked out again from the history it must be the same; an event learnt later changes nothing, because
its `known_at` is later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from puhui.core.canonical import content_hash, plain
from puhui.core.dated import HouseText
from puhui.facts.domain import Fact
from puhui.facts.features import (
    FeatureAggregate,
    FeatureEvent,
    FeatureInvalid,
    FeatureSpec,
    evaluate,
    micros,
    prepare_history,
    window_start,
)
from puhui.protection.domain import ConsentPurpose
from puhui.protection.domain.bilingual import Bilingual, take_bilingual
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import StrictFile, StrictTable

AGGREGATES = frozenset(one.value for one in FeatureAggregate)
PURPOSES = frozenset(one.value for one in ConsentPurpose)
MISSING = "missing"
MOMENT = timedelta(microseconds=1)  # what is recorded at the very instant of a decision was not known to it


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentedFeature:
    """A feature with the consent that it rests on."""

    spec: FeatureSpec  # events, window, aggregate and empty rule
    purpose: str  # consent without which it is not computed
    title: Bilingual  # a few words


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSet(HouseText):
    """All features of a house from one day to another."""

    id: str  # stable name
    features: tuple[ConsentedFeature, ...]  # in the order of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFeature:
    """One feature as a decision was served it."""

    name: str  # of the feature
    value: int | None  # scaled integer, None when nothing is known or it was not computed
    refused: str  # purpose whose consent was not in force, "" when it was computed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureVector:
    """The features that one decision was served."""

    set_id: str  # of the feature set
    set_version: str  # its day
    set_sha256: str  # its content hash
    zone: str  # zone of calendar months
    as_of: datetime  # last instant of what counts: true by then, and known by then
    features: tuple[ServedFeature, ...]  # in the order of the set

    @property
    def served_at(self) -> datetime:
        """Return the instant of the decision that it was made for."""
        return self.as_of + MOMENT

    @property
    def refused(self) -> tuple[ServedFeature, ...]:
        """Return what was not computed for want of a consent."""
        return tuple(one for one in self.features if one.refused)

    def facts(self, customer_id: str) -> dict[str, Fact]:
        """Return what is known, as facts that a policy may declare: "feature.<name>"."""
        return {
            f"feature.{one.name}": Fact(
                customer_id=customer_id,
                name=f"feature.{one.name}",
                value=one.value,
                event_at=self.as_of,
                known_at=self.as_of,
                source=f"{self.set_id} {self.set_version}",
                purpose="",
                consent_id="",
            )
            for one in self.features
            if one.value is not None
        }

    @property
    def sha256(self) -> str:
        """Return the content hash of the vector."""
        return content_hash(plain(self))


def just_before(at: datetime) -> datetime:
    """This function will return the last instant whose knowledge a decision at `at` may use."""
    return at - MOMENT


def parse_feature_set(text: str, *, file: str) -> FeatureSet:
    """This function will compile a file of features; `file` names it in errors.

    Raises: PolicyInvalid for an unknown or missing field, a wrong type, a purpose or an aggregate that is not known, a
    name used twice, or a feature that cannot be meant.
    """
    source = StrictFile(text, file=file)
    head = source.table("features")
    rows = source.rows("feature", called="name")
    source.done()
    features = tuple(_feature(row) for row in rows)
    found = FeatureSet(
        id=head.text("id"),
        **take_house(head, text=text),
        features=features,
    )
    head.done()
    if not features:
        raise head.invalid("no [[feature]]")
    if len({one.spec.name for one in features}) != len(features):
        raise head.invalid("a [[feature]] is named twice")
    return found


def _feature(row: StrictTable) -> ConsentedFeature:
    empty = row.number_or_text("empty")
    if empty != MISSING and not isinstance(empty, int):
        raise row.invalid(f"empty is {empty!r}; write a whole number or {MISSING!r}")
    try:
        spec = FeatureSpec(
            name=row.text("name"),
            kind=row.text("kind"),
            aggregate=FeatureAggregate(row.choice("aggregate", AGGREGATES)),
            days=row.integer("days"),
            months=row.integer("months"),
            empty=empty if isinstance(empty, int) else None,
        )
    except FeatureInvalid as error:
        raise row.invalid(str(error)) from None
    found = ConsentedFeature(
        spec=spec, purpose=row.choice("purpose", PURPOSES), title=take_bilingual(row, "title")
    )
    row.done()
    return found


def serve_features(
    chosen: FeatureSet,
    events: Iterable[FeatureEvent],
    *,
    purposes: Collection[str],
    decided_at: datetime,
    zone: str,
) -> FeatureVector:
    """This function will compute the features for a decision from a person's events, as known just before it.

    A feature whose purpose is not among `purposes`, those consented to then, is refused and has no value.
    """
    as_of = just_before(decided_at)
    allowed = [one.spec for one in chosen.features if one.purpose in purposes]
    values = evaluate(
        allowed,
        prepare_history(events),
        starts=[window_start(one, as_of=as_of, zone=zone) for one in allowed],
        as_of_micros=micros(as_of),
    )
    known = dict(zip([one.name for one in allowed], values, strict=True))
    return FeatureVector(
        set_id=chosen.id,
        set_version=chosen.version,
        set_sha256=chosen.sha256,
        zone=zone,
        as_of=as_of,
        features=tuple(
            ServedFeature(
                name=one.spec.name,
                value=known.get(one.spec.name),
                refused="" if one.spec.name in known else one.purpose,
            )
            for one in chosen.features
        ),
    )
