class NotFound(Exception):
    def __init__(self, what: str) -> None:
        self.what = what


class Conflict(Exception):
    """The request does not fit the state of things."""
