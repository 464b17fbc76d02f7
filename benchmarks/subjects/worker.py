"""Subject: the worker from its zip, built as Lambda builds it, with the embedded classifier's model in memory."""

from __future__ import annotations

from rp_mw_worker import wiring
from rp_mw_worker.handler import handler  # noqa: F401  what the driver calls

wiring.worker()._deps.classifiers.embedded  # noqa: B018  reads the model file
