"""An async database next to the sync one, for the handlers that are given.

    engine = create_engine(URL)              engine = create_engine(URL)
                                             # async twin of engine
                                    ->       async_engine = create_async_engine(URL)

What only these handlers stand on turns where it is. What others stand on as well (other routers, scripts,
a Celery worker, tests) stays for them and gets an async twin: first a copy that is sync, then `native` turns
the side of the program on which the handlers are, and sees nothing of the rest.
"""

from __future__ import annotations

from .apart import Apart
from .bodies import Body, body_of
from .earlier import lacking, only_grows, put_back
from .elsewhere import Elsewhere
from .engines import Engines
from .later import goes_on_later
from .sides import Sides
from .statements import Place, bound_names
from .twins import Split, Splitter

__all__ = [
    "Apart",
    "Body",
    "Elsewhere",
    "Engines",
    "Place",
    "Sides",
    "Split",
    "Splitter",
    "body_of",
    "bound_names",
    "goes_on_later",
    "lacking",
    "only_grows",
    "put_back",
]
