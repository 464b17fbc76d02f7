"""What an environment consists of and how the tools find one. For the tools only: no service's zip carries it."""
