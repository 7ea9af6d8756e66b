"""Where the shared clients lie if a repository has several import roots: where all that use one find them.

apps/shop/src/shop/main.py            from common import Upstream
apps/admin/src/admin/main.py          from common import Upstream
packages/common/src/common/remote.py  import requests      ->  packages/common/src/common/http_client.py
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ...async_clients.http.client_module import MARK
from ...catalogue import Catalogue
from ..read.project import Project

_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)
_SHARED = frozenset({"http", "sdk", "cloud", "cache", "push", "database"})
"""Categories of what has clients that requests share."""


class _Roots:
    def __init__(self, project: Project, texts: Mapping[str, str], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._shares: dict[str, bool] = {}
        self.names: dict[str, set[str]] = defaultdict(set)
        self.imported: dict[str, set[str]] = defaultdict(set)
        self.users: dict[str, list[str]] = defaultdict(list)
        """Import root -> its files that use such a client, or hold those of an earlier run."""
        for file in project.files:
            if file.path in texts and not file.is_test:
                imported = set(_IMPORT.findall(texts[file.path]))
                self.names[file.root].add(file.module.partition(".")[0])
                self.imported[file.root] |= imported
                if MARK in texts[file.path] or any(map(self._has_clients, imported)):
                    self.users[file.root].append(file.path)

    def _has_clients(self, package: str) -> bool:
        if package not in self._shares:
            self._shares[package] = any(
                each.category == "http"
                or (each.twin and each.category in _SHARED and package not in sys.stdlib_module_names)
                for each in self._catalogue.owners_of(package)
            )
        return self._shares[package]

    def sees(self, root: str, other: str) -> bool:
        return root == other or not self.imported[root].isdisjoint(self.names[other] - self.names[root])

    def behind(self, first: set[str]) -> set[str]:
        """The roots that code of the first ones loads."""
        found, pending = set(first), [*first]
        while pending:
            root = pending.pop()
            news = {other for other in self.names if self.sees(root, other)} - found
            found |= news
            pending += news
        return found


def beside_users(
    project: Project, serving: Sequence[str], texts: Mapping[str, str], catalogue: Catalogue
) -> Sequence[str]:
    """The files beside which the clients are to lie: those that serve, or users of clients in a package that
    all users see."""
    own = {file.path: file.root for file in project.files}
    if not serving or len(set(own.values())) == 1:
        return serving
    roots = _Roots(project, texts, catalogue)
    users = roots.behind({own[path] for path in serving}) & roots.users.keys()
    for root in (own[min(serving)], *sorted(users)):
        if all(roots.sees(user, root) for user in users):
            return serving if root == own[min(serving)] else roots.users[root]
    return serving
