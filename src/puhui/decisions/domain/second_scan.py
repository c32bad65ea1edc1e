"""The second scan: after the signature and before the money leaves, fresh facts decide whether it may.

The policy is one dated table in the language of the credit policy, compiled as strictly. It sees what identity, lenders
and watch lists say today, never the score: the price and the line were decided before, and a hold or a stop has one of
the reasons of the exception list (guarantee G3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from puhui.core.dated import HouseText
from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding, divide
from puhui.core.trace import TraceStep
from puhui.decisions.domain.asking import Ask, make_ask
from puhui.decisions.domain.conditions import parse_type
from puhui.decisions.domain.generate import load_evaluators, write_source
from puhui.decisions.domain.tables import Known, Table, Value, read_table
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import StrictFile, StrictTable

TABLE = "scan"
# What a scan may read. The burden is worked out here; everything else is a fact, and any of them may be missing.
FACTS = {
    "scan.identity": "choice match mismatch",  # is the number still this living person's
    "scan.watch": "choice clear listed",  # watch lists of fraud and sanctions
    "scan.open_lenders": "integer 0..999",  # lenders to whom something is owed
    "scan.new_lenders_30d": "integer 0..999",  # of them, those that began in 30 days
    "scan.requests_7d": "integer 0..999",  # lenders that asked about her in 7 days
    "scan.instalments_minor": "integer 0..10000000000",  # a month, owed elsewhere, minor units
    "scan.burden_permille": "integer 0..100000",  # all instalments, ours included, per thousand of income
}
BURDEN_MOST = 100_000
REASONS = ("IDENTITY_CHANGED", "WATCH_LIST", "MULTI_LENDER", "OVER_INDEBTED", "SCAN_SILENT")
NO_REASON = "NONE"


class ScanVerdict(StrEnum):
    """What a second scan concludes."""

    PASS = "pass"  # the money may leave
    HOLD = "hold"  # two people look first
    STOP = "stop"  # it does not leave


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPolicy(HouseText):
    """A compiled policy of the second scan."""

    id: str  # stable name
    fresh_hours: int  # how long an answer counts as fresh
    table: Table  # the one table
    ask: Ask  # how it is asked


class ScanNotHeld(Refusal):
    """The scan is not held (any more): it passed, stopped the money, or was answered."""

    field = "scan"
    status = 409


class ScanUnknown(Refusal):
    """There is no such scan."""

    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAnswer:
    """What two people concluded about a hold."""

    verdict: ScanVerdict  # pass or stop
    asked_by: str  # login of the first
    agreed_by: str  # login of the second
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScan:
    """A scan as it is kept."""

    id: str  # text(26)
    order_id: str  # payout that it was made for
    customer_id: str  # about whom
    verdict: ScanVerdict  # what the policy said
    reason: str  # code, "" when it passed
    rule: str  # row of the policy's table
    values: dict[str, Value]  # what it read, by name
    policy_version: str  # of the scan's policy
    policy_sha256: str  # its content hash
    at: datetime  # UTC
    answer: ScanAnswer | None  # of two people, None without

    @property
    def conclusion(self) -> ScanVerdict:
        """Return what holds now: the two people's answer, or the policy's."""
        return self.answer.verdict if self.answer else self.verdict

    def counts(self, policy: ScanPolicy, *, now: datetime) -> bool:
        """Tell whether it makes another look needless: a hold stands until two people answer, their answer and a stop
        for good, a pass as long as it is fresh.
        """
        return self.verdict is not ScanVerdict.PASS or now < self.at + timedelta(hours=policy.fresh_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondScan:
    """What one scan found."""

    verdict: ScanVerdict  # pass, hold or stop
    reason: str  # code, "" when it passes
    rule: str  # row of the table
    step: TraceStep  # with the values that it read


def compile_scan_policy(text: str, *, file: str) -> ScanPolicy:
    """This function will compile a policy of the second scan; `file` names it in errors.

    Raises: PolicyInvalid naming file, line and row: for what the credit policy's tables refuse, for another table than
    `scan`, another reason than those of the exception list, or a hold or stop without one.
    """
    source = StrictFile(text, file=file)
    head, rows = source.table("policy"), source.rows("table", called="name")
    source.done()
    variables = {name: parse_type(type, may_be_missing=True) for name, type in FACTS.items()}
    tables = [read_table(row, Known(variables=variables, reasons=frozenset()))[0] for row in rows]
    if len(tables) != 1 or tables[0].name != TABLE or tables[0].kind == "collect":
        raise head.invalid(f"one table {TABLE!r} of kind first or unique, and no other")
    table = tables[0]
    _check_rows(table, head)
    evaluator = load_evaluators(write_source({TABLE: table}), {TABLE: table})[TABLE]
    id, dated = head.text("id"), take_house(head, text=text)
    policy = ScanPolicy(
        id=id,
        **dated,
        fresh_hours=head.integer("fresh_hours"),
        table=table,
        ask=make_ask(table, evaluator, version=f"{id} {dated['version']}"),
    )
    head.done()
    if not 1 <= policy.fresh_hours <= 168:
        raise head.invalid("fresh_hours is not between 1 and 168")
    return policy


def _check_rows(table: Table, head: StrictTable) -> None:
    verdicts = [one.value for one in ScanVerdict]
    for row in table.rows:
        verdict, reason = row.outputs.get("verdict"), row.outputs.get("reason")
        if set(row.outputs) != {"verdict", "reason"} or verdict not in verdicts:
            raise head.invalid(
                f"table {TABLE}, row {row.id}: outputs are verdict (pass, hold or stop) and reason"
            )
        if (verdict == ScanVerdict.PASS) != (reason == NO_REASON):
            raise head.invalid(f"table {TABLE}, row {row.id}: a hold or a stop has a reason, a pass has none")
        if reason not in (NO_REASON, *REASONS):
            raise head.invalid(f"table {TABLE}, row {row.id}: {reason!r} is not on the exception list")


def burden_permille(*, instalments_minor: int | None, own_minor: int, income_minor: int) -> int | None:
    """This function will return all instalments of a month per thousand of its income, ours included, rounded up.

    None when nobody says what she owes elsewhere. No income bears nothing: the most that can be written.
    """
    if instalments_minor is None:
        return None
    if income_minor <= 0:
        return BURDEN_MOST
    return min(divide((instalments_minor + own_minor) * 1000, income_minor, Rounding.CEILING), BURDEN_MOST)


def run_scan(policy: ScanPolicy, facts: Mapping[str, Value]) -> SecondScan:
    """This function will decide by fresh facts (those of FACTS, by name). A fact that is absent, or outside its type,
    counts as missing: the policy's own rows say what follows from silence.
    """
    values: dict[str, Value] = {}
    for name, type in policy.table.inputs.items():
        value = facts.get(name)
        values[name] = None if isinstance(value, bool) or not type.accepts(value) else value
    trace: list[TraceStep] = []
    policy.ask(values, trace, [])
    reason = str(values["scan.reason"])
    return SecondScan(
        verdict=ScanVerdict(str(values["scan.verdict"])),
        reason="" if reason == NO_REASON else reason,
        rule=str(trace[0].because["row"]),
        step=trace[0],
    )
