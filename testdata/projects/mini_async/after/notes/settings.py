from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("NOTES_DATA", "data"))
SPELLING_URL = os.environ.get("NOTES_SPELLING_URL", "http://spelling.local")
PREVIEW_URL = os.environ.get("NOTES_PREVIEW_URL", "http://preview.local")
SMTP_HOST = os.environ.get("NOTES_SMTP_HOST", "localhost")
SMTP_PORT = int(os.environ.get("NOTES_SMTP_PORT", "25"))
