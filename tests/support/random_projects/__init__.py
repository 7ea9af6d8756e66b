"""Small FastAPI projects at random: run before and after the migration, they must answer and act the same."""
