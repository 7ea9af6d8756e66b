"""Imports inside functions: they bring the twin, where they stand and as they are written."""

from __future__ import annotations

import pytest
from shop import USERS, again, obstacles, shop
from small_projects import Migrated

READ = "    user = crud.get_user(db, user_id)\n"
ONLY = USERS.partition("\n\n@router.put")[0]
FORMS = [
    (
        "    from app.crud import get_user\n    user = get_user(db, user_id)\n",
        "    from app.crud import get_user_async\n    user = await get_user_async(db, user_id)\n",
    ),
    (
        "    from app.crud import get_user  # else a circle\n    user = get_user(db, user_id)\n",
        "    from app.crud import get_user_async  # else a circle\n"
        "    user = await get_user_async(db, user_id)\n",
    ),
    (
        "    from .crud import get_user as find, get_order\n    user = find(db, user_id)\n",
        "    from .crud import get_user_async as find, get_order\n    user = await find(db, user_id)\n",
    ),
    (
        "    from app.crud import (\n        get_order,  # not used\n        get_user,\n    )\n"
        "    user = get_user(db, user_id) or get_user(db, 1)\n",
        "    from app.crud import (\n        get_order,  # not used\n        get_user_async,\n    )\n"
        "    user = await get_user_async(db, user_id) or await get_user_async(db, 1)\n",
    ),
    (
        "    if user_id:\n        from app.crud import get_user\n\n        user = get_user(db, user_id)\n",
        "    if user_id:\n        from app.crud import get_user_async\n\n"
        "        user = await get_user_async(db, user_id)\n",
    ),
    (
        "    from app import crud as found\n    user = found.get_user(db, user_id)\n",
        "    from app import crud as found\n    user = await found.get_user_async(db, user_id)\n",
    ),
]


def with_read(read: str, **files: str) -> Migrated:
    assert READ in ONLY
    return shop("app/users.py", users=ONLY.replace(READ, read), **files)


@pytest.mark.parametrize(("before", "after"), FORMS)
def test_it_brings_the_twin(before: str, after: str) -> None:
    done = with_read(before)
    assert obstacles(done) == []
    assert after in done.texts["app/users.py"]
    assert again(done.texts, "app/users.py").is_unchanged


@pytest.mark.parametrize(
    "read",
    [
        # one of two things
        "    from app.crud import get_user\n    if user_id > 9:\n        get_user = print\n"
        "    user = get_user(db, user_id)\n",
        "    try:\n        from app.crud import get_user\n    except ImportError:\n"
        "        from acme import get_user\n    user = get_user(db, user_id)\n",
        # nobody has the twin there
        "    from app.again import get_user\n    user = get_user(db, user_id)\n",
        # the name means something else in the function
        "    from app.crud import get_user\n    get_user_async = 1\n    user = get_user(db, user_id)\n",
        "    from app.crud import get_user\n    user = get_user(db, 1)\n    found = user.get_user_async\n",
        # below the async session it stays as it is
        "    from app.crud import get_user\n    user = db.run_sync(get_user, 1) or get_user(db, user_id)\n",
    ],
)
def test_what_is_not_plainly_brought_by_it_is_told(read: str) -> None:
    done = with_read(read, again="from app.crud import get_user\n")
    assert done.is_unchanged
    words = "get_user has an async twin, and is imported inside a function here"
    assert any(words in each for each in obstacles(done)) or "acme" in read, obstacles(done)
