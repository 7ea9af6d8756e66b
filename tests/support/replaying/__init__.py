"""Runs a project in an interpreter of its own: what its clients, its neighbours and its event loop see."""
