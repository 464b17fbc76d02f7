"""The kill switch and its siblings: read with a cache, failing closed, and set with an audit record."""
