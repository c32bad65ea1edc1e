"""What is asked of decisions: the rules of a day or of a hash, applications, decisions and their replay."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from puhui.core.ids import spoken_range
from puhui.core.refusals import Refusal
from puhui.customers.queries import of_client
from puhui.decisions.domain.codec import read_decision, read_input
from puhui.decisions.domain.policy import CreditPolicy
from puhui.decisions.domain.reason_texts import ReasonTexts
from puhui.decisions.domain.replay import Replay, replay
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.scorecard import Scorecard
from puhui.decisions.domain.second_scan import (
    ScanAnswer,
    ScanPolicy,
    ScanUnknown,
    ScanVerdict,
    StoredScan,
)
from puhui.decisions.domain.stored import (
    Application,
    ApplicationEvent,
    ApplicationUnknown,
    DecisionFigures,
    DecisionScore,
    DecisionSummary,
    DecisionUnknown,
    StoredDecision,
)
from puhui.decisions.domain.swaps import PastDecision
from puhui.decisions.models import (
    ApplicationEventRow,
    ApplicationRow,
    DecisionRow,
    ScanAnswerRow,
    SecondScanRow,
)
from puhui.decisions.policy_files import (
    CreditPolicyMissing,
    RulesUnknown,
    bind,
    in_force,
    load,
    load_scans,
    load_texts,
    load_with,
)
from puhui.decisions.registry import queries as registry
from puhui.decisions.registry.domain import ModelState
from puhui.decisions.registry.scoring import Chosen, choose_model
from puhui.protection.domain import PolicyInvalid
from puhui.runtime.rows import Look, direct, find_row, in_utc, list_rows, list_rows_where, look_for_row


class ModelDoesNotFit(Refusal):
    """A registered scorecard cannot decide under the policy in force."""

    field = "to"


OPEN_STATES = ["draft", "submitted"]


def get_rules(*, jurisdiction: str, on_date: date) -> Rules:
    """This function will return what decides on a day. Raises: CreditPolicyMissing; PolicyInvalid for a broken folder."""
    loaded = load()
    policy = in_force(loaded.policies, jurisdiction=jurisdiction, on_date=on_date)
    return bind(loaded, policy, in_force(loaded.prices, jurisdiction=jurisdiction, on_date=on_date))


def get_rules_by_hash(*, policy_sha256: str, model_sha256: str, prices_sha256: str) -> Rules:
    """This function will return the very texts that a decision names, however old. Raises: RulesUnknown."""
    loaded = load()
    policy = next((one for one in loaded.policies if one.sha256 == policy_sha256), None)
    prices = next((one for one in loaded.prices if one.sha256 == prices_sha256), None)
    if policy is None or prices is None:
        raise RulesUnknown(f"policy {policy_sha256}, model {model_sha256}, prices {prices_sha256}")
    if policy.model_sha256 == model_sha256:
        return bind(loaded, policy, prices)
    card = registry.find_scorecard(model_sha256)
    if card is None:
        raise RulesUnknown(f"policy {policy_sha256}, model {model_sha256}, prices {prices_sha256}")
    return bind(loaded, policy, prices, card=card)


def choose_rules(customer_id: str, *, jurisdiction: str, on_date: date) -> Chosen:
    """This function will return what decides for a customer on a day: champion or challenger, and who scores beside.

    Raises: CreditPolicyMissing; PolicyInvalid for a broken folder, or a registered model that no longer fits the policy.
    """
    rules = get_rules(jurisdiction=jurisdiction, on_date=on_date)
    scoring = registry.list_scoring()
    if not scoring:
        return Chosen(rules=rules, assignment=None, shadows=())
    card, assignment = choose_model(customer_id, named=rules.model, scoring=scoring)
    if card.sha256 != rules.model.sha256:
        rules = bind(load(), _in_force(jurisdiction, on_date), rules.prices, card=card)
    shadows = [one for one in scoring if one[0].state is ModelState.SHADOW]
    return Chosen(rules=rules, assignment=assignment, shadows=shadows)


def _in_force(jurisdiction: str, on_date: date) -> CreditPolicy:
    return in_force(load().policies, jurisdiction=jurisdiction, on_date=on_date)


def refuse_unfit(model_id: str, *, jurisdiction: str, on_date: date) -> None:
    """This function will return when a registered scorecard may decide under the policy of a day.

    Raises: ModelUnknown; ModelDoesNotFit when it prices silence, reads what the policy does not gather, or gives a
    reason that has no text.
    """
    card = registry.get_scorer(model_id)
    if not isinstance(card, Scorecard):
        raise ModelDoesNotFit(why=f"{card.name} is no scorecard")
    if loud := [one.name for one in card.features if one.absent_points]:
        raise ModelDoesNotFit(
            why=f"{loud[0]} has points when it is absent (G2); train with --missing neutral"
        )
    if mute := [one.reason for one in card.features if one.reason not in get_reason_texts().texts]:
        raise ModelDoesNotFit(why=f"{mute[0]} has no text in the reasons file")
    rules = get_rules(jurisdiction=jurisdiction, on_date=on_date)
    try:
        bind(load(), _in_force(jurisdiction, on_date), rules.prices, card=card)
    except PolicyInvalid as error:
        raise ModelDoesNotFit(why=str(error)) from None


def try_rules(name: str, text: str, *, jurisdiction: str, on_date: date) -> Rules:
    """This function will return what would decide on a day if a text (`credit/…` or `prices/…`) were published, too.

    Raises: PolicyInvalid, naming what cannot be meant; CreditPolicyMissing.
    """
    loaded = load_with(name, text)
    policy = in_force(loaded.policies, jurisdiction=jurisdiction, on_date=on_date)
    return bind(loaded, policy, in_force(loaded.prices, jurisdiction=jurisdiction, on_date=on_date))


def list_rule_texts() -> dict[str, str]:
    """This function will return the credit policies, prices and reasons themselves, by path."""
    return load_texts()


def get_reason_texts(*, on_date: date | None = None) -> ReasonTexts:
    """This function will return the words for reasons and helps: of a day, or the newest.

    A code keeps its meaning, so a day before the first file gets the first one's words. Raises: CreditPolicyMissing
    when there are none at all.
    """
    found = load().reasons
    if not found:
        raise CreditPolicyMissing("no reason texts")
    valid = [one for one in found if on_date is None or one.valid_from <= on_date]
    return valid[-1] if valid else found[0]


def find_application(id: str) -> Application | None:
    """This function will return an application, None when there is none."""
    row = find_row(ApplicationRow, id=id)
    return row.to_domain() if row else None


def find_applicant(id: str, *, client_id: str) -> str | None:
    """This function will return whose an application is, None where a client may not act for her, or there is none."""
    sql = f"SELECT customer_id FROM decisions_application a WHERE a.id = %s AND {of_client('a.customer_id')}"
    found = direct().fetch(sql, [id, client_id])
    return str(found[0][0]) if found else None


def get_application(id: str) -> Application:
    """This function will return an application. Raises: ApplicationUnknown."""
    found = find_application(id)
    if found is None:
        raise ApplicationUnknown()
    return found


def lock_application(id: str) -> Look:
    """This function will return the look at an application that holds it until commit; None where there is none."""
    look = look_for_row(ApplicationRow, lock=True, id=id)

    def read(rows: list[tuple[Any, ...]]) -> Application | None:
        row: ApplicationRow | None = look.read(rows)
        return row.to_domain() if row else None

    return Look(sql=look.sql, values=look.values, read=read)


def find_customer_by_number(number: str) -> str | None:
    """This function will return whose application or decision has a number (`A-20261120-7F3AKQ`), None when nobody's."""
    first, end = spoken_range(number)
    where, values = "number = %s AND id >= %s AND id < %s", [number, first, end]
    request = list_rows_where(ApplicationRow, where, values)
    whose = [row.customer_id for row in request]
    whose += [row.customer_id for row in list_rows_where(DecisionRow, where, values)]
    return whose[0] if whose else None


