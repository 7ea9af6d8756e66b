"""Work of the processor: hashing of passwords, compression, parsing, psutil's waits."""

import bcrypt
import hashlib
import psutil
from argon2 import PasswordHasher
from bs4 import BeautifulSoup
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import APIRouter
from hashlib import pbkdf2_hmac
from passlib.context import CryptContext
from werkzeug.security import check_password_hash, generate_password_hash

router = APIRouter()
pwd_context = CryptContext(schemes=["bcrypt"])
hasher = PasswordHasher()


def get_password_hash(password: str) -> str:
    return pwd_context.hash(password)


@router.post("/hash")
async def in_hash(password: str):
    return get_password_hash(password)  # blocks


@router.post("/verify")
async def verify(password: str, hashed: str):
    return pwd_context.verify(password, hashed)  # blocks


@router.post("/bcrypt")
async def in_bcrypt(password: str):
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()  # blocks


@router.post("/argon")
async def argon(password: str):
    return hasher.hash(password)  # blocks


@router.post("/pbkdf2")
async def pbkdf2(password: str):
    return pbkdf2_hmac("sha256", password.encode(), b"salt", 600_000).hex()  # blocks


@router.post("/scrypt")
async def scrypt(password: str):
    return hashlib.scrypt(password.encode(), salt=b"salt", n=2**14, r=8, p=1).hex()  # blocks


@router.post("/werkzeug")
async def werkzeug(password: str):
    return check_password_hash(generate_password_hash(password), password)  # blocks


@router.post("/rsa")
async def in_rsa():
    return rsa.generate_private_key(65537, 4096).key_size  # blocks


@router.get("/load")
async def load():
    return psutil.cpu_percent(interval=1)  # blocks


@router.post("/soup")
async def soup(html: str):
    return BeautifulSoup(html, "html.parser").title.text  # blocks
