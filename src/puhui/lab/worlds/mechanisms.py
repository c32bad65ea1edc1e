"""How things happen in a world: named functional forms, so that another form is another file or another module.

A form is a function with a `Form` record: the names and bounds of its figures. A file may name a form of another module
as "package.module:function", where `package.module.FORMS["function"]` is such a record.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Figures = Mapping[str, float]
Bounds = tuple[float, float]
SHARE: Bounds = (0.0, 1.0)
# What a form of each slot may return: months, readiness, chances, hazards (above 1 counts as 1), values.
RETURNS: Mapping[str, Bounds] = {
    "recovery": (0.0, math.inf), "payment": SHARE, "reminder": SHARE, "asking": (0.0, math.inf), "complaint": SHARE,
    "card": (-math.inf, math.inf),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A functional form."""

    does: Callable[..., Any]  # the function; what it is given depends on its slot
    figures: Mapping[str, Bounds] = field(
        default_factory=dict
    )  # name and bounds of each figure that it needs


def exponential_recovery(chance: Floats, given: Figures) -> Floats:
    """This function will draw after how many months the usual income is back: equally likely at any time."""
    return -np.log1p(-chance) * given["mean_months"]


def weibull_recovery(chance: Floats, given: Figures) -> Floats:
    """This function will draw after how many months the usual income is back: likelier the longer it takes (shape > 1)."""
    scale = given["scale_months"]
    return np.asarray(scale * (-np.log1p(-chance)) ** (1 / given["shape"]))


def pays_what_is_free(free: Floats, due: Floats, given: Figures) -> Floats:
    """This function will return how ready a household is to pay: fully once its free money covers what is due."""
    return (free >= due).astype(np.float64)


def pays_the_likelier_the_more(free: Floats, due: Floats, given: Figures) -> Floats:
    """This function will return how ready a household is to pay: rising smoothly with free money over what is due."""
    ratio = np.clip(free / np.maximum(due, 1.0), -5.0, 5.0)
    return np.asarray(1.0 / (1.0 + np.exp(-given["slope"] * (ratio - 1.0))))


def halving(heard: Floats, given: Figures) -> Floats:
    """This function will return what one more message still does: half of the one before."""
    return np.asarray(given["lift"] * 0.5**heard)


def saturating(heard: Floats, given: Figures) -> Floats:
    """This function will return what one more message still does: the first much, later ones ever less."""
    return np.asarray(given["lift"] / (1.0 + given["fatigue"] * heard))


def asks_at_any_time(dpd: Floats, given: Figures) -> Floats:
    """This function will return the daily hazard of asking, the same every day."""
    return np.full_like(dpd, given["daily"])


def asks_when_late(dpd: Floats, given: Figures) -> Floats:
    """This function will return the daily hazard of asking, rising with days past due up to `daily`."""
    return np.asarray(given["daily"] * np.clip(dpd / given["full_after_days"], 0.0, 1.0))


def complains_by_irritation(irritation: Floats, given: Figures) -> Floats:
    """This function will return the daily hazard of a complaint, in proportion to irritation."""
    return np.asarray(np.minimum(1.0, given["each"] * irritation))


def complains_past_a_point(irritation: Floats, given: Figures) -> Floats:
    """This function will return the daily hazard of a complaint: none up to a point, then all."""
    return np.where(irritation > given["bears"], given["each"], 0.0)


def takes_the_cheapest(total: Floats, start: Floats, given: Figures) -> Floats:
    """This function will value cards by their total cost alone."""
    return np.asarray(-given["cost"] * total)


def weighs_cost_and_start(total: Floats, start: Floats, given: Figures) -> Floats:
    """This function will value cards by total cost and by how much they ask for in the first months."""
    return np.asarray(-given["cost"] * total - given["start"] * start)


FORMS: Mapping[str, Mapping[str, Form]] = {
    "recovery": {
        "exponential": Form(does=exponential_recovery, figures={"mean_months": (0.1, 60)}),
        "weibull": Form(does=weibull_recovery, figures={"scale_months": (0.1, 60), "shape": (0.2, 10)}),
    },
    "payment": {
        "free_money": Form(does=pays_what_is_free),
        "logistic": Form(does=pays_the_likelier_the_more, figures={"slope": (0.1, 50)}),
    },
    "reminder": {
        "halving": Form(does=halving, figures={"lift": (0, 1)}),
        "saturating": Form(does=saturating, figures={"lift": (0, 1), "fatigue": (0, 20)}),
    },
    "asking": {
        "constant": Form(does=asks_at_any_time, figures={"daily": SHARE}),
        "rising": Form(does=asks_when_late, figures={"daily": SHARE, "full_after_days": (1, 90)}),
    },
    "complaint": {
        "linear": Form(does=complains_by_irritation, figures={"each": SHARE}),
        "threshold": Form(does=complains_past_a_point, figures={"each": SHARE, "bears": (0, 100)}),
    },
    "card": {
        "cheapest": Form(does=takes_the_cheapest, figures={"cost": (0, 1000)}),
        "weighing": Form(does=weighs_cost_and_start, figures={"cost": (0, 1000), "start": (0, 1000)}),
    },
}


def find_form(slot: str, name: str) -> Form:
    """This function will return a form by its name, or the one of another module. Raises: ValueError saying what to do."""
    if ":" not in name:
        return FORMS[slot][name]
    module, _, function = name.partition(":")
    try:
        found = importlib.import_module(module).FORMS[function]
    except Exception as fault:  # the module is somebody else's and may fail in any way while it loads
        raise ValueError(
            f"no form {function} in {module}.FORMS ({type(fault).__name__}: {fault}); install the module, put its folder on PYTHONPATH, or name another form"
        ) from None
    if not isinstance(found, Form):
        raise ValueError(
            f"{module}.FORMS[{function!r}] is no Form; make it one of puhui.lab.worlds.mechanisms"
        )
    return replace(found, does=checked(found.does, name=name, bounds=RETURNS[slot]))


def checked(does: Callable[..., Any], *, name: str, bounds: Bounds) -> Callable[..., Floats]:
    """This function will hold what somebody else's form returns to the shape and bounds of its slot.

    Raises: ValueError naming the form, when it is called.
    """
    least, most = bounds

    def form(state: Floats, *rest: Any) -> Floats:
        found = np.asarray(does(state, *rest), np.float64)
        if found.shape != state.shape:
            raise ValueError(
                f"form {name} returned shape {found.shape}; return one number for each of {state.shape}"
            )
        if not (np.isfinite(found) & (found >= least) & (found <= most)).all():
            raise ValueError(
                f"form {name} returned {found.min():g} to {found.max():g}; return finite numbers from {least:g} to {most:g}"
            )
        return found

    return form
