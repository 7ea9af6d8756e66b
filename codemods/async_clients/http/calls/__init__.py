"""One request, written anew for an async client."""
