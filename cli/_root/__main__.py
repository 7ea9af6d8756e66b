"""`python -m async_fix`."""

import os
import sys

# `-m` puts the current folder in front: a `queue.py` or `click.py` of the user's would be imported for ours
try:
    if sys.path and os.path.realpath(sys.path[0] or os.curdir) == os.path.realpath(os.curdir):
        del sys.path[0]
except OSError:  # noqa: SIM105 (a `contextlib.py` of the user's might be imported); the folder is gone
    pass

from .cli.main import main

if __name__ == "__main__":
    main()