def find_open_application(customer_id: str) -> Application | None:
    """This function will return the customer's draft or submitted application, if there is one."""
    found = list_rows_where(
        ApplicationRow, "customer_id = %s AND state IN (%s, %s)", [customer_id, *OPEN_STATES]
    )
    return found[0].to_domain() if found else None


def find_latest_application(customer_id: str) -> Application | None:
    """This function will return the customer's newest application, whatever its state."""
    row = ApplicationRow.objects.filter(customer_id=customer_id).order_by("-opened_at", "-id").first()
    return row.to_domain() if row else None


def find_latest_decided(customer_id: str) -> Application | None:
    """This function will return the customer's newest application that has its answer; a draft beside it changes nothing."""
    rows = ApplicationRow.objects.filter(customer_id=customer_id, decided_at__isnull=False)
    row = rows.order_by("-opened_at", "-id").first()
    return row.to_domain() if row else None


def list_applications(customer_id: str) -> list[Application]:
    """This function will return a customer's applications, newest first."""
    rows = list_rows(ApplicationRow, order=("-opened_at", "-id"), customer_id=customer_id)
    return [row.to_domain() for row in rows]


def look_at_last_decision(customer_id: str) -> Look:
    """This function will return the look that tells when an application of the customer was last decided, or None."""
    return Look(
        sql="SELECT decided_at FROM decisions_application WHERE customer_id = %s AND decided_at IS NOT NULL "
        "ORDER BY decided_at DESC LIMIT 1",
        values=[customer_id],
        read=lambda rows: in_utc(rows[0][0]) if rows else None,
    )


