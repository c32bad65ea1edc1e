"""Our figures against outside ones, and the instrument itself: it must be able to say no."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from puhui.lab import conformance

CASES = conformance.COMMITTED / "finance.jsonl"
PMT = {
    "id": "T-1",
    "kind": "finance_function",
    "function": "pmt",
    "inputs": {"r": 0, "n": 60, "pv": 15000},
    "expected": -250,
    "tolerance": 0,
}


def _run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *cases: object) -> tuple[int, list[str], str]:
    path = tmp_path / "cases.jsonl"
    path.write_text(
        "\n".join(case if isinstance(case, str) else json.dumps(case) for case in cases), encoding="utf-8"
    )
    status = conformance.main(path, written_to=tmp_path / "build" / "conformance.json")
    printed = capsys.readouterr()
    return status, printed.out.splitlines(), printed.err


def test_the_committed_cases_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = conformance.main(CASES, written_to=tmp_path / "conformance.json")
    lines = capsys.readouterr().out.splitlines()
    assert (status, lines[:3]) == (
        0,
        [
            "family apr agree 53 of 53",
            "family day_count agree 125 of 125",
            "family finance_function agree 60 of 60",
        ],
    )
    assert lines[3].startswith("recalled, listed apart: ") and len(lines) == 5
    assert lines[-1] == "agree 238 of 238"
    body = json.loads((tmp_path / "conformance.json").read_text(encoding="utf-8"))
    assert (body["agree"], body["of"], body["disagreements"], len(body["recalled"])) == (238, 238, [], 5)


def test_the_stored_cases_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `make conformance` runs: the committed cases, and the shared folder where it exists, each id once."""
    status = conformance.main(written_to=tmp_path / "conformance.json")
    lines = capsys.readouterr().out.splitlines()
    assert status == 0, "\n".join(lines)
    agree, of = (int(word) for word in lines[-1].split() if word.isdigit())
    assert agree == of >= 238 + 24 * (conformance.SHARED / "finance.jsonl").exists()


def test_the_committed_cases_may_be_committed() -> None:
    rows = list(conformance.read_cases(CASES))
    assert len({row["id"] for row in rows}) == len(rows) == 238
    for row in rows:
        assert row["source"] and row["provenance"]
        assert not str(row["licence"]).startswith(("GPL", "facts only"))


@pytest.mark.parametrize(
    "change",
    [
        {"expected": -250.01},
        {"expected": None},
        {"tolerance": 0.5, "expected": -249},
        {"inputs": {"r": 0, "n": 0, "pv": 15000}},
        {"inputs": {"r": 0, "n": 60, "pv": 15000, "colour": 1}},
        {"inputs": {"r": 0, "n": 60, "pv": "many"}},
        {"inputs": None},
        {"function": "pmtt"},
        {"kind": "loan"},
        {"kind": 5},
        {"kind": "apr", "method": "flat"},
        {"kind": "day_count", "convention": "31/365"},
    ],
    ids=str,
)
def test_what_disagrees_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object]
) -> None:
    status, lines, _ = _run(tmp_path, capsys, PMT, {**PMT, "id": "T-2", **change})
    assert status == 1 and lines[-1] == "agree 1 of 2"
    assert any(line.startswith("disagrees: ") and " T-2: " in line for line in lines)
    body = json.loads((tmp_path / "build" / "conformance.json").read_text(encoding="utf-8"))
    assert [one["id"] for one in body["disagreements"]] == ["T-2"]


def test_an_unknown_family_is_counted_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, _ = _run(
        tmp_path, capsys, PMT, {"id": "T-2", "kind": "pawn"}, {"id": "T-3", "kind": "pawn"}, {"id": "T-4"}
    )
    assert status == 1 and lines[-1] == "agree 1 of 4"
    assert any(
        line.startswith("family pawn agree 0 of 2 (unsupported: no family 'pawn' here") for line in lines
    )
    assert any(line.startswith("family without_kind agree 0 of 1 (") for line in lines)


@pytest.mark.parametrize("line", ['{"id": "x"', "[]", "5", '{"kind": "apr"}', '{"id": 5}', "\u0000"])
def test_a_malformed_line_is_named_by_its_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    status, lines, error = _run(tmp_path, capsys, PMT, "", line)
    assert (status, lines) == (2, [])
    assert "cases.jsonl, line 3: " in error


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "latin.jsonl").write_bytes(json.dumps(PMT).encode() + b"\n\xff\n")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(json.dumps(PMT).encode())[:-9])
    (tmp_path / "empty.jsonl").write_text("")
    results = [
        conformance.main(tmp_path / name, written_to=tmp_path / "out.json")
        for name in ("absent", "latin.jsonl", "cut.jsonl.gz", "empty.jsonl")
    ]
    assert results == [2, 2, 2, 1]
    assert "latin.jsonl, line 2: not UTF-8" in capsys.readouterr().err
    (tmp_path / "good.jsonl.gz").write_bytes(gzip.compress(json.dumps(PMT).encode()))
    assert conformance.main(tmp_path / "good.jsonl.gz", written_to=tmp_path / "out.json") == 0


def test_a_required_refusal_is_met_only_by_a_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    must = {**PMT, "expected": None, "tolerance": None}
    status, _, _ = _run(tmp_path, capsys, {**must, "inputs": {"r": -1, "n": 60, "pv": 15000}})
    assert status == 0
    status, _, _ = _run(tmp_path, capsys, {**must, "inputs": {"r": 0, "n": 60, "pv": 15000}})
    assert status == 1


def test_recalled_cases_are_listed_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = _run(tmp_path, capsys, PMT, {**PMT, "id": "T-2", "provenance": "official (recalled)"})
    assert lines[-2].startswith("recalled, listed apart: T-2 (1 cases, counted above")
    assert lines[-1] == "agree 2 of 2"


def test_dated_flows_are_measured_by_the_law(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases may give dates: months back, then odd days / 30 (nominal) or over the year that ends there (effective)."""
    flows = {
        "advances": [{"date": "2026-11-21", "amount": 1000}],
        "payments": [{"date": "2027-11-21", "amount": 1100.5}],
    }
    case = {"kind": "apr", "inputs": flows, "tolerance": 1e-9, "source": "arithmetic"}
    status, lines, _ = _run(
        tmp_path,
        capsys,
        {**case, "id": "E", "method": "effective_annual", "expected": 10.05},
        {
            **case,
            "id": "N",
            "method": "us_reg_z_appendix_j_actuarial",
            "expected": 1200 * (1.1005 ** (1 / 12) - 1),
        },
    )
    assert status == 0, lines
