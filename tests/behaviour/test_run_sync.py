"""A database whose work runs below an async session as it is: the same to clients, and the loop is free."""

from __future__ import annotations

import pytest
from replaying.processes import Project, content

pytestmark = pytest.mark.xdist_group("auction_beside")


def test_the_same_answers_without_a_thread(auction_beside: Project) -> None:
    tree = auction_beside.converted("--database", "run-sync")
    assert "run_sync" in (tree / "app/api/items.py").read_text()
    answers = auction_beside.answers(tree)
    assert answers["exchanges"] == auction_beside.answers_before["exchanges"]
    assert answers["unraisable"] == []
    probe = auction_beside.probe(tree)
    assert (probe["blocking"], probe["crowd"]["different"]) == ([], [])
    done = auction_beside.own_suite(tree)
    assert done.returncode == 0, done.stdout[-3000:]
    before = content(tree)
    auction_beside.convert(tree, "--database", "run-sync")
    assert content(tree) == before
