"""A vendor's request budget, shared by all processes of an account."""
