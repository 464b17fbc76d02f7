"""Training of the embedded classifier; needs requirements-train.in, nothing of it ships."""
