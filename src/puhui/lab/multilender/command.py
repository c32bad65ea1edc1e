"""What `puhui lab lenders` does: read a world and the scan's policy, run the curve, write it as table, figures and text."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from puhui.decisions.domain.second_scan import ScanPolicy, compile_scan_policy
from puhui.lab.multilender.run import CurvePoint, run_curve
from puhui.lab.multilender.world import LenderWorld, WorldInvalid, read_lender_world

__all__ = ["WorldInvalid", "newest_scan_policy", "report", "scan_lenders"]

COLUMNS = ("difficulty", "group", "customers", "held", "stopped", "share", "low", "high")


def scan_lenders(
    *,
    world: Path,
    policy: Path,
    seed: int,
    out: Path,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[CurvePoint, ...]:
    """This function will scan a world's customers and write curve.csv, summary.json and report.md into `out`.

    Raises: WorldInvalid, PolicyInvalid.
    """
    read = read_lender_world(world)
    scan = compile_scan_policy(policy.read_text(encoding="utf-8"), file=policy.name)
    points = run_curve(read, scan, seed=seed, say=say)
    out.mkdir(parents=True, exist_ok=True)
    _write_curve(points, out / "curve.csv")
    summary = {
        "world": read.name,
        "policy": {"id": scan.id, "version": scan.version, "sha256": scan.sha256},
        "seed": seed,
        "size": read.size,
        "curve": [asdict(one) for one in points],
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    text = report(read, scan, points, seed=seed)
    (out / "report.md").write_text(text, encoding="utf-8")
    say(text)
    return points


def newest_scan_policy(folder: Path) -> Path:
    """This function will return the newest policy of the second scan in a folder. Raises: FileNotFoundError."""
    found = sorted((folder / "scans").glob("*.toml"))
    if not found:
        raise FileNotFoundError(f"{folder / 'scans'} has no policy of the second scan")
    return found[-1]


def _write_curve(points: tuple[CurvePoint, ...], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for point in points:
            for one in point.groups:
                low, high = one.interval
                writer.writerow(
                    (
                        f"{point.difficulty:.4f}",
                        one.group,
                        one.customers,
                        one.held,
                        one.stopped,
                        *(f"{share:.6f}" for share in (one.share, low, high)),
                    )
                )


def report(world: LenderWorld, policy: ScanPolicy, points: tuple[CurvePoint, ...], *, seed: int) -> str:
    """This function will write the curve as a page: a row a difficulty, a column a group, each with its interval."""
    groups = [one.group for one in points[0].groups]
    names = ["false alarms" if one == "honest" else f"caught: {one}" for one in groups]
    lines = [
        f"# Second scan in the world {world.name!r}: {world.about}",
        "",
        f"Policy {policy.id} {policy.version}; {world.size:,} customers at each difficulty; seed {seed}; "
        f"{world.assumed} of the world's {world.figures} figures are assumed. Shares held or stopped, with Wilson's "
        "95 % interval; stopped alone in brackets.",
        "",
        "| difficulty | " + " | ".join(names) + " |",
        "| --- |" + " ---: |" * len(groups),
    ]
    for point in points:
        cells = []
        for one in point.groups:
            low, high = one.interval
            said = f"{one.share:.1%} ({low:.1%} – {high:.1%}) [{one.stopped / max(1, one.customers):.1%}]"
            cells.append(said if one.customers else "– (nobody)")
        lines.append(f"| {point.difficulty:.2f} | " + " | ".join(cells) + " |")
    lines += ["", "Holds and stops by reason, at no and at the greatest difficulty:", ""]
    for code in sorted({*points[0].reasons, *points[-1].reasons}):
        lines.append(f"- {code}: {points[0].reasons.get(code, 0)} and {points[-1].reasons.get(code, 0)}")
    return "\n".join(lines) + "\n"
