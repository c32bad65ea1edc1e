"""Taking facts from a source: read it whole and check it, then read it again and keep what belongs to customers of ours.

Nothing is kept of a source that is less complete than its description asks. Each piece of it is one commit; an intake
that was cut off goes on where it stopped when the same content is taken again, for its facts have the instant at which
it began. About people who are no customers nothing is kept but how many rows there were.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from puhui.customers.queries import list_ids_by_number
from puhui.decisions.domain.monitoring import stability_ppm
from puhui.evidence.domain import facts_of_proofs
from puhui.evidence.queries import get_evidence_kinds, list_proofs
from puhui.facts import operations as facts
from puhui.facts.domain import FactValue
from puhui.facts.gateways.sources import open_rows, scrubbed
from puhui.facts.intake import (
    FactSource,
    Intake,
    IntakeAlreadyTaken,
    IntakeState,
)
from puhui.facts.intake_check import RowCheck, refuse_other_columns
from puhui.facts.intake_reading import FirstReading, Progress, Sorting, read_again, silent
from puhui.facts.queries import find_last_intake, get_facts, get_source
from puhui.journeys import house
from puhui.protection.queries import list_consents
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def check(
    *, source: str, place: str, now: datetime, token: str = "", progress: Progress = silent
) -> tuple[int, Mapping[str, Any]]:
    """This function will read a source whole and keep nothing: rows read, and the report that taking it would begin with.

    Raises: SourceUnknown, SourceUnreadable, SourceColumnsDiffer.
    """
    found = _read(get_source(source, on_date=house.today(now)), place, token, now, progress)
    return found.rows, found.report(last=find_last_intake(source), drift=stability_ppm)


def take(
    *, source: str, place: str, by: str, now: datetime, token: str = "", progress: Progress = silent
) -> Intake:
    """This function will take what a source says about customers of ours, and return the intake: done, or held.

    `place` as in `open_rows`; `by` is who asked. Raises: as `check`; IntakeAlreadyTaken for content that was taken or
    held before under the same description; SourceChanged.
    """
    described = get_source(source, on_date=house.today(now))
    found = _read(described, place, token, now, progress)
    report = found.report(last=find_last_intake(source), drift=stability_ppm)
    with transaction():
        intake = facts.open_intake(
            source=described,
            place=scrubbed(place),
            content_sha256=found.content_sha256,
            rows=found.rows,
            now=now,
        )
    if intake.state is not IntakeState.STARTED:
        raise IntakeAlreadyTaken(intake=intake.id)
    if found.incomplete:
        return _end(intake, IntakeState.HELD, report, found, by, now)
    sorting = _keep(found, place, token, intake, now, progress)
    return _end(intake, IntakeState.DONE, {**report, **sorting.counted}, found, by, now)


def _read(described: FactSource, place: str, token: str, now: datetime, progress: Progress) -> FirstReading:
    named, rows = open_rows(place, source=described, token=token)
    refuse_other_columns(described, named)
    found = FirstReading(described, zone=house.lender().zone, now=now)
    found.read(named, rows, progress)
    return found


def _keep(
    found: FirstReading, place: str, token: str, intake: Intake, now: datetime, progress: Progress
) -> Sorting:
    """Read it again and keep it, one commit a piece."""
    sorting = _sorting(found.source, intake)
    _, rows = open_rows(place, source=found.source, token=token)
    for piece in read_again(rows, marks=found.marks):
        passed, aside = sorting.passed(piece)
        kept = sorting.sort(passed, aside, list_ids_by_number({one.person for one in passed}))
        with transaction():
            facts.record_taken(intake_id=intake.id, facts=kept.facts, aside=kept.aside, now=now)
            for customer_id in kept.refused:
                record_audit(
                    actor="house",
                    action="facts.refused",
                    subject=f"customer:{customer_id}",
                    detail={"purpose": found.source.purpose, "intake": intake.id},
                    now=now,
                )
        progress("keep", sorting.check.rows)
    return sorting


def _sorting(source: FactSource, intake: Intake) -> Sorting:
    at = intake.started_at

    def consent_of(customer_id: str) -> str:
        held = [
            one.id
            for one in list_consents(customer_id)
            if one.purpose.value == source.purpose and one.in_force(at)
        ]
        return held[0] if held else ""

    def others_of(customer_id: str) -> dict[str, FactValue]:
        kinds = get_evidence_kinds(on_date=house.today(at)).kinds
        proven = facts_of_proofs(list_proofs(customer_id), kinds=kinds, on_date=house.today(at))
        known = [*get_facts(customer_id, known_at=at).values(), *proven]
        return {one.name: one.value for one in known}

    return Sorting(
        source=source,
        intake=intake,
        check=RowCheck(source, zone=house.lender().zone, now=at),
        consent_of=consent_of,
        others_of=others_of,
    )


def _end(
    intake: Intake, state: IntakeState, report: dict[str, Any], found: FirstReading, by: str, now: datetime
) -> Intake:
    with transaction():
        if state is IntakeState.HELD:
            facts.record_taken(intake_id=intake.id, facts=[], aside=found.first_aside, now=now)
        record_audit(
            actor=by,
            action=f"facts.{state.value}",
            subject=f"intake:{intake.id}",
            detail={
                "source": intake.source,
                "version": intake.version,
                "rows": found.rows,
                "facts": report["facts"],
            },
            now=now,
        )
        return facts.end_intake(id=intake.id, state=state, report=report, now=now)
