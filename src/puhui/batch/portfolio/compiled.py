"""The loan engine's kernel, compiled: the very functions that pages run as plain Python, none written twice.

Their code is taken as it is and given another set of names, in which every function is its compiled self and every
enumeration a set of integers. The result is kept on disk in a folder named after the contents of *all* kernel sources,
the compiler and the processor: a helper edited in another file is another folder, so nothing stale is ever loaded.
"""

from __future__ import annotations

import enum
import hashlib
import importlib
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy
from numba.core import config, types
from numba.core.types.misc import unliteral

from puhui.batch.portfolio import compiling
from puhui.batch.portfolio.compiling import ShortPipeline, one_program, remembering_types, seldom_collecting
from puhui.loans.domain.engine import book
from puhui.loans.domain.engine.book import Book, BookSize, widths

KERNEL = (
    "book", "calendar", "codes", "interest", "penalty", "rows", "annuity", "level", "tranches", "charges", "schedule", "allocate", "front",
    "reshape", "uses", "steps", "run", "reading", "straight_begin",
    "straight", "straight_usual", "straight_story", "figures",
)  # fmt: skip
PREFIX = "puhui_kernel_"  # of the names of compiled functions
ENTRY = "value_loans"
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "pipeline_class": ShortPipeline}

# Lengths that are no multiples of 4 KiB, so that columns do not share cache sets.
SIZE = BookSize(
    rows=504,
    changes=3208,
    rates=808,
    pauses=808,
    charges=1640,
    settled=4024,
    lines=2424,
    events=1640,
    levels=2_048,  # 64 KiB: more of them are forgotten by the processor sooner than they save
)
EVENTS = 800  # of one loan; a longer one is worked out in plain Python


@dataclass(frozen=True, slots=True)
class Kernel:
    """The compiled kernel, and where it is kept."""

    value_loans: Callable[..., None]  # see `figures.value_loans`
    folder: Path  # of the stored machine code
    key: str  # hash of everything that it depends on


def sources() -> list[Path]:
    """This function will list the files that the kernel is compiled from."""
    package = Path(str(book.__file__)).parent
    return [package / f"{name}.py" for name in KERNEL]


def kernel_key() -> str:
    """This function will return the hash of all kernel sources, of how they are compiled, the compiler and the processor."""
    digest = hashlib.sha256()
    for path in [*sources(), Path(__file__), Path(str(compiling.__file__))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    cpu = f"{llvmlite.binding.get_host_cpu_name()} {llvmlite.binding.get_host_cpu_features().flatten()}"
    versions = (
        numba.__version__,
        llvmlite.__version__,
        numpy.__version__,
        sys.version,
        platform.machine(),
        cpu,
    )
    digest.update("\0".join(versions).encode())
    return digest.hexdigest()[:24]


def record_type() -> numpy.dtype[Any]:
    """This function will return the memory layout of a compiled book: the columns of `Book`, one after the other."""
    lengths = widths(SIZE) | {"k": book.K_WIDTH, "order": 108, "ahead": 9, "credit": 4}
    return numpy.dtype([(name, "i8", (lengths[name],)) for name in Book._fields])


def working_memory() -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
    """This function will return one thread's working memory: a book and a loan's events."""
    return numpy.zeros(1, record_type()), numpy.zeros(EVENTS * book.EVENT_WIDTH, "i8")


def names(*, compiles: bool) -> dict[str, Any]:
    """This function will gather the kernel's functions and constants under their names, functions compiled on demand."""
    found: dict[str, Any] = {"__name__": "puhui.loans.domain.engine.figures", "__builtins__": __builtins__}
    functions: dict[str, FunctionType] = {}
    for name in KERNEL:
        module = importlib.import_module(f"puhui.loans.domain.engine.{name}")
        for key, value in vars(module).items():
            if isinstance(value, type) and issubclass(value, enum.IntEnum):
                found[key] = _numbers(value)
            elif isinstance(value, FunctionType) and value.__module__ == module.__name__:
                assert key not in functions, f"two kernel functions are called {key}"
                functions[key] = value
            elif not key.startswith("__") and _is_constant(value):
                found[key] = tuple(int(v) for v in value) if isinstance(value, tuple) else int(value)
    for key, function in functions.items():
        copy = FunctionType(function.__code__, found, PREFIX + key)
        copy.__qualname__ = PREFIX + key
        found[key] = _compiled(copy, is_entry=key == ENTRY) if compiles else copy
    return found


def _numbers(members: type[enum.IntEnum]) -> ModuleType:
    found = ModuleType(members.__name__)
    for member in members:
        setattr(found, member.name, int(member))
    return found


def _is_constant(value: object) -> bool:
    return isinstance(value, int) or (
        isinstance(value, tuple) and bool(value) and all(isinstance(v, int) for v in value)
    )


def _compiled(function: FunctionType, *, is_entry: bool) -> Any:
    """A dispatcher that knows one set of types: a literal argument is a number like any other."""
    if is_entry:
        return numba.njit(cache=True, **OPTIONS)(function)
    dispatcher = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False, **OPTIONS)(function)
    original = dispatcher.get_call_template

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return original(tuple(_plain(arg) for arg in args), kws)

    dispatcher.get_call_template = get_call_template
    return dispatcher


def _plain(kind: types.Type) -> types.Type:
    """The type of an argument: a literal is a number, and a number of a narrow column is as wide as any other."""
    kind = unliteral(kind)
    return types.int64 if kind == types.int32 else kind


def compile_kernel(*, cache: Path) -> Kernel:
    """This function will load the compiled kernel from below `cache`, or compile it and keep it there."""
    key = kernel_key()
    folder = cache / key
    folder.mkdir(parents=True, exist_ok=True)
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        with one_program(PREFIX, PREFIX + ENTRY), remembering_types(), seldom_collecting():
            entry = names(compiles=True)[ENTRY]
            entry(*_empty())
        entry.disable_compile()  # other types are an error, not a minute of silence
    finally:
        config.CACHE_DIR = before
    return Kernel(value_loans=entry, folder=folder, key=key)


def _empty() -> tuple[Any, ...]:
    """The arguments of a run over no loans: they set the types of all later ones."""
    books, events = working_memory()
    out = numpy.zeros(1, "i8")
    short, long = numpy.zeros(1, "i4"), numpy.zeros(1, "i8")
    short.flags.writeable = long.flags.writeable = False  # as views of Arrow buffers are
    loans = (short, short, short, short, short)
    return (
        books, events, long, *loans, short, short, long, short, short, short, short, short, short,
        short, long, short, long, 0, 0, 0, out, 0, 0,
    )  # fmt: skip


def cache_folder() -> Path:
    """This function will return where compiled kernels are kept: PUHUI_KERNEL_CACHE, or the user's cache."""
    chosen = os.environ.get("PUHUI_KERNEL_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else home / "puhui" / "kernel"
