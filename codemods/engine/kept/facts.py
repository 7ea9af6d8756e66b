"""Facts of files as they were read before, in the user's cache folder: one file for each project.

Facts depend on nothing but the bytes of their file, its place in the project and the version of the tool.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ...analysis.index.facts import ModuleFacts
from ...model import Problem
from ..indexing import FileInfo, encoded, index_all
from .stored import Stored, tool

_KEPT = 16
"""Projects; those looked at longest ago go first."""
_Content = dict[str, msgspec.Raw]
"""Digest of what made them -> facts."""


class FactsCache:
    """Nothing here fails: what cannot be read or written is as good as absent."""

    def __init__(self, folder: Path, project: Path) -> None:
        self._stored = Stored(folder)
        self._name = hashlib.sha256(os.fsencode(project)).hexdigest()

    def index_all(
        self,
        files: Sequence[FileInfo],
        texts: Mapping[str, str],
        data: Mapping[str, bytes],
        jobs: int = 1,
    ) -> tuple[list[ModuleFacts], list[Problem]]:
        """As `index_all`; what is as it was the last time, is not read again. `texts` are what `data` decodes
        to."""
        digests = _digests([file for file in files if file.path in texts], data)
        content = _content(self._stored.read(self._name))
        known = _known(content, digests)
        facts, problems = index_all(files, texts, known, jobs)
        new = [each for each in facts if each.path not in known]
        if new:
            packed = {digests[each.path]: encoded(each) for each in new}
            kept = {digest: content[digest] for digest in digests.values() if digest in content}
            kept |= {digest: msgspec.Raw(each) for digest, each in packed.items() if each is not None}
            self._stored.write(self._name, msgspec.msgpack.encode(kept), _KEPT)
        return facts, problems


def _content(stored: memoryview | None) -> _Content:
    """Of another version, or made by somebody: as if it were not there."""
    with contextlib.suppress(msgspec.MsgspecError):
        return msgspec.msgpack.decode(stored, type=_Content) if stored is not None else {}
    return {}


def _known(content: _Content, digests: Mapping[str, str]) -> dict[str, ModuleFacts]:
    decoder = msgspec.msgpack.Decoder(ModuleFacts)
    found: dict[str, ModuleFacts] = {}
    for path, digest in digests.items():
        if digest in content:
            with contextlib.suppress(msgspec.MsgspecError, RecursionError):
                facts = decoder.decode(content[digest])
                if facts.path == path:
                    found[path] = facts
    return found


def _digests(files: Iterable[FileInfo], data: Mapping[str, bytes]) -> dict[str, str]:
    start = hashlib.sha256(tool())
    found: dict[str, str] = {}
    for file in files:
        made = start.copy()
        made.update(repr(file).encode())
        made.update(data[file.path])
        found[file.path] = made.hexdigest()
    return found
