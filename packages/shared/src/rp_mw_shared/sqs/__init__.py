"""FIFO batches and dead letters."""
