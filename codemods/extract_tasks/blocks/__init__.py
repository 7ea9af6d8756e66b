"""The statements that leave together with a slow call."""
