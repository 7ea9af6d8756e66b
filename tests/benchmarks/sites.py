"""The blocking sites of real code bases by what is done about them, and why nothing better is done.

python tests/benchmarks/sites.py ROOT [PATH ...]        # the paths of the API layer, below ROOT
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.model import Finding, RemedyKind

_SHOWN = 25


def main() -> None:
    root, *paths = map(Path, sys.argv[1:])
    run = pipeline.start([root / path for path in paths] or [root], Config())
    sites = [finding for finding in pipeline.check(run).findings if finding.code != "AF101"]
    kinds = Counter(site.remedy for site in sites)
    print(
        f"{root.name}: {len(sites)} sites; " + ", ".join(f"{kinds[kind]} {kind.value}" for kind in RemedyKind)
    )
    print(
        f"  of these offloaded for want of a twin: {sum(', because ' in site.remedy_text for site in sites)}"
    )
    for (kind, why), number in Counter(map(_why, sites)).most_common(_SHOWN):
        if why:
            print(f"{number:6}  {kind}: {why}")


def _why(site: Finding) -> tuple[str, str]:
    if site.remedy is RemedyKind.LEAVE:
        return "left", site.remedy_text
    return "offloaded", site.remedy_text.partition(", because ")[2]


if __name__ == "__main__":
    main()
