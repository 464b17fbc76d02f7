"""Planned values of every stack, held against tests/infrastructure/intent.yaml."""
