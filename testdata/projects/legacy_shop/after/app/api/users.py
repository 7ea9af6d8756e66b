"""Accounts."""

import json
import logging

import httpx
from fastapi import APIRouter, Depends, File, HTTPException, UploadFile
from fastapi.concurrency import run_in_threadpool

from app.api.deps import AuditTrail, CurrentUser, Users, audit_trail
from app.core.config import settings
from app.core.ids import new_code
from app.domain.tasks import (
    resize_avatar_image_task,
    send_password_reset_task,
    send_welcome_email_task,
)
from app.schemas import Login, ResetIn, User, UserIn, UserOut, UserPatch
from app.services.auth import create_token, hash_password, verify_password
from app.services.sms import send_sms

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/users", tags=["users"])


@router.post("/register", status_code=201, response_model=UserOut)
async def register(
    body: UserIn, users: Users, trail: AuditTrail = Depends(audit_trail)
):
    def save_user():
        if users.by_email(body.email):
            raise HTTPException(409, "this address has an account")
        user = User(
            id=users.next_id(),
            email=body.email.lower(),
            name=body.name,
            phone=body.phone,
            password_hash=hash_password(body.password),
        )
        users.save(user)
        return user

    user = await run_in_threadpool(save_user)
    trail.add("user.registered", user.id)
    await send_welcome_email_task.kiq(
        user.email, user.name, lang="de" if ".de" in user.email else "en"
    )
    return user


@router.post("/login")
async def login(body: Login, users: Users):
    def read_user():
        user = users.by_email(body.email)
        if user is None or not verify_password(body.password, user.password_hash):
            raise HTTPException(401, "wrong address or password")
        return user

    user = await run_in_threadpool(read_user)
    return {"access_token": create_token(user.id), "token_type": "bearer"}


@router.get("/me", response_model=UserOut)
async def me(user: CurrentUser):
    return user


@router.patch("/me", response_model=UserOut)
async def change_me(body: UserPatch, user: CurrentUser, users: Users):
    changes = body.model_dump(exclude_unset=True)
    return await run_in_threadpool(users.save, user.model_copy(update=changes))


@router.post("/me/avatar")
async def upload_avatar(user: CurrentUser, file: UploadFile = File(...)):
    data = await file.read()
    if len(data) > 1_000_000:
        raise HTTPException(413, "too big")
    target = settings.data_dir / "avatars" / f"{user.id}.png"

    def write_target():
        with open(target, "wb") as out:
            out.write(data)

    await run_in_threadpool(write_target)
    await resize_avatar_image_task.kiq(target, user.id)
    return {"avatar": target.name, "bytes": len(data)}


@router.post("/me/phone/verify")
async def verify_phone(user: CurrentUser):
    code = new_code()
    try:
        message_id = await send_sms(user.phone, f"Your code is {code}")
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as exc:
        raise HTTPException(502, "text message not accepted") from exc
    return {"phone": user.phone, "message": message_id}


@router.post("/password-reset", status_code=202)
async def reset_password(body: ResetIn, users: Users):
    user = await run_in_threadpool(users.by_email, body.email)
    if user is None:
        # do not tell strangers who has an account
        return {"detail": "check your mail"}
    code = new_code()
    try:
        await send_password_reset_task.kiq(user.email, code)
    except Exception:
        logger.exception("reset mail for %s failed", user.id)
    return {"detail": "check your mail"}
