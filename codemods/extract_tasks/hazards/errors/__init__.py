"""Errors that leave work: who waits for it would answer them."""
