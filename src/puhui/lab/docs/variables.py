"""The page of settings: every environment variable that the code, the Makefile or the tests read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import PACKAGE, REPO

INTRO = (
    "One deployment is one lender, described by its environment. A secret is read from the variable, or from the file that "
    "`<NAME>_FILE` names; in the demo a missing one is made once and kept in `var/secrets`, in production a missing one "
    "stops the start. How they are used: [deploy](../how-to/deploy.md)."
)
# What each is for. A test fails for a variable that the code reads and that is missing here.
MEANINGS = {
    "PUHUI_BUREAU": "dotted name of the credit bureau's adapter",
    "PUHUI_CURRENCY": "the lender's base currency, ISO 4217",
    "PUHUI_CUTOFF": "local time at which a business date ends; 00:00 is the plain date",
    "PUHUI_DATABASE_URL": "`sqlite:///path` or `postgres://user@host:port/name`; the default is `puhui.sqlite3` in `PUHUI_VAR`",
    "PUHUI_ENV": "`demo` or `production`; production needs every secret and turns on TLS, HSTS and secure cookies",
    "PUHUI_DRILLS": "tests: number of backup drills, 2 by default, 20 before a release",
    "PUHUI_EVIDENCE": "dotted name of the adapter that fetches proofs from their issuers",
    "PUHUI_EVIDENCE_ROOTS": "root certificates (PEM files) to which the certificate of a signed paper must lead",
    "PUHUI_FACE": "dotted name of the adapter that compares faces: the sandbox compares nothing and says so; "
    "`puhui.customers.gateways.face.HttpFace` asks a provider over HTTPS",
    "PUHUI_FACE_KEY_ID": "which secret a request to the provider of face checks is signed with",
    "PUHUI_FACE_SECRET": "or the file that `PUHUI_FACE_SECRET_FILE` names: the secret that signs requests to the provider of face checks (HMAC-SHA-256)",
    "PUHUI_FACE_TIMEOUT_SECONDS": "how long the provider of face checks may take to connect and to answer",
    "PUHUI_FACE_URL": "`https://` address of the provider of face checks",
    "PUHUI_GOLDEN": "tests: `write` writes the golden files anew instead of comparing",
    "PUHUI_HOSTS": "host names that are answered, comma separated",
    "PUHUI_INDEX_KEY": "secret: key of the blind indexes; losing it loses every look-up",
    "PUHUI_JURISDICTION": "whose house policy holds; an unknown one gets the strictest of all",
    "PUHUI_KERNEL_CACHE": "folder of compiled loan kernels; the default is in the user's cache folder",
    "PUHUI_LOG_LEVEL": "level of the JSON log on standard error",
    "PUHUI_MESSENGER": "dotted name of the adapter that carries short messages",
    "PUHUI_ORIGINS": "`https://` origins of the pages, comma separated",
    "PUHUI_PAPERS": "dotted name of the reader of papers that a customer photographs",
    "PUHUI_PARTNER_RATE": "requests of one partner, across all web processes: per second / at once",
    "PUHUI_MODEL_KEY": "key against which signatures of proposed models are checked: Ed25519 public key in PEM, or a shared secret",
    "PUHUI_POLICIES": "folder of policy files",
    "PUHUI_PUBLISHED": "folder of the policy texts that two people published; one for all machines",
    "PUHUI_POSTGRES_BIN": "tests and bench: folder of PostgreSQL's programs, before the distribution's and the wheel's",
    "PUHUI_RAIL": "dotted name of the payment rail's adapter",
    "PUHUI_RAIL_SECRET": "secret: shared with the payment rail, signs callbacks",
    "PUHUI_PROXIES": "how many proxies in front add the caller's address to `X-Forwarded-For`; tries and requests are counted by that address",
    "PUHUI_REGISTER": "dotted name of the register that says whether a name and a number belong together",
    "PUHUI_REQUIRE": "tests: `all` fails where an outside program is missing",
    "PUHUI_SANDBOX_RAIL": "faults of the sandbox rail as shares of orders, e.g. `fail=0.05,repeat=0.05,unknown=0.05,delay=30,seed=1`",
    "PUHUI_SCAN": "dotted name of the adapter that asks for other lenders before each payout",
    "PUHUI_SCORING_DATA": "tests: folder of public loans that the scoring recipe is measured on",
    "PUHUI_SCREENSHOTS": "tests: `1` writes the pictures of docs/screenshots",
    "PUHUI_SEALING_KEYS": "secret: keys that seal personal data, newest first, `k2:<64 hex digits>,k1:<64 hex digits>`",
    "PUHUI_SECOND_FACTOR": "`1` makes staff give a second factor when they sign in; on outside the demo unless set to `0`",
    "PUHUI_SECRET_KEY": "secret: sessions and form tokens",
    "PUHUI_SEED": "tests: seed of ids, keys and drawn cases; a plain run has one, a run of a release draws and prints its own",
    "PUHUI_SIMULATION": "tests: number of loans of the simulated borrowers",
    "PUHUI_TLS_AT_PROXY": "`1` sends plain HTTP to HTTPS (production)",
    "PUHUI_TRAIN_PYTHON": "interpreter that has optbinning, for `puhui lab train`",
    "PUHUI_VAR": "folder of documents and, in the demo, of everything else",
    "PUHUI_ZONE": "the lender's zone, in which its business dates end",
}
NAME = re.compile(r"^PUHUI_[A-Z_]+$")
READERS = {"get", "getenv", "secret", "optional_secret", "setdefault", "file_or_env", "setting", "switch"}


def make_page() -> str:
    """This function will return the page."""
    found = _found()
    rows = []
    for name in sorted(found.keys() | MEANINGS.keys()):
        default, where = found.get(name, (None, "tests"))
        rows.append([code(name), _default(default, name), MEANINGS.get(name, "?"), cell(where)])
    return page("Settings and environment", INTRO, table(["variable", "default", "meaning", "read in"], rows))


def list_unexplained() -> list[str]:
    """This function will name the variables that the code reads and MEANINGS does not know, and those it no longer reads."""
    found = _found()
    gone = {name for name in MEANINGS.keys() - found.keys() if not MEANINGS[name].startswith("tests:")}
    return sorted((found.keys() - MEANINGS.keys()) | gone)


def _default(value: str | None, name: str) -> str:
    if MEANINGS.get(name, "").startswith("secret"):
        return "made once in the demo"
    return code(value) if value else "–"


def _found() -> dict[str, tuple[str | None, str]]:
    """{variable: (default, where it is read)}; the first place in the order of the paths."""
    found: dict[str, tuple[str | None, str]] = {}
    roots = [PACKAGE, REPO / "scripts"]
    for path in (path for root in roots for path in sorted(root.rglob("*.py"))):
        if "lab/docs" in path.as_posix():
            continue
        for name, default in _reads(path):
            where = path.relative_to(REPO).as_posix().removeprefix("src/")
            if name not in found or found[name][0] is None:
                found[name] = (default, where)
    return found


def _reads(path: Path) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in READERS and NAME.match(str(node.args[0].value)):
                yield str(node.args[0].value), _plain(node.args[1] if len(node.args) > 1 else None)
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and NAME.match(str(node.slice.value))
        ):
            yield str(node.slice.value), None


def _plain(node: ast.expr | None) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) else None
