"""What would have been done with the tickets of a helpdesk's export: read, decide in memory, count, forget."""
