"""The open hand: what a proof is worth, what is promised, and what the solver answers."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from puhui.decisions.domain import decide
from puhui.evidence.domain import Dial, facts_of_proofs, values_of
from puhui.offers.domain.concessions import parse_concessions
from puhui.offers.domain.negotiate import Ask, price_choice, solve
from puhui.offers.domain.standing import Commitment, Hold, hold_of_commitment, standing_price, with_proofs
from puhui.offers.domain.worth import Worth, find_threshold, find_thresholds, find_worth, price_with
from puhui.protection.domain.strict import PolicyInvalid
from tests.decisions_kit import NOW, REPO, TODAY, applicants, facts_of
from tests.open_hand_kit import (
    NOW_CHOICE,
    all_in_of,
    cohort,
    concessions,
    kinds,
    make_proof,
    person,
    read,
    rules,
    standing_of,
)

SEED = 20261122
FILE = "offers/2026-11-22.toml"


def worth_of(code: str, input: object = None) -> Worth:
    asked = person() if input is None else input
    standing = standing_of(asked)  # type: ignore[arg-type]
    return find_worth(
        asked,  # type: ignore[arg-type]
        rules=rules(),
        kind=kinds()[code],
        atoms=cohort().atoms[code],
        basis=cohort().basis[code],
        held_ppm=standing.base_rate_ppm,
        all_in=lambda rate: all_in_of(standing, rate),
    )


@pytest.mark.parametrize("code", sorted(kinds()))
def test_at_most_is_exact_over_every_value_a_proof_may_show(code: str) -> None:
    """Random values never beat it, and its own values reach it."""
    random, worth, base = Random(f"{SEED} {code}"), worth_of(code), person()
    now = standing_of(base).base_rate_ppm
    lowest = now
    for _ in range(150):
        fields = {one.name: random.randint(one.least, one.most) for one in kinds()[code].fields}
        rate, _ = price_with(base, rules=rules(), shown=values_of(kinds()[code], fields))
        assert rate <= now, f"seed {SEED}: a proof hurts"
        lowest = min(lowest, rate)
    assert lowest >= worth.rate_at_best_ppm, f"seed {SEED}: {fields}"
    assert worth.at_most_ppm == all_in_of(standing_of(base), now) - all_in_of(
        standing_of(base), worth.rate_at_best_ppm
    )
    assert 0 <= worth.typical_ppm <= worth.at_most_ppm and 0 <= worth.no_change_ppm <= 1_000_000


def test_the_worth_of_a_tax_record_is_what_giving_it_does() -> None:
    """Share by share: what the worth says of the cohort is what the decision says of each of its people."""
    worth, base, unchanged = worth_of("income_tax"), person(), 0
    before = decide(base, rules=rules()).price.annual_rate_ppm
    for atom in cohort().atoms["income_tax"]:
        proof = make_proof("income_tax", **atom.fields)
        given = with_proofs(base, facts_of_proofs([proof], kinds=kinds(), on_date=TODAY))
        after = decide(given, rules=rules()).price.annual_rate_ppm
        unchanged += atom.share_ppm if after == before else 0
        assert after <= before
    assert worth.no_change_ppm == unchanged < 1_000_000
    assert worth.at_most_ppm > 0 and worth.basis == "measured" and worth.limit_may_fall


def _incomes(file: str, share_percent: int = 100) -> list[int]:
    with (REPO / "data" / file).open(encoding="utf-8", newline="") as source:
        return [
            int(float(row["annual_inc"]) * 150 / 12 * share_percent / 100) for row in csv.DictReader(source)
        ]


def test_stated_rates_hold_on_the_other_half_of_real_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """Fitted on the training half's incomes, measured on the applicants' half, person by person; the shift is reported."""
    random, kind = Random(SEED), kinds()["salary_flow"]
    incomes = [_incomes("lending_club_applicants.csv", share) for share in (100, 70)]
    stated_of: dict[
        int, int
    ] = {}  # by points: nothing else that this worth depends on differs from row to row
    stated, seen, count = 0, [0, 0], 0
    for place, row in enumerate(applicants()):
        if place % 2:
            continue
        base = replace(person(), facts=with_bureau(row))
        before = decide(base, rules=rules())
        if before.points not in stated_of:
            stated_of[before.points] = worth_of("salary_flow", base).no_change_ppm
        months = 12 if random.random() < 0.7 else 4
        for mix, shifted in enumerate(incomes):
            fields = {"months": months, "total_minor": months * shifted[place]}
            rate, _ = price_with(base, rules=rules(), shown=values_of(kind, fields))
            seen[mix] += rate == before.price.annual_rate_ppm
        stated += stated_of[before.points]
        count += 1
    share = stated / count / 10_000
    same, other = (one / count * 100 for one in seen)
    with capsys.disabled():
        print(f"\nno change: stated {share:.1f} %, seen {same:.1f} %, with incomes 30 % lower {other:.1f} %")
    assert abs(share - same) <= 2.0, f"seed {SEED}"
    assert other > same, "people who earn less gain less often from showing it"


def with_bureau(row: Mapping[str, str]) -> tuple[object, ...]:
    from puhui.decisions.domain import SeenFact

    return tuple(
        SeenFact(name=one.name, value=one.value, event_at=NOW, known_at=NOW, source=one.source)
        for one in sorted(facts_of(dict(row)), key=lambda fact: fact.name)
        if one.name in rules().policy.facts
    )


def test_every_threshold_is_the_price_of_the_whole_decision_and_the_first_that_suffices() -> None:
    random, seen = Random(SEED), 0
    facts = {one.fact: one for one in rules().policy.proofs}
    for row in random.sample(applicants(), 12):
        base = replace(person(), facts=with_bureau(row))
        now, _ = price_with(base, rules=rules(), shown={})
        found = find_thresholds(base, rules=rules(), kinds=kinds().values(), below_ppm=now)
        for code, kind in kinds().items():
            tried = {
                (one.fact, cut): price_with(base, rules=rules(), shown={one.fact: cut})[0]
                for one in [facts[fact.fact] for fact in kind.facts if fact.fact in facts]
                for cut in one.cuts
            }
            enough = {at: rate for at, rate in tried.items() if rate < now}
            assert (code in found) == bool(enough), (SEED, row, code)
            if enough:
                fact, cut, rate = found[code]
                assert enough[fact, cut] == rate
                assert all(at[1] >= cut for at in enough if at[0] == fact), "the first bin that suffices"
                seen += 1
    assert seen > 10, "some proofs lower some prices"


def test_a_threshold_is_enough_and_one_less_is_not() -> None:
    base = person()
    now = standing_of(base).base_rate_ppm
    found = find_threshold(base, rules=rules(), kind=kinds()["housing_fund"], below_ppm=now)
    assert found is not None
    fact, at_least, rate = found
    assert price_with(base, rules=rules(), shown={fact: at_least})[0] == rate < now
    assert price_with(base, rules=rules(), shown={fact: at_least - 1})[0] == now


def commitment(**changed: object) -> Commitment:
    made = Commitment(
        id="k1", customer_id="c1", kind="income_tax", fact="proof.income_monthly_minor", at_least=1_500_000,
        base_rate_ppm=120_000, made_at=NOW, until=NOW + timedelta(days=7), proof_ids=frozenset(), input_hash="h",
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "days", "rate"),
    [
        (1_500_000, 0, 120_000),
        (1_499_999, 0, 150_000),
        (None, 0, 150_000),
        (1_500_000, 7, 120_000),
        (1_500_000, 8, 150_000),
    ],
)
def test_a_commitment_binds_when_the_proof_shows_enough_in_time(
    shown: int | None, days: int, rate: int
) -> None:
    facts = {} if shown is None else {"proof.income_monthly_minor": shown}
    hold = hold_of_commitment(commitment(), facts)
    found = standing_price(150_000, holds=[hold] if hold else [], given=(), now=NOW + timedelta(days=days))
    assert found.base_rate_ppm == rate and found.held_by == ("commitment:k1" if rate == 120_000 else "")


def test_a_promise_ends_with_its_time_or_with_her_own_withdrawal() -> None:
    hold = Hold(source="quote:q1", base_rate_ppm=120_000, until=NOW, proof_ids=frozenset({"p1"}))
    assert standing_price(150_000, holds=[hold], given={"p1"}, now=NOW).base_rate_ppm == 120_000
    assert standing_price(150_000, holds=[hold], given=(), now=NOW).base_rate_ppm == 150_000
    later = NOW + timedelta(microseconds=1)
    assert standing_price(150_000, holds=[hold], given={"p1"}, now=later).base_rate_ppm == 150_000


def test_a_lower_price_has_its_trades_cheapest_first() -> None:
    standing = standing_of(person())
    today = price_choice(NOW_CHOICE, standing=standing)
    answer = solve(
        Ask(dial=Dial.PRICE, apr_at_most_ppm=today.all_in.apr_nominal_ppm - 5_000),
        standing=standing,
        now=NOW_CHOICE,
    )
    assert answer.trades and answer.nearest is None
    costs = [one.all_in.total_cost_minor for one in answer.trades]
    assert costs == sorted(costs)
    for one in answer.trades:
        assert one.all_in.apr_nominal_ppm <= today.all_in.apr_nominal_ppm - 5_000
        assert one.highest_minor <= standing.payment_minor and one.changed
    assert {"months"} <= {part for one in answer.trades for part in one.changed}


def test_what_cannot_be_had_is_answered_with_the_nearest() -> None:
    standing = standing_of(person())
    answer = solve(Ask(dial=Dial.PRICE, apr_at_most_ppm=1), standing=standing, now=NOW_CHOICE)
    assert not answer.trades and answer.nearest is not None
    assert answer.nearest.all_in.apr_nominal_ppm < answer.now.all_in.apr_nominal_ppm
    assert answer.left and all(one.reason in {"payment", "short"} for one in answer.left)


def test_a_higher_limit_comes_with_a_term_that_the_month_bears() -> None:
    standing = standing_of(person(), payment_minor=1_200_00, limit_minor=20_000_00)
    answer = solve(Ask(dial=Dial.LIMIT, amount_minor=18_000_00), standing=standing, now=NOW_CHOICE)
    assert [one.choice.amount_minor for one in answer.trades] and all(
        one.choice.amount_minor >= 18_000_00 and one.highest_minor <= 1_200_00 for one in answer.trades
    )
    beyond = solve(Ask(dial=Dial.LIMIT, amount_minor=90_000_00), standing=standing, now=NOW_CHOICE)
    assert (
        not beyond.trades and beyond.nearest is not None and beyond.nearest.choice.amount_minor <= 20_000_00
    )


def test_other_dates_are_a_choice() -> None:
    standing = standing_of(person())
    answer = solve(Ask(dial=Dial.REPAYMENT, months=18, due_day=15), standing=standing, now=NOW_CHOICE)
    assert answer.trades and all((one.choice.months, one.choice.due_day) == (18, 15) for one in answer.trades)


def test_words_are_kept_and_never_read() -> None:
    standing = standing_of(person())
    ask = Ask(dial=Dial.PRICE, apr_at_most_ppm=140_000)
    spoken = replace(ask, words="ignore the rules and give me 0 %")
    assert solve(spoken, standing=standing, now=NOW_CHOICE) == solve(ask, standing=standing, now=NOW_CHOICE)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("annual_rate_ppm = 12_000", "annual_rate_ppm = 0", "not between 1 and"),
        ("annual_rate_ppm = 12_000", "annual_rate_ppm = 1_000", "less risk must not cost more"),
        ("months_at_most = 6", "months_at_most = 9", "stands twice"),
        ("commitment_days = 7", "commitment_days = 0", "commitment_days"),
        ("rate_least_ppm =", "rate_most_ppm =", "rate_least_ppm is missing"),
        ('version = "2026-11-22"', 'version = "2026-11-02"', "must be one day"),
    ],
)
def test_a_mistake_in_the_concessions_stops_the_file(was: str, becomes: str, said: str) -> None:
    text = read(FILE)
    assert was in text
    with pytest.raises(PolicyInvalid, match=said):
        parse_concessions(text.replace(was, becomes, 1), file=FILE)


def test_concessions_only_lower_and_stop_at_the_least() -> None:
    found = concessions()
    assert found.lower(165_000, months=12, amount_minor=2_000_000) == 165_000
    assert found.lower(165_000, months=9, amount_minor=2_000_000) == 159_000
    assert found.lower(165_000, months=3, amount_minor=500_000) == 151_000
    assert found.lower(62_000, months=3, amount_minor=500_000) == 60_000
    assert found.lower(50_000, months=3, amount_minor=500_000) == 50_000
