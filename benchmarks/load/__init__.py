"""Load through the real zips: who writes what, which build serves it, what came of it."""
