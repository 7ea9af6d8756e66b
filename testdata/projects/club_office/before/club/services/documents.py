"""PDF and archives."""

import zipfile
from datetime import datetime, timezone
from pathlib import Path

from fpdf import FPDF

from club.services.mailer import send_with_attachment
from club.settings import settings

PRINTED = datetime(2026, 3, 1, tzinfo=timezone.utc)


def _card(number: int, name: str) -> FPDF:
    pdf = FPDF()
    pdf.set_creation_date(PRINTED)
    pdf.add_page()
    pdf.set_font("Helvetica", size=14)
    pdf.cell(text=f"{number}: {name}")
    return pdf


def build_card(number: int, name: str) -> bytes:
    return bytes(_card(number, name).output())


def save_card(number: int, name: str, target: Path) -> None:
    _card(number, name).output(str(target))


def mail_card(number: int, name: str, to: str) -> None:
    send_with_attachment(to, "Your card", f"card{number}.pdf", build_card(number, name))


def pack_photos(year: int) -> None:
    target = settings.data / "exports" / f"{year}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted((settings.data / "photos").glob(f"{year}-*.png")):
            entry = zipfile.ZipInfo(path.name, PRINTED.timetuple()[:6])
            archive.writestr(entry, path.read_bytes())
