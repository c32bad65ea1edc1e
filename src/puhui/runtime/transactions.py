"""What we mean by a transaction, in two names: one act opens it, its operations require it.

An act is one commit: `transaction()` refuses to be nested, so nobody can believe that something is stored which an
outer block may still undo. Batches (the demo loader, a portfolio run) hold one commit over many acts on purpose and
say so with the clumsy name `batch_transaction()`; inside it every act is a savepoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db.transaction import atomic

from puhui.runtime.databases.sqlite.line import commits_alone
from puhui.runtime.rows import direct, hold_connection, holds_connection, let_connection_go

_in_batch: ContextVar[bool] = ContextVar("puhui_in_batch", default=False)
_one_savepoint: ContextVar[bool] = ContextVar("puhui_one_savepoint", default=False)


@dataclass(slots=True, kw_only=True)
class SharedTransaction:
    """What became of a transaction that its first act shared."""

    taken: bool = False  # whether that act has begun
    undone: bool = False  # whether it raised: then the whole transaction is undone when it ends


_shared: ContextVar[SharedTransaction | None] = ContextVar("puhui_shared", default=None)


@contextmanager
def transaction() -> Iterator[None]:
    """This function will make its block one commit, or, when the block raises, nothing at all.

    Raises: RuntimeError when it is nested in another transaction, except in `batch_transaction` and in Django's
    test transaction, where it is a savepoint (and in `savepoint`, whose savepoint it shares).
    """
    if _one_savepoint.get():
        yield
        return
    shared = _shared.get()
    if shared is not None and not shared.taken:
        shared.taken = True
        try:
            yield
        except BaseException:
            shared.undone = direct().needs_rollback = True  # Django ends the outer one with a rollback
            raise
        return
    with atomic(durable=not _in_batch.get()):
        before = hold_connection()
        try:
            yield
        finally:
            let_connection_go(before)


@contextmanager
def batch_transaction() -> Iterator[None]:
    """This function will hold one commit over many acts, each of which becomes a savepoint inside it.

    Raises: RuntimeError when it is nested in another transaction (Django's test transaction excepted).
    """
    with commits_alone(), atomic(durable=True):
        token = _in_batch.set(True)
        try:
            yield
        finally:
            _in_batch.reset(token)


@contextmanager
def savepoint() -> Iterator[None]:
    """This function will make all acts in its block share one savepoint of a batch: all of them, or none.

    For loaders, where a chain of acts that follow each other would else pay for a savepoint each. Raises:
    AssertionError outside a `batch_transaction`.
    """
    assert in_batch(), "only a batch has savepoints"
    with atomic(), without_savepoints():
        yield


@contextmanager
def without_savepoints() -> Iterator[None]:
    """This function will let the acts in its block have no savepoint at all: what fails in one must end the batch.

    Raises: AssertionError outside a `batch_transaction`.
    """
    assert in_batch(), "only a batch may go without savepoints"
    token = _one_savepoint.set(True)
    try:
        yield
    finally:
        _one_savepoint.reset(token)


@contextmanager
def share_transaction() -> Iterator[SharedTransaction]:
    """This function will let the first act in its block be the caller's own open transaction, and the later ones savepoints.

    Most blocks hold one act, and few acts are refused: this saves its savepoint. The price: when that act raises, what
    the caller wrote before it is undone too, and the caller must ask for `undone`, end its transaction and write again
    in another. Raises: AssertionError when none is open.
    """
    require_transaction()
    shared = SharedTransaction()
    joined, sharing = _in_batch.set(True), _shared.set(shared)
    try:
        yield shared
    finally:
        _shared.reset(sharing)
        _in_batch.reset(joined)


@contextmanager
def join_transaction() -> Iterator[None]:
    """This function will let acts run inside the transaction that the caller holds open, each as a savepoint.

    Raises: AssertionError when none is open.
    """
    require_transaction()
    token = _in_batch.set(True)
    try:
        yield
    finally:
        _in_batch.reset(token)


def in_transaction() -> bool:
    """This function will tell whether an act is open. Django's own test transaction does not count as one."""
    return holds_connection() or any(
        not getattr(block, "_from_testcase", False) for block in direct().atomic_blocks
    )


def in_batch() -> bool:
    """This function will tell whether a `batch_transaction` is open."""
    return _in_batch.get()


def require_transaction() -> None:
    """This function will return when a transaction is open. Raises: AssertionError when none is."""
    assert in_transaction(), "this operation needs an open transaction: with transaction(): …"
