"""`rp-mw doctor`: whether everything an environment needs is there, and what to do where it is not."""
