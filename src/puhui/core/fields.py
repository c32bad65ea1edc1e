"""Making frozen values quickly, for the few kinds of values that are made by the million.

The constructor of a frozen dataclass sets each field through a guard. A draft has the same slots and no guard: it is
filled like any object and then becomes the frozen value, in a third of the time. Whoever makes a value so states its
arguments in a function of its own, so the type checker still sees every call.
"""

from __future__ import annotations

import dataclasses
from typing import Any


def draft_of(kind: type) -> Any:
    """This function will return a class whose instances have the slots of a frozen dataclass and may be filled.

    Setting `__class__` to `kind` ends a draft; fields left out have no value, defaults included. Raises: TypeError for a
    class without slots, or one that takes slots from another class (Python would refuse the end of the draft).
    """
    slots = vars(kind).get("__slots__")
    if not dataclasses.is_dataclass(kind) or slots is None or kind.__bases__ != (object,):
        raise TypeError(f"{kind.__name__} is no slotted dataclass that stands alone")
    return type(f"{kind.__name__}Draft", (), {"__slots__": slots})
