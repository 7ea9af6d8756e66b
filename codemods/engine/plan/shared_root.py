"""Where the shared clients lie if a repository has several import roots: where all find them that use one.

apps/shop/src/shop/main.py            from common import Upstream
apps/admin/src/admin/main.py          from common import Upstream
packages/common/src/common/remote.py  import requests      ->  packages/common/src/common/http_client.py
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from ...async_clients.http.client_module import MARK
from ..read.project import Project
from .client_place import imported


class _Roots:
    def __init__(self, project: Project, texts: Mapping[str, str], is_shared: Callable[[str], bool]) -> None:
        self.names: dict[str, set[str]] = defaultdict(set)
        self.imported: dict[str, set[str]] = defaultdict(set)
        self.users: dict[str, list[str]] = defaultdict(list)
        """Import root -> its files that use such a client, or hold those of an earlier run."""
        for file in project.files:
            if file.path in texts and not file.is_test:
                names = set(imported(texts[file.path]))
                self.names[file.root].add(file.module.partition(".")[0])
                self.imported[file.root] |= names
                if MARK in texts[file.path] or any(map(is_shared, names)):
                    self.users[file.root].append(file.path)

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
    project: Project, serving: Sequence[str], texts: Mapping[str, str], is_shared: Callable[[str], bool]
) -> Sequence[str]:
    """The files beside which the clients are to lie: those that serve, or users of clients at an import root
    that all users see. `is_shared` tells of a library whether requests may share its clients."""
    own = {file.path: file.root for file in project.files}
    if not serving or len(set(own.values())) == 1:
        return serving
    roots = _Roots(project, texts, is_shared)
    users = roots.behind({own[path] for path in serving}) & roots.users.keys()
    for root in (own[min(serving)], *sorted(users)):
        if all(roots.sees(user, root) for user in users):
            return serving if root == own[min(serving)] else roots.users[root]
    return serving
