"""The flow of control and data through one function."""
