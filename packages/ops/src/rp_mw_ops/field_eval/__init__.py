"""How much of what real customers and mail programs write is read rightly: rows with an expectation in words."""
