"""`requests` and `httpx` -> `httpx.AsyncClient`: arguments, responses, exceptions, sessions, streams."""
