"""async-fix: makes a legacy FastAPI code base async without breaking it."""

__version__ = "0.1.0"
