"""Collections kept in JSON files, one file a collection."""

import json
import os
import threading
from pathlib import Path
from typing import Any

from app.core.config import settings


class JsonStore:
    def __init__(self, root: Path):
        self.root = root
        self._lock = threading.Lock()

    def load(self, name: str) -> dict[str, Any]:
        path = self.root / f"{name}.json"
        if not path.exists():
            return {}
        with open(path, encoding="utf-8") as f:
            return json.load(f)

    def put(self, name: str, key: str, row: dict[str, Any]) -> None:
        """Insert or replace one row."""
        with self._lock:
            rows = self.load(name)
            rows[key] = row
            self._write(name, rows)

    def next_number(self, name: str) -> int:
        with self._lock:
            counters = self.load("counters")
            counters[name] = counters.get(name, 0) + 1
            self._write("counters", counters)
            return counters[name]

    def _write(self, name: str, rows: dict[str, Any]) -> None:
        # write beside and rename, so a crash never leaves half a file
        path = self.root / f"{name}.json"
        partial = path.with_suffix(".tmp")
        with open(partial, "w", encoding="utf-8") as f:
            json.dump(rows, f, indent=1, sort_keys=True)
        os.replace(partial, path)


store = JsonStore(settings.data_dir)
