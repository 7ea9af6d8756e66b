"""How far what no queue takes is helped to get to a task."""

from __future__ import annotations

from enum import Enum


class Carried(Enum):
    """How bytes and uploads, which no queue takes, get to a task; each as those before it, too."""

    NOTHING = "not at all"
    SMALL = "few bytes as base64"
    UPLOADS = "an upload in a file, which the task reads"
    BYTES = "bytes that the function has read, in a file"

    def holds(self, other: Carried) -> bool:
        ways = list(Carried)
        return ways.index(other) <= ways.index(self)
