"""What libraries did in the versions that a project declares, where later ones do it another way.

The catalogue knows the versions of today; a project that keeps them out gets the tables of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ...async_clients.versions import limits_below


class Earlier(msgspec.Struct, frozen=True):
    distribution: str
    until: str
    """The first version that does it as the catalogue says."""
    table: Mapping[str, object]
    """In the form of `[tool.async-fix.catalogue]`."""


_EARLIER = (
    # https://docs.python-telegram-bot.org/en/stable/changelog.html: all of it waits before version 20
    Earlier(
        "python-telegram-bot",
        "20",
        {
            "telegram.Bot": {"category": "push", "slow": "*"},
            "telegram.ext.Updater": {"category": "http", "blocking": "*"},
        },
    ),
)


def earlier_tables(declared: str) -> Iterator[Mapping[str, object]]:
    """`declared` is the text of the project's dependency files."""
    for each in _EARLIER:
        if limits_below(declared, each.distribution, each.until):
            yield each.table
