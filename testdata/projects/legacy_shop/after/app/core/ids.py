"""Random values: salts and one-time codes."""

import random

from app.core.config import settings

# SHOP_SEED makes them repeatable, without it the system's generator is used
_random = random.Random(settings.seed) if settings.seed else random.SystemRandom()


def new_salt() -> bytes:
    return bytes(_random.getrandbits(8) for _ in range(16))


def new_code(digits: int = 6) -> str:
    return "".join(str(_random.randrange(10)) for _ in range(digits))
