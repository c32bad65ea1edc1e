"""How the kernel is compiled in half the time: a compiler made for any program does much that this one does not need."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import codegen
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import NopythonTypeInference, PreLowerStripPhis
from numba.core.types.functions import BaseFunction
from numba.core.untyped_passes import (
    FixupArgs,
    GenericRewrites,
    IRProcessing,
    ReconstructSSA,
    TranslateByteCode,
)


class ShortPipeline(CompilerBase):  # type: ignore[misc]
    """The compiler's passes without those for closures, literals, `with`, array expressions and inlined overloads, of which
    kernel functions have none.
    """

    def define_pipelines(self) -> list[PassManager]:
        """This function will list the passes in their order."""
        manager = PassManager("kernel")
        for one in (
            TranslateByteCode, FixupArgs, IRProcessing, GenericRewrites, ReconstructSSA, NopythonTypeInference, PreLowerStripPhis,
        ):  # fmt: skip
            manager.add_pass(one, one.__name__)
        manager.passes.extend(DefaultPassBuilder.define_nopython_lowering_pipeline(self.state).passes)
        manager.finalize()
        return [manager]


@contextmanager
def remembering_types() -> Iterator[None]:
    """This context will let what an operator makes of its types be looked up after the first time. The compiler tries each of
    its definitions in turn, a dozen of them for a sum of two integers.
    """
    functions: Any = BaseFunction
    original = functions.get_call_type
    found: dict[tuple[Any, ...], Any] = {}

    def get_call_type(self: Any, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if kws:
            return original(self, context, args, kws)
        key = (self, context, tuple(args))
        if key not in found:
            found[key] = original(self, context, args, kws)
        return found[key]

    functions.get_call_type = get_call_type
    try:
        yield
    finally:
        functions.get_call_type = original


@contextmanager
def one_program(prefix: str, entry: str) -> Iterator[None]:
    """This context will let functions whose names begin with `prefix` wait, uncompiled, until `entry` is linked, and then
    optimise all of them once. The compiler would optimise each again in every function above it: a minute instead of seconds.
    """
    finalize, pointer = codegen.CPUCodeLibrary.finalize, codegen.JITCodeLibrary.get_pointer_to_function
    optimise = codegen.CPUCodeLibrary._optimize_final_module
    set_env = codegen.JITCPUCodegen.set_env

    def is_inner(library: Any) -> bool:
        return str(library.name).startswith(prefix) and str(library.name) != entry

    def finalize_late(self: Any) -> None:
        if is_inner(self):
            self._finalized = True
            return
        if self.name == entry:
            self._linking_libraries = _all_below(self)
        finalize(self)

    def optimise_as_one(self: Any) -> None:
        if self.name == entry:
            for function in self._final_module.functions:
                if prefix in function.name and entry not in function.name and not function.is_declaration:
                    function.linkage = "internal"
        optimise(self)

    def late_pointer(self: Any, name: str) -> int:
        return 0 if is_inner(self) else int(pointer(self, name))

    def late_env(self: Any, name: str, env: object) -> None:
        if self._engine.get_global_value_address(name):
            set_env(self, name, env)

    codegen.CPUCodeLibrary.finalize = finalize_late
    codegen.CPUCodeLibrary._optimize_final_module = optimise_as_one
    codegen.JITCodeLibrary.get_pointer_to_function = late_pointer
    codegen.JITCPUCodegen.set_env = late_env
    try:
        yield
    finally:
        codegen.CPUCodeLibrary.finalize = finalize
        codegen.CPUCodeLibrary._optimize_final_module = optimise
        codegen.JITCodeLibrary.get_pointer_to_function = pointer
        codegen.JITCPUCodegen.set_env = set_env


def _all_below(library: Any) -> list[Any]:
    found: dict[int, Any] = {}

    def visit(one: Any) -> None:
        for below in one._linking_libraries:
            if id(below) not in found:
                found[id(below)] = below
                visit(below)

    visit(library)
    return list(found.values())


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """This context will let garbage lie for longer: a compiler makes millions of objects and keeps nearly all of them, so that
    looking for cycles among them took a seventh of its time.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
