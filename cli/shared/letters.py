"""What is shown of code and of file names: no letter in it steers the terminal or the log that shows it."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Source may hold escape sequences and marks that turn text around; nothing must obey them."""
    return _CONTROL.sub(lambda match: _escaped(ord(match[0])), text)


def in_one_line(text: str) -> str:
    """A file name may hold line ends as well, and what follows would pass for a line of ours."""
    return harmless(text).replace("\n", _escaped(10))


def _escaped(number: int) -> str:
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
