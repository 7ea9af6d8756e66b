"""A function that reads an open file waits for what it is given: `json.load(response)` for a server, and
`json.load(io.BytesIO(content))` for nobody."""

from __future__ import annotations

from msgspec.structs import replace

from ....catalogue import Effect, Entry
from ...index.facts import CallSite
from ...link.infer import Inference
from ...link.kinds import Inst
from ...link.libraries.opened import IN_MEMORY
from ...link.program import Key

_FILE = "file"


def of_what_is_read(inference: Inference, key: Key, site: CallSite, entry: Entry) -> Entry:
    """The entry of such a call in the category of its first argument, where that is no file; that of
    `json.loads` where it is in memory."""
    if entry.effect is not Effect.BLOCKING or entry.category != _FILE or not site.args:
        return entry
    kinds = inference.kinds(key, site.args[0], site.span.line)
    owners = {kind.name if isinstance(kind, Inst) else "" for kind in kinds}
    reads = [inference.program.catalogue.find_method(owner, "read") for owner in owners if owner]
    as_text = inference.program.catalogue.find(f"{entry.name}s") if entry.name.endswith(".load") else None
    if owners and owners <= IN_MEMORY and as_text is not None and as_text.effect is Effect.FAST:
        return as_text
    categories = {read.category for read in reads if read is not None and read.effect is Effect.BLOCKING}
    if len(owners) != len(reads) or len(categories) != 1 or _FILE in categories:
        return entry
    return replace(entry, category=categories.pop())
