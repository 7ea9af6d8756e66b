"""Libraries that draw step by step on one current figure of the process.

On the loop nobody else draws between two steps; in threads others do, and one picture shows what two drew.
"""

from __future__ import annotations

from ...link.program import Key
from ..reaching.reach import Reach

_MODULES = ("matplotlib.pyplot.", "matplotlib.pylab.", "pylab.", "seaborn.")
_SAYS_WHICH = frozenset(
    {
        *("subplots", "figure", "close"),
        *("rc", "rc_context", "get_cmap", "switch_backend"),
        *("set", "set_theme", "set_style", "set_palette", "set_context", "color_palette", "load_dataset"),
    }
)
"""Gives a figure that code then holds, is told on which one to work, or draws nothing."""


def is_of_figures(name: str) -> bool:
    return name.startswith(_MODULES)


def draws_on_current(name: str) -> bool:
    """`matplotlib.pyplot.plot`, `.savefig`"""
    return is_of_figures(name) and name.rpartition(".")[2] not in _SAYS_WHICH


class Drawing:
    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._draws: dict[Key, bool] = {}

    def is_done_by(self, function: Key) -> bool:
        """Does it, or what it calls, draw on the current figure?"""
        return self._reach.comes_to(function, lambda site: draws_on_current(site.name), self._draws)
