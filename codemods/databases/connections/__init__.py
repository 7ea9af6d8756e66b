"""Where a database is made and used: engines, URLs, drivers, sessions, tables, migrations."""
