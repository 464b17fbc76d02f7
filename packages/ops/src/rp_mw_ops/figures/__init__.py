"""What a period's decisions add up to, and what the metrics say beside it: for `stats`, the console and the report."""
