"""Passwords and access tokens."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

from app.core.clock import now
from app.core.config import settings
from app.core.ids import new_salt


def hash_password(password: str) -> str:
    salt = new_salt()
    rounds = settings.password_rounds
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    return f"{rounds}${salt.hex()}${digest.hex()}"


def verify_password(password: str, stored: str) -> bool:
    rounds, salt, expected = stored.split("$")
    digest = hashlib.pbkdf2_hmac(
        "sha256", password.encode(), bytes.fromhex(salt), int(rounds)
    )
    return hmac.compare_digest(digest.hex(), expected)


def sign(text: str) -> str:
    key = settings.secret.encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def create_token(user_id: str) -> str:
    expires = now() + timedelta(minutes=settings.token_minutes)
    claims = json.dumps({"sub": user_id, "exp": expires.timestamp()}, sort_keys=True)
    payload = base64.urlsafe_b64encode(claims.encode()).decode()
    return f"{payload}.{sign(payload)}"


def read_token(token: str) -> str | None:
    """The user's id, or None if the token is forged or too old."""
    payload, _, signature = token.partition(".")
    if not hmac.compare_digest(signature, sign(payload)):
        return None
    claims = json.loads(base64.urlsafe_b64decode(payload))
    return claims["sub"] if claims["exp"] > now().timestamp() else None
