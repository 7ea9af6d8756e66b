"""The results of a sweep as a table, and each fault on a line of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .examine import Result

FAULTS = {
    "crashes": "crashes",
    "unparsed": "files that Python reads and the tool does not",
    "dropped": "change groups that failed a proof",
    "not_compiling": "outcomes that do not compile",
    "undefined": "new undefined names",
    "unresolved": "new imports that find nothing",
    "damaged": "changes outside of the edits",
    "second_run": "files that a second run changes",
}


def table(results: Iterable[Result]) -> Iterator[str]:
    results = list(results)
    yield f"{len(results):>9,}  packages and applications"
    for name, words in (
        ("files", "files"),
        ("lines", "lines"),
        ("unreadable", "files that this Python cannot read"),
        ("handlers", "handlers"),
        ("converted", "handlers to convert"),
        ("changed_files", "files changed"),
    ):
        yield f"{sum(getattr(result, name) for result in results):>9,}  {words}"
    yield ""
    for name, words in FAULTS.items():
        yield f"{sum(len(getattr(result, name)) for result in results):>9,}  {words}"
    yield ""
    for name in FAULTS:
        for result in results:
            for fault in getattr(result, name):
                yield f"{name}: {result.name}: {fault}"
    yield "slowest (seconds of check, apply, apply; peak memory in MB):"
    for result in sorted(results, key=lambda result: -sum(result.seconds))[:8]:
        yield f"  {result.name}: {result.seconds}, {result.megabytes} MB, {result.lines:,} lines"
