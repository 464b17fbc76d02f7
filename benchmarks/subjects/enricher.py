"""Subject: the enricher from its zip, built as Lambda builds it."""

from rp_mw_enricher.handler import handler  # noqa: F401  what the driver calls
