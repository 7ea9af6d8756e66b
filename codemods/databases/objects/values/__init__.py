"""Objects of the database in names and lists: where they come from, and which session knows them."""
