"""What the calls of known libraries do to the thread they run on, and what replaces those that block it.

    catalogue = load()
    catalogue.find("requests.get")                  # blocking, http, twin httpx.AsyncClient.get
    catalogue.find_method("redis.Redis", "get")     # bases are climbed
    catalogue.canonical("requests.api.get")         # "requests.get"

The facts stand in the TOML files beside this one, one file a library; `schema.py` explains the form.
"""

from __future__ import annotations

from .entry import Argument, CallForm, CatalogueError, Effect, Entry
from .loader import load
from .lookup import Catalogue

__all__ = ["Argument", "CallForm", "Catalogue", "CatalogueError", "Effect", "Entry", "load"]