def list_application_events(application_id: str) -> list[ApplicationEvent]:
    """This function will return what happened to an application, in order."""
    rows = ApplicationEventRow.objects.filter(application_id=application_id).order_by("seq")
    return [row.to_domain() for row in rows]


def get_decision(id: str) -> StoredDecision:
    """This function will return a decision. Raises: DecisionUnknown."""
    return _stored(_row(id=id))


def find_decision(application_id: str) -> StoredDecision | None:
    """This function will return the decision that stands on an application, if there is one yet: a person's before
    the referral to her.
    """
    rows = list_rows(DecisionRow, order=("-decided_at", "-id"), application_id=application_id)
    return _stored(rows[0]) if rows else None


def find_answer(application_id: str) -> StoredDecision | None:
    """This function will return the answer that rests on no proof: what stands when every proof is taken back."""
    rows = list_rows(DecisionRow, order=("-decided_at", "-id"), application_id=application_id, proofs=None)
    return next((_stored(row) for row in rows if row.verdict != "referred"), None)


def find_decision_by_id(id: str) -> StoredDecision | None:
    """This function will return a decision, None when there is none."""
    row = find_row(DecisionRow, id=id)
    return _stored(row) if row else None


def list_decisions(customer_id: str) -> list[StoredDecision]:
    """This function will return a customer's decisions in full, newest first."""
    rows = DecisionRow.objects.filter(customer_id=customer_id).order_by("-decided_at", "-id")
    return [_stored(row) for row in rows]


def list_decision_summaries(*, after: str = "", limit: int = 200) -> list[DecisionSummary]:
    """This function will return decisions for a list, by id, without decoding them."""
    rows = DecisionRow.objects.filter(id__gt=after).order_by("id").defer("input_json", "output_json")
    return [row.to_summary() for row in rows[:limit]]


def _awaiting() -> QuerySet[DecisionRow]:
    answered = DecisionRow.objects.exclude(verdict="referred").values("application_id")
    return DecisionRow.objects.filter(verdict="referred").exclude(application_id__in=answered)


def list_referred(*, limit: int = 200) -> list[DecisionSummary]:
    """This function will return what waits for a person's decision, the longest waiting first."""
    rows = _awaiting().order_by("decided_at", "id").defer("input_json", "output_json")
    return [row.to_summary() for row in rows[:limit]]


def count_referred() -> int:
    """This function will return how many requests wait for a person's decision."""
    return _awaiting().count()


def list_decided(*, until: datetime) -> list[DecisionFigures]:
    """This function will return verdict, score and price of every decision up to an instant, oldest first. One query."""
    rows = DecisionRow.objects.filter(decided_at__lte=until).order_by("decided_at", "id")
    found = rows.values_list("application_id", "verdict", "points", "annual_rate_ppm", "decided_at")
    return [
        DecisionFigures(
            application_id=one[0], verdict=one[1], points=one[2], annual_rate_ppm=one[3], decided_at=one[4]
        )
        for one in found
    ]


def list_scored(*, until: datetime) -> list[DecisionScore]:
    """This function will return what monitoring counts of every decision before an instant, oldest first. One query."""
    rows = DecisionRow.objects.filter(decided_at__lt=until).order_by("decided_at", "id")
    cards = dict(load().models)
    found = []
    for row in rows.values_list(
        "application_id", "customer_id", "verdict", "points", "annual_rate_ppm", "decided_at", "model_sha256"
    ):
        card = cards.get(row[6])
        found.append(
            DecisionScore(
                application_id=row[0],
                customer_id=row[1],
                verdict=row[2],
                points=row[3],
                pd_ppm=card.pd_of(row[3]) if card else None,
                annual_rate_ppm=row[4],
                decided_at=row[5],
            )
        )
    return found


def count_features(*, since: datetime, until: datetime) -> dict[str, dict[int, int]]:
    """This function will count, feature by feature, in which bin of its scorecard each decision of a period stood.

    Bins are numbered as in the scorecard; -1 is absent. Counts of two periods add up. Scorecards that are not known
    here are left out.
    """
    rows = DecisionRow.objects.filter(decided_at__gte=since, decided_at__lt=until)
    policies = {one.sha256: one for one in load().policies}
    found: dict[str, dict[int, int]] = {}
    for policy_sha, model_sha, text in rows.values_list(
        "policy_sha256", "model_sha256", "input_json"
    ).iterator(chunk_size=500):
        policy, card = policies.get(policy_sha), load().models.get(model_sha)
        if policy is None or card is None:
            continue
        seen = {one["name"]: one["value"] for one in json.loads(text)["facts"]}
        facts = {one.name: one.fact for one in policy.features}
        for feature in card.features:
            value = seen.get(facts[feature.name])
            place = bisect_right(feature.cuts, value) if isinstance(value, int) else -1
            counts = found.setdefault(feature.name, {})
            counts[place] = counts.get(place, 0) + 1
    return found


