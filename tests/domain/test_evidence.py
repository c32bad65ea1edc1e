"""Evidence: the shipped files compile, each mistake in a file is named, and a record counts only where it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from puhui.decisions.domain.rules import bind_rules
from puhui.evidence.domain import (
    Dial,
    EvidenceRecord,
    Person,
    Proof,
    ProofActNotAllowed,
    ProofState,
    Trust,
    check_record,
    facts_of_proofs,
    next_state,
    parse_cohort,
    parse_evidence_kinds,
)
from puhui.protection.domain.strict import PolicyInvalid
from tests.decisions_kit import NOW, POLICIES, TODAY, compiled, prices, scorecard

FILE = "evidence/2026-11-01.toml"
TEXT = (POLICIES / FILE).read_text(encoding="utf-8")
COHORT = "evidence/cohort-2026-11-01.toml"
COHORT_TEXT = (POLICIES / COHORT).read_text(encoding="utf-8")
POLICY = "credit/2026-11-01.toml"
POLICY_TEXT = (POLICIES / POLICY).read_text(encoding="utf-8")
KINDS = parse_evidence_kinds(TEXT, file=FILE).kinds
HER = Person(name="陈佳", number="11010119900307123X", used_elsewhere=frozenset())
RECORD = EvidenceRecord(
    kind="income_tax",
    issuer="sandbox tax office",
    trust=Trust.SIGNED,
    genuine=True,
    name=HER.name,
    number=HER.number,
    issued_on=TODAY,
    period_end=date(2026, 10, 31),
    fields={"months": 12, "total_minor": 12 * 860_000},
    rows=(860_000,) * 12,
    sha256="1" * 64,
)


def proof(
    id: str, kind: str = "income_tax", *, state: ProofState = ProofState.ACCEPTED, **fields: int
) -> Proof:
    return Proof(
        id=id, customer_id="c1", kind=kind, kinds_version="2026-11-01", state=state, trust=Trust.SIGNED,
        fields=fields or dict(RECORD.fields), issued_on=TODAY, valid_until=TODAY + timedelta(days=90),
        delete_on=TODAY + timedelta(days=90), reason="", given_at=NOW, read_at=NOW, withdrawn_at=None,
    )  # fmt: skip


def test_every_kind_of_the_issue_is_shipped() -> None:
    assert set(KINDS) == {
        "income_tax", "housing_fund", "social_insurance", "salary_flow", "bank_statement", "utility_bills",
        "rent_receipts", "education", "employment", "settled_loans", "purpose_invoice", "hardship",
    }  # fmt: skip
    assert {dial for kind in KINDS.values() for dial in kind.dials} == set(Dial)
    cohort = parse_cohort(COHORT_TEXT, file=COHORT, kinds=KINDS)
    assert cohort.basis["income_tax"] == "measured" and cohort.basis["housing_fund"] == "assumed"


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('reads_zh = "缴税月数', 'read_zh = "缴税月数', "reads_zh is missing"),
        ("minutes = 2", 'minutes = "2"', "minutes is '2', not an integer"),
        ('dials = ["price", "limit"]', 'dials = ["prise", "limit"]', "dials names 'prise'"),
        ('trusts = ["signed", "issuer"]', 'trusts = ["issuer", "signed"]', "strongest"),
        ('trusts = ["signed", "issuer"]', 'trusts = ["signed", "declared"]', "merely declared"),
        ('per = "months" }', 'per = "weeks" }', "'weeks' is not one of the fields"),
        ('name = "months", least = 1', 'name = "months", least = 0', "divides and may be 0"),
        ('rows_count = "months"\n', "", "go together"),
        ("retention_days = 90", "retention_days = 91", "no longer counts is not kept"),
        ('fact = "proof.tax_months"', 'fact = "tax_months"', "does not begin with 'proof.'"),
        ('code = "housing_fund"', 'code = "income_tax"', "stated twice"),
        ('version = "2026-11-01"', 'version = "2026-11-02"', "must be one day"),
        ("[evidence]", "[evidence]\nextra = 1", "unknown field extra"),
    ],
)
def test_a_mistake_in_the_kinds_stops_the_file(was: str, becomes: str, said: str) -> None:
    assert was in TEXT
    with pytest.raises(PolicyInvalid, match=said) as caught:
        parse_evidence_kinds(TEXT.replace(was, becomes, 1), file=FILE)
    assert caught.value.file == FILE


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("share_ppm = 400_000, months = 8", "share_ppm = 400_001, months = 8", "do not add up"),
        ("share_ppm = 400_000, months = 8", "share_ppm = 400_000, months = 9000", "months is outside"),
        ('code = "education"', 'code = "driving"', "unknown or stated twice"),
        ('basis = "measured"', 'basis = "guessed"', "'guessed', not one of"),
    ],
)
def test_a_mistake_in_the_cohort_stops_the_file(was: str, becomes: str, said: str) -> None:
    assert was in COHORT_TEXT
    with pytest.raises(PolicyInvalid, match=said):
        parse_cohort(COHORT_TEXT.replace(was, becomes, 1), file=COHORT, kinds=KINDS)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("points = [0, 31]", "points = [-1, 31]", "a proof never hurts"),
        ("points = [0, 6, 14]", "points = [0, 14, 6]", "falls as the proof shows more"),
        ("points = [0, 6, 14]", "points = [0, 6]", "2 entries for 3 bins"),
        ("cuts = [6, 12, 24, 60]", "cuts = [6, 24, 12, 60]", "do not ascend"),
        ('fact = "proof.tax_months"', 'fact = "bureau.inq_fi"', "no proof's"),
        ('basis = "measured"', 'basis = "hoped"', "'hoped', not one of"),
        ('"proof.rent_months" =', '"proof.idle" = "integer 0..1"\n"proof.rent_months" =', "moves nothing"),
        ('fact = "bureau.inq_fi"\n', 'fact = "proof.tax_months"\n', "outside \\[\\[proof\\]\\]"),
        ("proof_points_most = 80", "proof_points_most = 0", "not between 1 and 1000"),
    ],
)
def test_a_policy_in_which_a_proof_could_hurt_does_not_compile(was: str, becomes: str, said: str) -> None:
    assert was in POLICY_TEXT
    with pytest.raises(PolicyInvalid, match=said):
        compiled(POLICY_TEXT.replace(was, becomes, 1), POLICY)


def test_the_shipped_policy_binds() -> None:
    policy = compiled(POLICY_TEXT, POLICY)
    bind_rules(policy, model=scorecard(), prices=prices(), evaluator_sha256="e" * 64)
    yielded = {one.fact for kind in KINDS.values() for one in kind.facts}
    declared = {name for name in policy.facts if name.startswith("proof.")}
    assert yielded == declared, "every fact that a kind yields is read by the policy, and no other"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, ""),
        ({"genuine": False}, "NOT_GENUINE"),
        ({"trust": Trust.OCR}, "TRUST_TOO_LOW"),
        ({"trust": Trust.DECLARED}, "TRUST_TOO_LOW"),
        ({"kind": "housing_fund"}, "WRONG_KIND"),
        ({"name": "王静"}, "OTHER_PERSON"),
        ({"number": "110101199003071111"}, "OTHER_PERSON"),
        ({"issued_on": TODAY + timedelta(days=1)}, "FROM_FUTURE"),
        ({"period_end": TODAY + timedelta(days=1)}, "FROM_FUTURE"),
        ({"issued_on": date(2026, 8, 21), "period_end": date(2026, 8, 1)}, "TOO_OLD"),
        ({"period_end": date(2025, 10, 31)}, "TOO_OLD"),
        ({"fields": {"months": 12}}, "FIELD_MISSING"),
        ({"fields": {"months": 13, "total_minor": 1}}, "FIELD_IMPLAUSIBLE"),
        ({"rows": (860_000,) * 11}, "SUM_WRONG"),
        ({"rows": (860_000,) * 11 + (860_001,)}, "SUM_WRONG"),
    ],
)
def test_a_record_counts_only_when_everything_fits(changed: dict[str, object], code: str) -> None:
    record = replace(RECORD, **changed)  # type: ignore[arg-type]
    assert check_record(record, kind=KINDS["income_tax"], person=HER, on_date=TODAY) == code


def test_a_record_that_another_customer_gave_is_found() -> None:
    person = replace(HER, used_elsewhere=frozenset({RECORD.sha256}))
    assert check_record(RECORD, kind=KINDS["income_tax"], person=person, on_date=TODAY) == "USED_ELSEWHERE"


def test_what_counts_is_the_best_of_all_in_any_order() -> None:
    low, high = proof("p1", months=12, total_minor=12_000), proof("p2", months=6, total_minor=12_000)
    for given in ((low, high), (high, low)):
        found = {
            one.name: (one.value, one.source) for one in facts_of_proofs(given, kinds=KINDS, on_date=TODAY)
        }
        assert found == {
            "proof.income_monthly_minor": (2_000, "proof:p2"),
            "proof.tax_months": (12, "proof:p1"),
        }


@pytest.mark.parametrize("state", [ProofState.ASKED, ProofState.REFUSED, ProofState.WITHDRAWN])
def test_only_an_accepted_proof_yields_facts(state: ProofState) -> None:
    assert facts_of_proofs([proof("p1", state=state)], kinds=KINDS, on_date=TODAY) == ()


def test_a_proof_yields_nothing_after_its_last_day() -> None:
    last = TODAY + timedelta(days=90)
    assert facts_of_proofs([proof("p1")], kinds=KINDS, on_date=last)
    assert not facts_of_proofs([proof("p1")], kinds=KINDS, on_date=last + timedelta(days=1))


def test_what_was_withdrawn_cannot_be_accepted_again() -> None:
    assert next_state(ProofState.ACCEPTED, "withdraw") is ProofState.WITHDRAWN
    with pytest.raises(ProofActNotAllowed):
        next_state(ProofState.WITHDRAWN, "accept")
