"""The projects of `testdata/projects`, each copied and converted once for all tests of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from replaying.processes import Project, projects
from replaying.stubs import REDIS_SERVER

PROJECTS = {
    path.name: path for path in projects(Path(__file__).resolve().parents[2] / "testdata" / "projects")
}
_known: dict[str, Project] = {}


@pytest.fixture(scope="session", params=PROJECTS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    name = request.param
    if name not in _known:
        _known[name] = Project(PROJECTS[name], tmp_path_factory.mktemp(name))
    if _known[name].case.needs_redis and REDIS_SERVER is None:
        pytest.skip(f"{name} needs redis-server, which is not installed")
    return _known[name]
