"""Nothing twice: keys, the ledger's port, its adapters and the statements for merged writes."""
