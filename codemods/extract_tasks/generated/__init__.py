"""The files that tasks need: tasks module, broker, lifespan, test environment."""
