"""What a call does to its thread: nothing, blocks, is slow, gives something to await, or nobody knows."""
