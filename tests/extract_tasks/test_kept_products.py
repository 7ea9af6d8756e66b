"""What keeps the product of slow work goes along, in a function as well: the house's own example."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

from projects import handler

STORE = """\
import os
from pathlib import Path

import boto3
from fastapi import HTTPException
from fpdf import FPDF

REPORTS = {}
ROOT = Path("reports")


def draw(lines: list[str]) -> bytes:
    pdf = FPDF()
    pdf.add_page()
    return bytes(pdf.output())


async def fetch(user_id: str) -> list[str]:
    return [user_id]


def keep(user_id: str, pdf: bytes) -> None:
    (ROOT / user_id).write_bytes(pdf)


async def keep_later(user_id: str, pdf: bytes) -> None:
    keep(user_id, pdf)


def keep_far_away(user_id: str, pdf: bytes) -> None:
    boto3.client("s3").put_object(Bucket="reports", Key=user_id, Body=pdf)


class Shelf:
    def __init__(self, root: str = "shelf") -> None:
        self.root = root
        self.count = 0

    def keep(self, name: str, pdf: bytes) -> None:
        with open(os.path.join(self.root, name), "wb") as file:
            file.write(pdf)

    def keep_and_count(self, name: str, pdf: bytes) -> None:
        self.count += 1
        self.keep(name, pdf)


shelf = Shelf()


def remember(user_id: str, pdf: bytes) -> None:
    REPORTS[user_id] = pdf


def refuse(user_id: str, pdf: bytes) -> None:
    if len(pdf) > 9:
        raise HTTPException(413)
    keep(user_id, pdf)


def keep_and_tell(user_id: str, pdf: bytes) -> str:
    keep(user_id, pdf)
    return f"reports of {user_id}"


def check_pdf(pdf: bytes) -> None:
    if not pdf.startswith(b"%PDF"):
        raise ValueError("no pdf")


def size(user_id: str) -> int:
    return len((ROOT / user_id).read_bytes())


def names() -> list[str]:
    return os.listdir(ROOT)
"""
MOVES = {
    "the house": "lines = await fetch(user_id)\npdf = draw(lines)\nawait keep_later(user_id, pdf)\nreturn {}",
    "a function": "pdf = draw([user_id])\nkeep(user_id, pdf)\nreturn {}",
    "within the call": "keep(user_id, draw([user_id]))\nreturn {}",
    "an object of the module": "pdf = draw([user_id])\nshelf.keep(user_id, pdf)\nreturn {}",
    "an object of its own": 'pdf = draw([user_id])\nShelf("s").keep(user_id, pdf)\nreturn {}',
    "another service": "pdf = draw([user_id])\nkeep_far_away(user_id, pdf)\nreturn {}",
    "twice": "pdf = draw([user_id])\nkeep(user_id, pdf)\nkeep_far_away(user_id, pdf)\nreturn {}",
    "in a loop": "for name in user_id.split():\n    pdf = draw([name])\n    keep(name, pdf)\nreturn {}",
}
STAYS = {
    "the memory of the process": "pdf = draw([user_id])\nremember(user_id, pdf)\nreturn {}",
    "an object that counts": "pdf = draw([user_id])\nshelf.keep_and_count(user_id, pdf)\nreturn {}",
    "what the client is told": "pdf = draw([user_id])\nrefuse(user_id, pdf)\nreturn {}",
    "what it gives": "pdf = draw([user_id])\nplace = keep_and_tell(user_id, pdf)\nreturn {'place': place}",
    "a check": "pdf = draw([user_id])\ncheck_pdf(pdf)\nreturn {}",
    "the product in the answer": "pdf = draw([user_id])\nkeep(user_id, pdf)\nreturn {'size': len(pdf)}",
    "a function that reads it": "pdf = draw([user_id])\nkeep(user_id, pdf)\nreturn {'size': size(user_id)}",
    "one that reads what was kept here": "pdf = draw([user_id])\n(ROOT / user_id).write_bytes(pdf)\n"
    "return {'size': size(user_id)}",
    "one that looks which there are": "pdf = draw([user_id])\nkeep(user_id, pdf)\nreturn names()",
    "what is kept before": "keep(user_id, b'')\npdf = draw([user_id])\nreturn len(pdf)",
}


def test_what_keeps_the_product_goes_along(tmp_path: Path) -> None:
    cases = [*MOVES.values(), *STAYS.values()]
    routes = "\n\n".join(
        f'@router.post("/h{number}")\nasync def h{number}(user_id: str):\n{indent(body, "    ")}\n'
        for number, body in enumerate(cases)
    )
    done = handler(tmp_path, f"from app.store import *\n\n\n{routes}", store=STORE)
    moved = {name for number, name in enumerate([*MOVES, *STAYS]) if ".kiq(" in done.body(f"h{number}")}
    assert moved == set(MOVES)
    assert "await generate_h0_pdf_task.kiq(lines, user_id)" in done.body("h0")


PARTS = {
    "a sheet": """\
book = openpyxl.Workbook()
sheet = book.active
for number in range(9):
    sheet.append([number, name])
sheet["A1"].value = "number"
book.save(f"{name}.xlsx")
return {}""",
    "a paragraph of a document": """\
text = Document()
paragraph = text.add_paragraph(name)
paragraph.add_run("bold").bold = True
text.save(f"{name}.docx")
return {}""",
    "a sheet that the answer counts": """\
book = openpyxl.Workbook()
sheet = book.active
sheet.append([name])
book.save(f"{name}.xlsx")
return {"rows": sheet.max_row}""",
    "a sheet that a function of the project fills": """\
book = openpyxl.Workbook()
sheet = book.active
fill(sheet, name)
book.save(f"{name}.xlsx")
return {}""",
    "a sheet whose rows decide what is told": """\
book = openpyxl.load_workbook(f"{name}.xlsx")
sheet = book.active
if sheet.max_row > 9:
    raise HTTPException(413)
sheet.append([name])
book.save(f"{name}.xlsx")
return {}""",
}


def test_parts_of_what_is_made_are_filled_by_the_task(tmp_path: Path) -> None:
    """`sheet.append(..)` speaks of the sheet alone: such spreadsheets had stayed in the request."""
    routes = "\n\n".join(
        f'@router.post("/h{number}")\ndef h{number}(name: str):\n{indent(body, "    ")}\n'
        for number, body in enumerate(PARTS.values())
    )
    imports = "import openpyxl\nfrom docx import Document\nfrom fastapi import HTTPException\n\n"
    fill = "\ndef fill(sheet, name):\n    sheet.append([name or refuse()])\n\n\n"
    fill += "def refuse():\n    raise HTTPException(400)\n\n\n"
    done = handler(tmp_path, imports + fill + routes)
    moved = {name for number, name in enumerate(PARTS) if ".kiq(" in done.body(f"h{number}")}
    assert moved == {"a sheet", "a paragraph of a document"}
