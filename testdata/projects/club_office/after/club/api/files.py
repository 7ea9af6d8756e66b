"""PDF, pictures and archives."""

import shutil

from fastapi import APIRouter, File, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from club.domain.tasks import (
    generate_report_pdf_task,
    mail_card_task,
    make_thumbnail_task,
    pack_photos_task,
    process_photo_bytes_image_task,
    process_photo_later_image_task,
    resize_photo_inline_image_task,
    resize_photo_poster_image_task,
    save_card_task,
    send_card_built_mailed_email_task,
)
from club.domain.uploads import stored_upload
from club.services.documents import build_card, save_card
from club.services.pictures import shrink
from club.settings import settings

router = APIRouter(prefix="/files", tags=["files"])


@router.get("/card/{number}")
async def card(number: int, name: str):
    return Response(await run_in_threadpool(build_card, number, name), media_type="application/pdf")


@router.get("/card-file/{number}")
async def card_file(number: int, name: str):
    target = settings.data / "cards" / f"{number}.pdf"
    await run_in_threadpool(save_card, number, name, target)
    return FileResponse(target)


@router.post("/card-saved/{number}")
async def card_saved(number: int, name: str):
    await save_card_task.kiq(number, name, settings.data / "cards" / f"{number}.pdf")
    return {"number": number}


@router.post("/card-told/{number}")
async def card_told(number: int, name: str):
    target = settings.data / "cards" / f"told-{number}.pdf"
    await run_in_threadpool(save_card, number, name, target)
    return {"path": str(target.name)}


@router.post("/card-mailed/{number}")
async def card_mailed(number: int, name: str, email: str):
    await mail_card_task.kiq(number, name, email)
    return {"number": number}


@router.post("/card-built-and-mailed/{number}")
async def card_built_and_mailed(number: int, name: str, email: str):
    await send_card_built_mailed_email_task.kiq(number, name, email)
    return {"number": number}


@router.post("/report")
async def report(title: str, lines: list[str]):
    await generate_report_pdf_task.kiq(title, lines)
    return {"title": title}


@router.post("/photo")
async def photo(year: int, file: UploadFile = File(...)):
    target = settings.data / "photos" / f"{year}-a.png"

    def copy_file():
        with open(target, "wb") as out:
            shutil.copyfileobj(file.file, out)

    await run_in_threadpool(copy_file)
    await make_thumbnail_task.kiq(target, target.with_name(f"{year}-small.png"))
    return {"year": year}


@router.post("/photo-bytes")
async def photo_bytes(year: int, file: UploadFile = File(...)):
    async with stored_upload(file) as file_path:
        await process_photo_bytes_image_task.kiq(file_path, year)
    return {"year": year}


@router.post("/photo-preview")
async def photo_preview(file: UploadFile = File(...)):
    data = await file.read()
    return Response(await run_in_threadpool(shrink, data, 16), media_type="image/png")


@router.post("/photo-inline")
async def photo_inline(year: int, file: UploadFile = File(...)):
    name = settings.data / "photos" / f"{year}-c.png"

    def write_file():
        with open(name, "wb") as out:
            out.write(file.file.read())

    await run_in_threadpool(write_file)
    await resize_photo_inline_image_task.kiq(name, year)
    return {"year": year}


@router.post("/photo-poster")
async def photo_poster(year: int, file: UploadFile = File(...)):
    async with stored_upload(file) as file_path:
        await resize_photo_poster_image_task.kiq(file_path, year)
    return {"year": year, "from": file.filename}


@router.post("/photo-later")
async def photo_later(year: int, file: UploadFile = File(...)):
    async with stored_upload(file) as file_path:
        await process_photo_later_image_task.kiq(file_path, year)
    return {"year": year}


@router.post("/pack")
async def pack(year: int):
    await pack_photos_task.kiq(year)
    return {"year": year}


@router.post("/pack-now")
async def pack_now(year: int):
    await pack_photos_task.kiq(year)
    return {"year": year}
