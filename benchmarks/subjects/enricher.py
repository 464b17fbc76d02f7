"""Subject: the enricher from its zip, with its clients, as after the first batch."""

from __future__ import annotations

from rp_mw_enricher import wiring
from rp_mw_enricher.handler import handler  # noqa: F401  what the driver calls

wiring.enricher_function()
