"""What follows from config/topology.yaml and is committed all the same: `make generate` writes it, a test holds it."""
