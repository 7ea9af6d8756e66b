"""Looks for a project that answers or acts otherwise after its migration, and shrinks it.

    PYTHONPATH=tests/support python -m random_projects [--examples 200] [--seed 1]

Exit code 1 with the smallest such project on stdout; 0 with the numbers of what was compared.
"""

from __future__ import annotations

import argparse
import sys
import time

from .checking import DifferenceError, check


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    start = time.monotonic()
    try:
        compared = check(args.examples, args.seed)
    except DifferenceError as error:
        print(error)
        return 1
    print(f"{compared} in {time.monotonic() - start:.0f} s: no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
