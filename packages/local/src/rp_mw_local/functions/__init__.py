"""Runs the built functions behind their queues, several processes of each, as Lambda's event source mapping does."""
