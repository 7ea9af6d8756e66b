from io import BytesIO
from pathlib import Path

from PIL import Image


def make_thumbnail(source: Path, target: Path, size: int = 64) -> None:
    with Image.open(source) as image:
        image.thumbnail((size, size))
        image.save(target)


def shrink(data: bytes, size: int) -> bytes:
    image = Image.open(BytesIO(data))
    image.thumbnail((size, size))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def save_photo(data: bytes, target: str) -> None:
    image = Image.open(BytesIO(data))
    image.thumbnail((200, 200))
    image.save(target)
