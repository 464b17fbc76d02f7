"""Deploying one service to one environment, and going back: `make plan`, `make deploy`, `make rollback`."""
