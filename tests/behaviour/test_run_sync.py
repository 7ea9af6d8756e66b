"""A database whose work runs below an async session as it is: the same to clients, and the loop is free."""

from __future__ import annotations

import pytest
from replaying.processes import Project, content

pytestmark = pytest.mark.parametrize("project", ["auction_beside"], indirect=True)


def test_the_same_answers_without_a_thread(project: Project) -> None:
    tree = project.converted("--database", "run-sync")
    assert "run_sync" in (tree / "app/api/items.py").read_text()
    answers = project.answers(tree)
    assert answers["exchanges"] == project.answers_before["exchanges"]
    assert answers["unraisable"] == []
    probe = project.probe(tree)
    assert (probe["blocking"], probe["crowd"]["different"]) == ([], [])
    done = project.own_suite(tree)
    assert done.returncode == 0, done.stdout[-3000:]
    before = content(tree)
    project.convert(tree, "--database", "run-sync")
    assert content(tree) == before
