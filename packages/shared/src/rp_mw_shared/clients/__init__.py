"""Clients of other systems: HTTP with limits, secrets, and the mapping of AWS errors."""
