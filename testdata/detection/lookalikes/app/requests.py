"""A project module of this name hides the library."""


def get(url: str) -> str:
    return url


def post(url: str) -> str:
    return url
