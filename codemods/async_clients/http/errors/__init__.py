"""What calls raise, and who catches it: the errors of httpx take the place of those of other libraries."""
