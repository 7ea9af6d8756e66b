"""The user's own tests, before and after."""
