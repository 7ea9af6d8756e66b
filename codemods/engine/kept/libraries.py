"""The catalogue's files as they were read before, in the user's cache folder: reading TOML takes eight times
as long."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path

import msgspec

from ...catalogue.loader import Library, read_file
from .stored import Stored, tool

_KEPT = 256
"""Files: all of the catalogue, of a few versions of the tool."""


@cache
def kept_library(folder: Path, path: Path) -> Library:
    """As `read_file`; a folder that cannot be used is as good as an empty one. It has nothing of an edited
    file, nor of another version of the tool."""
    stored = Stored(folder)
    name = hashlib.sha256(tool() + os.fsencode(path)).hexdigest()
    content = stored.read(name)
    if content is not None:
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(content, type=Library)
    library = read_file(path)
    stored.write(name, msgspec.msgpack.encode(library), _KEPT)
    return library
