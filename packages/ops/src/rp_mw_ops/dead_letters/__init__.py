"""Dead letters: reading them without consuming them, and sending them back to the queue they came from."""
