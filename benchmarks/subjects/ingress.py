"""Subject: the ingress from its zip, built as Lambda builds it."""

from rp_mw_ingress.handler import handler  # noqa: F401  what the driver calls
