"""The page in the browser: what the commands tell, read-only, served on this machine alone."""
