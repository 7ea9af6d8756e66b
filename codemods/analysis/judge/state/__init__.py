"""What outlives a call or belongs to one thread: locks, connections, variables of the context."""
