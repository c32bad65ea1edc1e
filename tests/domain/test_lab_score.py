"""Scoring a file: the decision's own figures for every row in its order, or an error that names column and line."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management import call_command
from django.core.management.base import CommandError

from puhui.decisions.domain.boosted import parse_trees
from puhui.decisions.domain.boosted_text import NANO, TreesInvalid
from puhui.decisions.domain.challenger import parse_challenger
from puhui.decisions.domain.scorecard import parse_scorecard
from puhui.decisions.registry.signing import ModelFilesInvalid
from puhui.lab.score import source
from puhui.lab.score.errors import ScoringDataInvalid
from puhui.lab.score.run import score
from puhui.lab.train.run import Options, train
from puhui.lab.train.vector import VectorTrees
from tests.domain.test_lab_train import invented, write


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A private and a public key file."""
    folder = tmp_path_factory.mktemp("key")
    made = Ed25519PrivateKey.generate()
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    yield private, public


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, key: tuple[Path, Path]) -> Path:
    """Both models of the invented loans, signed; -0.1 means "not asked"."""
    folder = tmp_path_factory.mktemp("model")
    text = invented(900, seed=5).replace(",9.9,", ",-0.1,")
    options = Options(
        exclude=("id",),
        binning="isotonic",
        resamples=20,
        key=key[0],
        special={"load": ["-0.1"]},
    )
    train(data=write(folder, text), target="bad", out=folder / "out", name="made", options=options)
    return folder / "out"


ROWS = (
    "kind,id,load,noise,sex\n"
    + "".join(f"{'abc'[i % 3]},{i},{i / 7:.3f},{i % 9},m\n" for i in range(60))
    + "z,60,,3,f\n,61,-0.1,,f\nc,62,1e1,NA,f\nc, 63 , 2.9 ,5,f\n"
)


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        found: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return found
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def scaled(cell: str, decimals: int) -> int | None:
    cell = cell.strip()
    return None if cell in {"", "NA"} else int(Decimal(cell).scaleb(decimals).to_integral_value(ROUND_FLOOR))


def test_every_row_scores_as_a_decision_would(model: Path, tmp_path: Path) -> None:
    """The vectorised file run and the evaluators of a single decision are two programs; they must not differ in a digit."""
    done = score(model=model, data=write(tmp_path, ROWS), out=tmp_path / "out.csv", reasons=True)
    assert (done.rows, done.unseen, done.absent) == (64, {"kind": 1}, {"load": 1, "kind": 1, "noise": 2})
    card = parse_scorecard((model / "made.json").read_text(), name="made.json", silence_priced=True)
    challenger = parse_challenger(
        (model / "challenger.json").read_text(),
        (model / "challenger.txt").read_text(),
        name="challenger.json",
    )
    given = list(csv.DictReader(ROWS.splitlines()))
    for row, out in zip(given, read(tmp_path / "out.csv"), strict=True):
        values = {
            "load": scaled(row["load"], 1),
            "kind": row["kind"] or None,
            "noise": scaled(row["noise"], 0),
        }
        for name, found in [
            ("scorecard", card.evaluate(values)),
            ("challenger", challenger.evaluate(values)),
        ]:
            assert Decimal(out[f"{name}_pd"]) * 1_000_000 == found.pd_ppm, (row, name)
            codes = [out[f"{name}_reason_{i}"] for i in (1, 2, 3, 4)]
            assert tuple(one for one in codes if one) == found.reasons, (row, name)


def test_formats_target_and_extra_columns_change_nothing(model: Path, tmp_path: Path) -> None:
    plain = score(model=model, data=write(tmp_path, ROWS), out=tmp_path / "a.csv").out
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(ROWS.encode()))
    lines = ROWS.splitlines()
    turned = "\n".join([f"bad,more,{lines[0]}", *[f"{i % 2},x,{line}" for i, line in enumerate(lines[1:])]])
    table = pyarrow.csv.read_csv(write(tmp_path, ROWS.replace(" ", ""), "clean.csv"))
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=7)
    single = table.set_column(2, "load", table["load"].cast(pyarrow.float32()))
    pyarrow.parquet.write_table(single, tmp_path / "single.parquet")
    for data in [
        packed,
        write(tmp_path, turned, "turned.csv"),
        tmp_path / "rows.parquet",
        tmp_path / "single.parquet",
    ]:
        assert score(model=model, data=data, out=tmp_path / "b.csv").out.read_bytes() == plain.read_bytes()
    other = read(score(model=model, data=packed, out=tmp_path / "b.parquet").out)
    assert list(other[0]) == ["scorecard_pd", "challenger_pd"]
    assert [[str(value) for value in one.values()] for one in other] == [
        list(one.values()) for one in read(plain)
    ]


