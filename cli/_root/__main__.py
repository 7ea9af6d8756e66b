"""`python -m async_fix`."""

from .cli.main import main

main()
