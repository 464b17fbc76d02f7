"""Floor: an interpreter that imports nothing."""
