"""The parts of the decision how a blocking call leaves the event loop."""
