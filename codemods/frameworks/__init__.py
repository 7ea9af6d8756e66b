"""What FastAPI and Starlette call: handlers, dependencies, lifespans, and where they run."""
