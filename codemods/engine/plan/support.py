"""Files that the change groups need beside their edits: the shared clients, the tasks module, the broker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...async_clients.http.generated import client_module, session_module
from ...model import ChangeGroup, Code, Dependency, Edit, HttpClient, ImportNeed, Lifetime, TaskDefinition
from .client_place import Place, beside


def wanted(groups: Sequence[ChangeGroup]) -> tuple[list[HttpClient], list[TaskDefinition], list[Dependency]]:
    clients: list[HttpClient] = []
    tasks: dict[str, TaskDefinition] = {}
    dependencies: set[Dependency] = set()
    for group in groups:
        for support in group.support:
            if isinstance(support, HttpClient):
                clients.append(support)
            elif isinstance(support, TaskDefinition):
                # what does the same has the same name, and may be laid out in another way
                tasks.setdefault(support.name, support)
            elif isinstance(support, Dependency):
                dependencies.add(support)
    return clients, [*tasks.values()], sorted(dependencies)


def http_client_text(existing: str | None, clients: Sequence[HttpClient]) -> str:
    if clients[0].lifetime is Lifetime.BLOCK:
        return session_module.render(existing or "", clients)
    return client_module.render(clients) if existing is None else client_module.extend(existing, clients)


def client_modules(place: Place, clients: Sequence[HttpClient]) -> list[tuple[Place, list[HttpClient]]]:
    """The modules that hold clients, each with its own: that of HTTP, and beside it those of other kinds."""
    own: dict[Place, list[HttpClient]] = defaultdict(list)
    for client in clients:
        own[_client_place(place, client)].append(client)
    return [(where, own[where]) for where in sorted(own, key=lambda where: where.path)]


def _client_place(http: Place, client: HttpClient) -> Place:
    if client.lifetime is Lifetime.BLOCK:
        return beside(http, session_module.FILE)
    if client.library in client_module.OTHERS:
        return beside(http, client_module.kind_of(client.library).file)
    return http


def closing(place: Place, clients: Sequence[HttpClient]) -> Code | None:
    """The statement that closes the clients of a module when the application stops."""
    if clients[0].lifetime is Lifetime.BLOCK:
        return None
    name = client_module.close_name(clients[0].library)
    return Code("await \ue000()", (ImportNeed(place.module, name),))


def by_path(groups: Sequence[ChangeGroup]) -> defaultdict[str, list[Edit]]:
    edits: dict[str, dict[Edit, None]] = defaultdict(dict)
    for group in groups:
        for path, found in group.edits.items():
            edits[path].update(dict.fromkeys(found))
    return defaultdict(list, {path: list(found) for path, found in edits.items()})
