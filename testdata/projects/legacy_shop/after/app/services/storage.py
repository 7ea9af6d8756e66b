"""Files below the data folder."""

import json
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from app.core.config import settings


def image_path(sku: str) -> Path:
    return settings.data_dir / "uploads" / f"{sku}.png"


def thumbnail_path(sku: str) -> Path:
    return settings.data_dir / "thumbs" / f"{sku}.png"


def manual_path(sku: str) -> Path:
    return settings.data_dir / "manuals" / f"{sku}.txt"


def report_path(name: str) -> Path:
    # never let a client climb out of the folder
    return settings.data_dir / "reports" / os.path.basename(name)


def save_upload(source: BinaryIO, target: Path) -> int:
    """Copy an upload to its place and return its size in bytes."""
    with target.open("wb") as out:
        shutil.copyfileobj(source, out)
    return os.path.getsize(target)


def list_reports() -> list[str]:
    folder = settings.data_dir / "reports"
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def append_delivery(record: dict) -> None:
    with open(settings.data_dir / "deliveries.jsonl", "a", encoding="utf-8") as f:
        f.write(json.dumps(record, sort_keys=True) + "\n")
