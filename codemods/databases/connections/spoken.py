"""Which databases the code speaks of, where neither a URL nor a declared driver says which one it is.

from sqlalchemy.dialects.postgresql import JSONB
url = settings.url.replace("postgres://", "postgresql+psycopg://")
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...analysis.view import Views

_SCHEME = re.compile(r"""["'](?P<scheme>(?:postgres(?:ql)?|mysql|mariadb|sqlite)(?:\+\w+)?)(?:://|["'])""")
_DIALECT = re.compile(r"\bsqlalchemy\.dialects\.(?P<scheme>postgresql|mysql|sqlite)\b")


def schemes_spoken_of(views: Views) -> frozenset[str]:
    """`dialect`, and `dialect+driver`, in the whole program but its tests."""
    return frozenset(_spoken(views))


def _spoken(views: Views) -> Iterator[str]:
    for path, module in views.inference.program.modules.items():
        text = "" if module.facts.is_test else views.of(path).file.text
        for pattern in (_SCHEME, _DIALECT):
            yield from (found["scheme"] for found in pattern.finditer(text))