def list_past(*, until: datetime, limit: int) -> list[PastDecision]:
    """This function will return the newest decisions that the program made alone, up to an instant, newest first."""
    rows = DecisionRow.objects.filter(decided_at__lte=until).order_by("-decided_at", "-id")
    found = []
    for row in rows.only("id", "input_json", "output_json")[:limit].iterator(chunk_size=500):
        input = read_input(row.input_json)
        if input.person is not None:
            continue
        made = json.loads(row.output_json)
        found.append(
            PastDecision(
                id=row.id,
                input=input,
                verdict=made["verdict"]["kind"],
                annual_rate_ppm=made["price"]["annual_rate_ppm"],
                limit_minor=made["verdict"].get("limit_minor", 0),
                pd_ppm=made["pd_ppm"],
            )
        )
    return found


def count_submitted(*, until: datetime) -> int:
    """This function will return how many requests were sent up to an instant."""
    return ApplicationRow.objects.filter(submitted_at__lte=until).count()


def get_decision_row(id: str) -> dict[str, Any]:
    """This function will return a decision exactly as stored, column by column, for auditors. Raises: DecisionUnknown."""
    row = _row(id=id)
    return {field.attname: getattr(row, field.attname) for field in DecisionRow._meta.concrete_fields}


def list_decision_ids(*, after: str = "", limit: int = 1000) -> list[str]:
    """This function will return ids of decisions in their order, for replaying them all page by page."""
    return list(DecisionRow.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:limit])


def replay_decision(id: str) -> Replay:
    """This function will decide the stored input again under the texts that it names (guarantee G6).

    Raises: DecisionUnknown; RulesUnknown when a text that it names is gone.
    """
    row = _row(id=id)
    rules = get_rules_by_hash(
        policy_sha256=row.policy_sha256, model_sha256=row.model_sha256, prices_sha256=row.prices_sha256
    )
    return replay(input_text=row.input_json, output_text=row.output_json, rules=rules)


def _row(**wanted: Any) -> DecisionRow:
    row = find_row(DecisionRow, **wanted)
    if row is None:
        raise DecisionUnknown()
    return row


def _stored(row: DecisionRow) -> StoredDecision:
    return StoredDecision(
        id=row.id,
        number=row.number,
        application_id=row.application_id,
        customer_id=row.customer_id,
        input=read_input(row.input_json),
        decision=read_decision(row.output_json),
        input_hash=row.input_hash,
        output_hash=row.output_hash,
        decided_at=row.decided_at,
    )


def find_scan_policy(*, jurisdiction: str, on_date: date) -> ScanPolicy | None:
    """This function will return the policy of the second scan of a day, None before the first. Raises: PolicyInvalid."""
    held = [one for one in load_scans() if one.jurisdiction == jurisdiction and one.valid_from <= on_date]
    newest = max(held, key=lambda one: one.valid_from, default=None)
    return None if newest is None or (newest.valid_to and newest.valid_to <= on_date) else newest


def find_scan(*, order_id: str) -> StoredScan | None:
    """This function will return the newest second scan of a payout, None when there was none."""
    row = SecondScanRow.objects.filter(order_id=order_id).order_by("-at", "-id").first()
    return _scans([row])[0] if row else None


def get_scan(id: str) -> StoredScan:
    """This function will return a second scan. Raises: ScanUnknown."""
    row = find_row(SecondScanRow, id=id)
    if row is None:
        raise ScanUnknown()
    return _scans([row])[0]


def list_held_scans(*, limit: int = 200) -> list[StoredScan]:
    """This function will return the holds that nobody has answered, the longest waiting first."""
    answered = ScanAnswerRow.objects.values("scan_id")
    rows = SecondScanRow.objects.filter(verdict="hold").exclude(id__in=answered).order_by("at", "id")
    return _scans(list(rows[:limit]))


def _scans(rows: list[SecondScanRow]) -> list[StoredScan]:
    answers = {one.scan_id: one for one in ScanAnswerRow.objects.filter(scan_id__in=[row.id for row in rows])}
    return [
        StoredScan(
            id=row.id,
            order_id=row.order_id,
            customer_id=row.customer_id,
            verdict=ScanVerdict(row.verdict),
            reason=row.reason,
            rule=row.rule,
            values=json.loads(row.values_json),
            policy_version=row.policy_version,
            policy_sha256=row.policy_sha256,
            at=row.at,
            answer=_scan_answer(answers.get(row.id)),
        )
        for row in rows
    ]


def _scan_answer(row: ScanAnswerRow | None) -> ScanAnswer | None:
    if row is None:
        return None
    return ScanAnswer(
        verdict=ScanVerdict(row.verdict), asked_by=row.asked_by, agreed_by=row.agreed_by, at=row.at
    )
