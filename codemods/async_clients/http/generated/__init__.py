"""The module that holds the clients of a project, as it is written."""
