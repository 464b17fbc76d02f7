"""The faces of the tool: one module a sub-command, with `add_arguments(parser)` and `run(args) -> int`."""
