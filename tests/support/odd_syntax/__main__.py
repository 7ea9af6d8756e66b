"""Looks for a module whose spelling brings the rewriter down, and shrinks it.

    PYTHONPATH=tests/support python -m odd_syntax [--examples 2000] [--seed 1]

Exit code 1 with the smallest such module on stdout; 0 with the numbers of what was read and changed.
"""

from __future__ import annotations

import argparse
import sys
import time

from .checking import WrongError, check


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-shrink", action="store_true", help="the first one found, as it is")
    args = parser.parse_args()
    start = time.monotonic()
    try:
        seen = check(args.examples, args.seed, shrink=not args.no_shrink)
    except WrongError as error:
        print(error, f"{type(error.__cause__).__name__}: {error.__cause__}", sep="\n")
        return 1
    print(f"{seen} in {time.monotonic() - start:.0f} s: nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
