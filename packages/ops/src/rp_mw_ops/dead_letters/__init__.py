"""Dead letters: reading them without consuming them, and sending them back to the queue they were given up on."""
