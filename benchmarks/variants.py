"""What is measured: our functions from their real zips, and what one would build instead."""

from __future__ import annotations

from dataclasses import dataclass

BARE = "boto3.client"
PYDANTIC = "pydantic + boto3"
POWERTOOLS = "Powertools + pydantic + boto3"
FLOOR = "libraries of our ingress zip alone"
INGRESS = "our ingress"
WORKER = "our worker"
ENRICHER = "our enricher"
INGRESS_BEFORE = "our ingress, earlier build"
WORKER_BEFORE = "our worker, earlier build"
CONVENTIONAL = "conventional worker"


@dataclass(frozen=True, slots=True)
class Variant:
    """`module` is the program; `service` names the zip it runs from, None for a peer; `answers` says whether it takes
    webhooks."""

    name: str
    module: str
    service: str | None = None
    answers: bool = False


VARIANTS = (
    Variant("interpreter", "interpreter"),
    Variant(BARE, "bare_boto3"),
    Variant("stdlib + boto3", "stdlib_boto3", answers=True),
    Variant(PYDANTIC, "pydantic_boto3", answers=True),
    Variant(POWERTOOLS, "powertools_pydantic", answers=True),
    Variant("Powertools resolver", "powertools_resolver", answers=True),
    Variant("FastAPI + Mangum", "fastapi_mangum", answers=True),
    Variant("Powertools idempotency + batch", "powertools_worker"),
    Variant(CONVENTIONAL, "conventional_worker"),
    Variant(FLOOR, "floor", "ingress"),
    Variant(INGRESS, "ingress", "ingress", answers=True),
    Variant(WORKER, "worker", "worker"),
    Variant(ENRICHER, "enricher", "enricher"),
)

# Measured beside the present build with `--before`, in folders named by service and this suffix.
EARLIER = "-before"
VARIANTS_BEFORE = (
    Variant(INGRESS_BEFORE, "ingress", f"ingress{EARLIER}", answers=True),
    Variant(WORKER_BEFORE, "worker", f"worker{EARLIER}"),
)
