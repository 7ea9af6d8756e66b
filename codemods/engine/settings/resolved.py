"""The config, and what follows from it and from the project."""

from __future__ import annotations

import msgspec

from ...analysis.template_names import TemplateNames
from ...extract_tasks.generated.brokers import Broker
from ...extract_tasks.generated.layout import LINE_LENGTH
from ...extract_tasks.generated.place import TasksPlace
from ..plan.client_place import Place
from .config import Config


class Settings(msgspec.Struct, frozen=True):
    """What the run is about: the API layer, and where generated modules go."""

    config: Config
    api: frozenset[str]
    http_library: str
    http_place: Place
    tasks_place: TasksPlace
    broker: Broker | None = None
    """The broker that the project has."""
    queue: str = "redis"
    results: str = "offload"
    """How an answer gets what a task gives, as the config wishes and the broker can."""
    uploads: str = ""
    """The module that stores uploads for tasks; empty where they are not to be stored."""
    declared: str = ""
    """The text of the files that name the project's dependencies."""
    templates: TemplateNames = TemplateNames()
    """What the project's templates may read of the objects that they are given."""
    commands: frozenset[str] = frozenset()
    """The dotted names that stand in the files around the code."""
    databases: frozenset[str] = frozenset()
    """`dialect`, and `dialect+driver`, of the databases that the files around the code name."""
    of_requests: str = ""
    """`REQUESTS_CA_BUNDLE is set in Dockerfile`: what requests reads and httpx does not."""
    apart: frozenset[str] = frozenset()
    """Files of what is installed by itself without FastAPI, beside the applications."""
    line_length: int = LINE_LENGTH
    """Of what is generated."""
