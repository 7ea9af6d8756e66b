"""The projects of `testdata/projects`, each copied and converted once for all tests of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from replaying.processes import Project, projects
from replaying.stubs import REDIS_SERVER

PROJECTS = projects(Path(__file__).resolve().parents[2] / "testdata" / "projects")
_known: dict[str, Project] = {}


def _project(name: str, factory: pytest.TempPathFactory) -> Project:
    if name not in _known:
        folder = next(folder for folder in PROJECTS if folder.name == name)
        _known[name] = Project(folder, factory.mktemp(name))
    project = _known[name]
    if project.case.needs_redis and REDIS_SERVER is None:
        pytest.skip(f"{name} needs redis-server, which is not installed")
    return project


# with `-n 2 --dist loadgroup` a project's tests meet in one worker, which converts it once
@pytest.fixture(
    scope="session",
    params=[pytest.param(path.name, marks=pytest.mark.xdist_group(path.name)) for path in PROJECTS],
)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return _project(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def club_office(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return _project("club_office", tmp_path_factory)


@pytest.fixture(scope="session")
def auction_beside(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return _project("auction_beside", tmp_path_factory)


@pytest.fixture(scope="session")
def legacy_shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return _project("legacy_shop", tmp_path_factory)
