"""The page of tables: every table of ours with its columns, what it refers to, and whether rows can change."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db.models import Field, Model

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import PACKAGE, first_sentence

INTRO = (
    "Read from the models and their migrations. **Append-only** tables refuse UPDATE and DELETE by trigger on SQLite and "
    "PostgreSQL alike. Stages refer to each other by plain ids with a constraint in the database, only to earlier stages. "
    "A column whose name ends in `_sealed` holds an authenticated ciphertext; one that ends in `_index` its blind index. "
    "Ids are 26 characters; amounts are whole minor units."
)


@dataclass(slots=True)
class _Facts:
    """What the migrations say beside Django's own operations."""

    append_only: set[str] = field(default_factory=set)
    references: dict[tuple[str, str], str] = field(default_factory=lambda: defaultdict(str))


def make_page() -> str:
    """This function will return the page, one section a stage."""
    facts = _read_migrations()
    models = [one for one in apps.get_models() if one.__module__.startswith("puhui.")]
    order = {config.label: number for number, config in enumerate(apps.get_app_configs())}
    models.sort(key=lambda one: (order[one._meta.app_label], one._meta.db_table))
    parts = [INTRO]
    for label, group in groupby(models, key=lambda one: one._meta.app_label):
        parts.append(f"## {label}")
        for model in group:
            parts += _table(model, facts)
    return page("Database tables", *parts)


def _table(model: type[Model], facts: _Facts) -> Iterator[str]:
    name = model._meta.db_table
    yield f"### {name}"
    kind = " **Append-only.**" if name in facts.append_only else ""
    yield f"{cell(first_sentence(model.__doc__))}{kind}"
    columns = [one for one in model._meta.get_fields() if isinstance(one, Field) and one.column]
    rows = [
        [code(one.column), cell(_type(one)), "yes" if one.null else "", _refers(one, name, facts)]
        for one in columns
    ]
    yield table(["column", "type", "may be null", "key, reference"], rows)


def _type(one: Field[Any, Any]) -> str:
    words = WORDS.get(one.get_internal_type(), one.get_internal_type())
    return f"{words}({one.max_length})" if one.max_length and words == "text" else words


WORDS = {
    "AutoField": "integer",
    "BigAutoField": "integer",
    "BigIntegerField": "integer",
    "BooleanField": "boolean",
    "CharField": "text",
    "DateField": "date",
    "DateTimeField": "instant",
    "ForeignKey": "id",
    "IntegerField": "integer",
    "JSONField": "JSON",
    "OneToOneField": "id",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "integer",
    "SmallIntegerField": "integer",
    "TextField": "text",
}


def _refers(one: Field[Any, Any], name: str, facts: _Facts) -> str:
    said = ["primary key"] if one.primary_key else ["unique"] if one.unique else []
    if one.remote_field is not None and isinstance(one.related_model, type):
        said.append(f"→ {code(one.related_model._meta.db_table)}")
    if target := facts.references.get((name, one.column or "")):
        said.append(f"→ {code(target)}")
    return ", ".join(said)


def _read_migrations() -> _Facts:
    facts = _Facts()
    for path in sorted(PACKAGE.rglob("migrations/0*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            words = [
                one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if called == "append_only" and words:
                facts.append_only.add(words[0])
            elif called == "reference" and len(words) >= 3:
                facts.references[words[0], words[1]] = words[2]
    return facts