def test_a_file_is_read_in_chunks(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few lines give the same rows, and an error still counts lines from the beginning."""
    whole = score(model=model, data=write(tmp_path, ROWS), out=tmp_path / "a.csv").out.read_bytes()
    monkeypatch.setattr(source, "BLOCK", 200)
    assert score(model=model, data=write(tmp_path, ROWS), out=tmp_path / "b.csv").out.read_bytes() == whole
    with pytest.raises(ScoringDataInvalid, match="column 'load': line 64 holds 'many'"):
        score(model=model, data=write(tmp_path, ROWS.replace("1e1", "many")), out=tmp_path / "c.csv")


HEADER, *BODY = ROWS.splitlines()
# what is wrong with the file | what the message must name
BROKEN = [
    ("no rows", HEADER + "\n", "no rows"),
    ("empty", "", "no header"),
    ("missing", ROWS.replace("noise", "other", 1), "no column 'noise', which the model was trained with"),
    ("renamed", ROWS.replace(",load,", ",Load_1,", 1), "no column 'load', which the model was trained with; was it renamed to 'Load_1'?"),
    ("twice", ROWS.replace("sex", "kind", 1), "column 'kind' occurs twice"),
    ("text for number", ROWS.replace("c,62,1e1", "c,62,many"), "column 'load': line 64 holds 'many', the model knows numbers"),
    ("infinite", ROWS.replace("c,62,1e1", "c,62,-inf"), "column 'load': line 64 holds '-inf', which is not a finite number"),
    ("too large", ROWS.replace("c,62,1e1", "c,62,1e999"), "column 'load': line 64 holds '1e999', which is not a finite number"),
    ("too many digits", ROWS.replace("c,62,1e1", "c,62,1e300"), "column 'load': line 64 holds '1e300', which has too many digits"),
    ("thousands", ROWS.replace("c,62,1e1", 'c,62,"1,000"'), "column 'load': line 64 holds '1,000', the model knows numbers"),
    ("semicolons", ROWS.replace(",", ";"), "seem to be separated by ';'"),
    ("all empty", "\n".join([HEADER, *[",".join([*one.split(",")[:2], "", *one.split(",")[3:]]) for one in BODY]]), "column 'load' is empty in all 64 lines"),
    ("numbers for texts", HEADER + "\n" + "".join(f"{i},{i},1,1,m\n" for i in range(4)), "column 'kind' holds numbers such as '0', the model knows texts such as 'a'"),
    ("other texts", HEADER + "\n" + "q,1,1,1,m\n" * 40, "column 'kind': none of its 40 values was seen in training (such as 'q')"),
    ("ragged", ROWS.replace("c,62,1e1,NA,f", "c,62,1e1"), "cannot be read as a table"),
    ("blank line", ROWS.replace("c,62", "\nc,62"), "line 64 is blank"),
    ("ends early", ROWS + '"c,1,1', "cannot be read as a table"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_file_is_named_and_nothing_is_written(
    model: Path, tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(ScoringDataInvalid) as caught:
        score(model=model, data=write(tmp_path, text), out=tmp_path / "out.csv")
    assert says in str(caught.value)
    assert re.search("[一-鿿]", str(caught.value).partition(" / ")[2])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["loans.csv"]


def test_other_types_in_parquet_are_named(model: Path, tmp_path: Path) -> None:
    good = {"load": [1.0, 2.0], "kind": ["a", "b"], "noise": [1, 2]}
    for column, values, says in [
        ("load", [True, False], "column 'load' has type bool, the model knows numbers"),
        ("load", [1.0, float("inf")], "column 'load': row 2 holds 'inf'"),
        ("load", ["1", "x"], "column 'load': row 2 holds 'x'"),
        ("load", [None, None], "column 'load' is empty in all 2 rows"),
        ("noise", [[1], [2]], "column 'noise' has type list"),
        ("kind", [1, 2], "column 'kind' holds numbers such as '1'"),
    ]:
        pyarrow.parquet.write_table(pyarrow.table(good | {column: values}), tmp_path / "rows.parquet")
        with pytest.raises(ScoringDataInvalid) as caught:
            score(model=model, data=tmp_path / "rows.parquet", out=tmp_path / "out.csv")
        assert says in str(caught.value)
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(ScoringDataInvalid, match="not a Parquet file"):
        score(model=model, data=tmp_path / "rows.parquet", out=tmp_path / "out.csv")


def test_an_empty_column_may_be_meant_and_one_row_may_be_silent(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path, "load,kind,noise\n,a,1\n,b,1\n")
    with pytest.raises(ScoringDataInvalid, match="--allow-empty load"):
        score(model=model, data=data, out=tmp_path / "out.csv")
    assert score(model=model, data=data, out=tmp_path / "out.csv", allow_empty=["load"]).rows == 2
    assert (
        score(model=model, data=write(tmp_path, "load,kind,noise\n,zz,\n"), out=tmp_path / "out.csv").rows
        == 1
    )


def test_a_column_that_speaks_only_by_being_empty_is_read_as_lightgbm_reads_it() -> None:
    """Such a split has no end: every value goes one way and the absent one the other."""
    import lightgbm

    source = np.random.Generator(np.random.PCG64(7))
    values = source.integers(0, 5, (600, 2)).astype(np.float64)
    values[source.random(600) < 0.3, 0] = np.nan
    bad = source.random(600) < np.where(np.isnan(values[:, 0]), 0.8, 0.1)
    parameters = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": 1, "num_leaves": 4}
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, bad), 5)
    text = booster.model_to_string()
    assert re.search(r"threshold=.*\binf\b", text), "the case is none"
    trees = parse_trees(text, name="made")
    theirs = booster.predict(values, raw_score=True, num_threads=1)
    ours = [trees.total_nano(row) / NANO for row in values.tolist()]
    assert np.abs(np.array(ours) - theirs).max() < 1e-6
    many = VectorTrees(trees)
    cells = many.cells(values)
    assert many.totals(cells).tolist() == [trees.total_nano(row) for row in values.tolist()]
    assert many.shares(cells)[0].tolist() == trees.contributions_nano(values[0].tolist())
    for wrong in ("-inf", "nan"):
        with pytest.raises(TreesInvalid, match="is not finite"):
            parse_trees(re.sub(r"\binf\b", wrong, text), name="made")


def spoil_points(folder: Path) -> None:
    path = folder / "made.json"
    path.write_text(path.read_text().replace('"base_points": ', '"base_points": 1', 1))


def spoil_trees(folder: Path) -> None:
    path = folder / "challenger.txt"
    path.write_text(path.read_text().replace("leaf_value=", "leaf_value=1", 1))


def forge_manifest(folder: Path) -> None:
    """Somebody who changes the scorecard also corrects the hash in the manifest."""
    import hashlib

    spoil_points(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["made.json"] = hashlib.sha256((folder / "made.json").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


SPOILED = [
    ("points changed", spoil_points, False, "made.json: sha256 is"),
    ("trees changed", spoil_trees, False, "challenger.txt: sha256 is"),
    ("file gone", remove("challenger.json"), False, "challenger.json: the manifest names this file"),
    ("no manifest", remove("manifest.json"), False, "manifest.json: no such file"),
    ("hash forged too", forge_manifest, False, "content_sha256 does not match the content"),
    ("hash forged, signature checked", forge_manifest, True, "the signature is not by the key"),
    ("not signed", remove("signature.json"), True, "the model is not signed"),
]


@pytest.mark.parametrize(
    ("spoil", "signed", "says"), [one[1:] for one in SPOILED], ids=[one[0] for one in SPOILED]
)
def test_a_model_that_is_not_as_trained_does_not_score(
    model: Path,
    key: tuple[Path, Path],
    tmp_path: Path,
    spoil: Callable[[Path], None],
    signed: bool,
    says: str,
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    spoil(copy)
    with pytest.raises(ModelFilesInvalid) as caught:
        score(
            model=copy,
            data=write(tmp_path, ROWS),
            out=tmp_path / "out.csv",
            key=key[1] if signed else None,
        )
    assert says in str(caught.value) and not (tmp_path / "out.csv").exists()


def test_the_signature_is_checked_by_the_right_key_only(
    model: Path, key: tuple[Path, Path], tmp_path: Path
) -> None:
    data = write(tmp_path, ROWS)
    assert score(model=model, data=data, out=tmp_path / "out.csv", key=key[1]).signed == "ed25519"
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef")
    with pytest.raises(ModelFilesInvalid, match="not by the key secret"):
        score(model=model, data=data, out=tmp_path / "out.csv", key=secret)
    with pytest.raises(CommandError, match="at least 16 bytes"):
        secret.write_bytes(b"short")
        call_command(
            "lab", "score", "--model", str(model), "--data", str(data),
            "--out", str(tmp_path / "out.csv"), "--key", str(secret),
        )  # fmt: skip


def test_the_command_says_what_is_wrong(model: Path, tmp_path: Path) -> None:
    data = str(write(tmp_path, ROWS))
    for words, says in [
        (["--data", str(tmp_path / "none.csv"), "--out", str(tmp_path / "o.csv")], "no such file"),
        (["--data", data, "--out", str(tmp_path / "o.txt")], "ends in .csv or .parquet"),
        (["--data", data, "--out", str(tmp_path / "no/o.csv")], "a folder that exists"),
        (["--data", data, "--out", data], "this is the file to score"),
    ]:
        with pytest.raises(CommandError, match=says):
            call_command("lab", "score", "--model", str(model), *words)
