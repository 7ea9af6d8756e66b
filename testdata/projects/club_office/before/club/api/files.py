"""PDF, pictures and archives."""

import shutil

from fastapi import APIRouter, BackgroundTasks, File, Response, UploadFile
from fastapi.responses import FileResponse
from fpdf import FPDF
from PIL import Image

from club.services.documents import PRINTED, build_card, mail_card, pack_photos, save_card
from club.services.mailer import send_with_attachment
from club.services.pictures import make_thumbnail, save_photo, shrink
from club.settings import settings

router = APIRouter(prefix="/files", tags=["files"])


@router.get("/card/{number}")
def card(number: int, name: str):
    return Response(build_card(number, name), media_type="application/pdf")


@router.get("/card-file/{number}")
def card_file(number: int, name: str):
    target = settings.data / "cards" / f"{number}.pdf"
    save_card(number, name, target)
    return FileResponse(target)


@router.post("/card-saved/{number}")
def card_saved(number: int, name: str):
    save_card(number, name, settings.data / "cards" / f"{number}.pdf")
    return {"number": number}


@router.post("/card-told/{number}")
def card_told(number: int, name: str):
    target = settings.data / "cards" / f"told-{number}.pdf"
    save_card(number, name, target)
    return {"path": str(target.name)}


@router.post("/card-mailed/{number}")
def card_mailed(number: int, name: str, email: str):
    mail_card(number, name, email)
    return {"number": number}


@router.post("/card-built-and-mailed/{number}")
def card_built_and_mailed(number: int, name: str, email: str):
    pdf = build_card(number, name)
    send_with_attachment(email, "Your card", f"{number}.pdf", pdf)
    return {"number": number}


@router.post("/report")
def report(title: str, lines: list[str]):
    pdf = FPDF()
    pdf.set_creation_date(PRINTED)
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text=title)
    for line in lines:
        pdf.ln()
        pdf.cell(text=line)
    pdf.output(str(settings.data / "reports" / f"{title}.pdf"))
    return {"title": title}


@router.post("/photo")
def photo(year: int, file: UploadFile = File(...)):
    target = settings.data / "photos" / f"{year}-a.png"
    with open(target, "wb") as out:
        shutil.copyfileobj(file.file, out)
    make_thumbnail(target, target.with_name(f"{year}-small.png"))
    return {"year": year}


@router.post("/photo-bytes")
async def photo_bytes(year: int, file: UploadFile = File(...)):
    data = await file.read()
    save_photo(data, str(settings.data / "photos" / f"{year}-b.png"))
    return {"year": year}


@router.post("/photo-preview")
async def photo_preview(file: UploadFile = File(...)):
    data = await file.read()
    return Response(shrink(data, 16), media_type="image/png")


@router.post("/photo-inline")
def photo_inline(year: int, file: UploadFile = File(...)):
    name = settings.data / "photos" / f"{year}-c.png"
    with open(name, "wb") as out:
        out.write(file.file.read())
    with Image.open(name) as image:
        image.thumbnail((32, 32))
        image.save(settings.data / "photos" / f"{year}-c-small.png")
    return {"year": year}


@router.post("/photo-poster")
async def photo_poster(year: int, file: UploadFile = File(...)):
    with Image.open(file.file) as image:
        image.thumbnail((48, 48))
        image.save(settings.data / "photos" / f"{year}-poster.png")
    return {"year": year, "from": file.filename}


@router.post("/photo-later")
async def photo_later(year: int, background: BackgroundTasks, file: UploadFile = File(...)):
    data = await file.read()
    background.add_task(save_photo, data, str(settings.data / "photos" / f"{year}-later.png"))
    return {"year": year}


@router.post("/pack")
def pack(year: int, background: BackgroundTasks):
    background.add_task(pack_photos, year)
    return {"year": year}


@router.post("/pack-now")
def pack_now(year: int):
    pack_photos(year)
    return {"year": year}
