"""What the projects are made of: templates, in which `<name>` stands for something drawn.

The first of the templates is the simplest: what fails shrinks towards it.
"""

from .expressions import CALLS, EACH, LEAVES, LISTS, VALUES
from .statements import ASYNC_STATEMENTS, JUMPS, LOOP_JUMPS, STATEMENTS
from .surroundings import FAMILIES, IMPORTS, MAIL, SETTINGS, SHARED
from .templates import blocks, lines

__all__ = [
    "ASYNC_STATEMENTS",
    "CALLS",
    "EACH",
    "FAMILIES",
    "IMPORTS",
    "JUMPS",
    "LEAVES",
    "LISTS",
    "LOOP_JUMPS",
    "MAIL",
    "SETTINGS",
    "SHARED",
    "STATEMENTS",
    "VALUES",
    "blocks",
    "lines",
]
