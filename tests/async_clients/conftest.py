"""Makes the helpers of this folder importable by its tests, and runs the Redis server of a file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from servers import redis_server


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with redis_server() as found:
        yield found
