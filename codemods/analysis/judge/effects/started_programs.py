"""A process that works on videos, images or documents is slow work, as the libraries are that do the same:
`subprocess.run(["ffmpeg", "-i", source, target])`."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from ....catalogue import Effect, Entry
from ...index.bindings import How
from ...index.expr import Binary, Const, Display, Expr, Joined, Name
from ...index.facts import CallSite
from ...link.program import Key, Program

_STARTS = frozenset(
    {
        "os.system",
        "subprocess.Popen",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.run",
    }
)
_PROGRAMS = {
    "video": "ffmpeg avconv HandBrakeCLI MP4Box mencoder sox yt-dlp youtube-dl",
    "image": "convert magick mogrify gm vips cwebp rsvg-convert inkscape optipng pngquant tesseract",
    "pdf": "wkhtmltopdf wkhtmltoimage weasyprint gs pdftk qpdf pdftoppm ocrmypdf pdflatex xelatex lualatex",
    "document": "libreoffice soffice unoconv unoconvert pandoc ebook-convert",
}
_KINDS = {program: kind for kind, programs in _PROGRAMS.items() for program in programs.split()}


def of_its_program(program: Program, key: Key, site: CallSite, entry: Entry) -> Entry:
    """The entry of such a call as slow work of the program's kind, where that can be told."""
    if entry.name not in _STARTS:
        return entry
    command = site.args[0] if site.args else dict(site.keywords).get("args")
    kinds = {_KINDS.get(_name(words), "") for words in _commands(program, key, command)}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return replace(entry, effect=Effect.SLOW, category=kind) if kind else entry


def _commands(program: Program, key: Key, command: Expr | None) -> list[Expr | None]:
    """The expressions that a name of the function is bound to; another expression as it is."""
    if not isinstance(command, Name):
        return [command]
    bound = [each for each in program.scope(key).bindings if each.name == command.id]
    is_told = all(each.how in (How.ASSIGN, How.ANNOTATION, How.AUGMENTED) for each in bound)
    values = [each.value for each in bound if each.how is How.ASSIGN] if is_told else []
    return [value if isinstance(value, Expr) else None for value in values]


def _name(command: Expr | None) -> str:
    """`ffmpeg` of `["/usr/bin/ffmpeg", *options]`, `f"ffmpeg -i {source}"`, `["ffmpeg"] + options`."""
    if isinstance(command, Binary):
        return _name(command.left)
    if isinstance(command, (Display, Joined)):
        parts = command.items if isinstance(command, Display) else command.parts
        return _name(parts[0]) if parts else ""
    if not isinstance(command, Const) or not command.text.strip():
        return ""
    return posixpath.basename(command.text.split()[0]).removesuffix(".exe")
