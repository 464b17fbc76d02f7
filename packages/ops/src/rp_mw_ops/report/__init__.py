"""What was done in a day or a week, each figure with its definition beside it: `rp-mw report`."""
