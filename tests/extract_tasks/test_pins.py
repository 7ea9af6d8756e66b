"""The newest version of a distribution that the dependency files allow, however they say it."""

from __future__ import annotations

from math import inf

import pytest
from async_fix.codemods.extract_tasks.generated.pins import newest

SAY_NOTHING = (
    "redis",
    "redis>=4.5",
    "redis>4.5",
    "redis!=4.5.5",
    'redis = "*"',
    'redis = ">=4"',
    "redis (>=4)",
    "types-redis==4.6",
    "redis-py-cluster==2.1",
    "celery[redis]==5.3",
    "# redis==3.5",
    "fastapi  # with redis<6",
    'cache = "redis://localhost:6379/5"',
)
PINS = {
    "redis==5.0.1": (5, 0),
    "redis[hiredis]>=5,<6": (5, inf),
    "redis==5.*": (5, inf),
    "redis==5.2.*": (5, 2),
    "redis<6.0.0": (5, inf),
    "redis<6.4": (6, 3),
    "redis<6.0.4": (6, 0),
    "redis<=6.4": (6, 4),
    "redis~=4.6": (4, inf),
    "redis~=4.6.1": (4, 6),
    'dependencies = ["fastapi>=0.100", "redis>=5,<7"]': (6, inf),
    'dependencies = ["redis (>=5.0,<5.1)"]': (5, 0),
    'redis = "^5.0.1"': (5, inf),
    'redis = "^0.5"': (0, 5),
    'redis = "^0"': (0, inf),
    'redis = "~4.6"': (4, 6),
    'redis = "~4"': (4, inf),
    'redis = "5.0.1"': (5, 0),
    'redis = "==4.5.4"': (4, 5),
    'redis = ">=4.5,<6"': (5, inf),
    'redis = {version = "^5.0", extras = ["hiredis"]}': (5, inf),
    'redis = {extras = ["hiredis"], version = "^5.0"}': (5, inf),
    "redis<5\nredis==4.2": (4, 2),
}


@pytest.mark.parametrize("declared", SAY_NOTHING)
def test_no_limit_is_read_where_none_is_set(declared: str) -> None:
    assert newest("redis", f"fastapi\n{declared}\nuvicorn==9.9\n") is None


@pytest.mark.parametrize("declared", PINS)
def test_the_limit_is_read_in_every_form(declared: str) -> None:
    assert newest("redis", f"fastapi\n{declared}\nuvicorn==9.9\n") == PINS[declared]
