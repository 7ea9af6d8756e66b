"""A SQLAlchemy or SQLModel database made async as a whole."""
