"""`python -m async_fix`."""

import os
import sys

# `-m` puts the current folder in front: a `queue.py` or `click.py` of the user's would be imported for ours
try:
    if sys.path and os.path.realpath(sys.path[0] or os.curdir) == os.path.realpath(os.curdir):
        del sys.path[0]
except OSError:  # the folder is gone; no `contextlib` here, for the user's own might be imported
    pass

from .cli.main import main

if __name__ == "__main__":
    main()
