"""The story of `make demo`: the scenarios, and the runner that plays one on a running stack and tells what happens."""
