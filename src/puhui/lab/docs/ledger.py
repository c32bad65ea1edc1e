"""The page of the ledger: the chart of accounts, and which modules name each."""

from __future__ import annotations

import ast
from collections import defaultdict

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import list_sources
from puhui.ledger.domain import ACCOUNTS, AccountKind

INTRO = (
    "One row of the books is one debit, one credit and one amount above zero, so an imbalance cannot be written down. "
    "Triggers on both databases refuse to change or delete a row. A source (`event:…`, `order:…`) books once: the same "
    "source with the same rows is a repeat and does nothing, with other rows it is a bug. Interest is recognised when it "
    "is received ([ADR 0012](../decisions/0012-interest-on-receipt-first.md))."
)
SIDE = {
    AccountKind.ASSET: "debit",
    AccountKind.EXPENSE: "debit",
    AccountKind.LIABILITY: "credit",
    AccountKind.INCOME: "credit",
}


def make_page() -> str:
    """This function will return the page."""
    users = _users()
    rows = [
        [
            code(one.code),
            cell(one.en),
            cell(one.zh),
            one.kind.value,
            SIDE[one.kind],
            ", ".join(code(name) for name in users[one.code]) or "nobody yet",
        ]
        for one in ACCOUNTS.values()
    ]
    head = ["account", "English", "中文", "kind", "usual side", "named in"]
    return page("Ledger", INTRO, "## Chart of accounts", table(head, rows))


def _users() -> dict[str, list[str]]:
    """Modules that name an account by its code."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, tree in list_sources():
        name = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        if name.startswith(("puhui.ledger", "puhui.lab")):
            continue
        named = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for account in ACCOUNTS:
            if account in named:
                found[account].append(name.removeprefix("puhui."))
    return found
