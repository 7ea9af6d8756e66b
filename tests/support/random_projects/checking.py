"""Drives hypothesis over random projects."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, given, seed, settings

from .comparing import pair
from .database import database_projects
from .projects import Project, projects


class DifferenceError(AssertionError):
    """The project before, the files after, and what differs."""


@dataclass
class Compared:
    projects: int = 0
    handlers: int = 0
    turned: int = 0

    def __str__(self) -> str:
        return f"{self.projects} projects with {self.handlers} handlers, {self.turned} functions turned async"


def check(examples: int, number: int) -> Compared:
    """The same projects for the same numbers. Raises `DifferenceError`, shrunk."""
    compared = Compared()

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(projects() | database_projects())
    def examine(project: Project) -> None:
        try:
            for path, text in project.files.items():
                compile(text, path, "exec", dont_inherit=True)
        except SyntaxError:
            return
        try:
            found = both.compare(project)
        except Exception as error:
            raise DifferenceError(f"{project}\n\n{type(error).__name__}: {error}") from error
        if found is None:
            return
        compared.projects += 1
        compared.handlers += len(project.requests)
        compared.turned += len(found.migrated.turned)
        if found.differences:
            after = {
                path: text for path, text in found.migrated.texts.items() if project.files.get(path) != text
            }
            parts = (str(project), "AFTER", str(Project(after, [])), *found.differences)
            raise DifferenceError("\n".join(parts))

    with pair() as both:
        examine()
    return compared
