"""Small copies of product pictures."""

import io
import logging
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from app.core.errors import StorageError

logger = logging.getLogger(__name__)


def make_thumbnail(source: Path, target: Path, size: int) -> None:
    try:
        with Image.open(source) as image:
            image.thumbnail((size, size))
            image.save(target, format="PNG")
    except UnidentifiedImageError:
        # the upload itself is kept: somebody may repair it
        logger.warning("%s is not a picture", source.name)


def render_thumbnail(source: Path, size: int) -> bytes:
    buffer = io.BytesIO()
    try:
        with Image.open(source) as image:
            image.thumbnail((size, size))
            image.save(buffer, format="PNG")
    except UnidentifiedImageError as exc:
        raise StorageError(f"{source.name} is not a picture") from exc
    return buffer.getvalue()
