"""`puhui migrate`: Django's; says what to do when a step did not finish, and puts the row seals on every table as it now is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from puhui.runtime import row_seals
from puhui.runtime.clock import utc_now
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def missing_migrations(database: str = "default") -> list[str]:
    """This function will return the names of the migrations that a database lacks, in the order in which they come."""
    executor = MigrationExecutor(connections[database])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{one.app_label}.{one.name}" for one, _ in plan]


class Command(DjangoCommand):
    """Every migration of ours is one transaction: what did not finish left nothing behind, and is simply run again.

    The seal triggers are lifted while tables are rebuilt; rows that had to be sealed afresh are told to the audit chain.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will migrate. Raises: CommandError naming the migration that did not finish, and the remedy."""
        quiet = options["plan"] or options["check_unapplied"] or options["fake"]
        lifted = row_seals.lift() if not quiet and (options["app_label"] or missing_migrations()) else ()
        try:
            self._migrate(lifted, *args, **options)
        except DatabaseError as error:
            left = missing_migrations(options["database"])
            at = left[0] if left else "after the last migration"
            raise CommandError(
                f"{at} did not finish: {str(error).strip()}\n"
                f"Nothing of it was kept; what came before it stands ({len(left)} to go). Mend the cause, then run "
                "`puhui migrate` again.\n"
                f"{at} 未完成，其改动已全部撤回，之前的迁移保留（还剩 {len(left)} 个）。排除原因后重新运行 `puhui migrate`。"
            ) from error
        if not quiet:
            self._seal(options["verbosity"])

    def _migrate(self, lifted: Any, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except BaseException:  # also Ctrl-C: the seals go back on before anything else is said
            row_seals.put_back(lifted)
            raise

    def _seal(self, verbosity: int) -> None:
        sealed = row_seals.install()
        if not sealed:
            return
        with transaction():
            record_audit(
                actor="command", action="rows.sealed", subject="database", detail=sealed, now=utc_now()
            )
        if verbosity > 0:
            self.stdout.write(f"puhui: sealed {sum(sealed.values())} rows of {len(sealed)} tables")
