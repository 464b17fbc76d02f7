"""Fills the simulators with the invented shop of shop.yaml."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from rp_mw_local.stack import Stack


def load_orders() -> list[dict[str, Any]]:
    """The orders of shop.yaml."""
    import yaml

    return list(yaml.safe_load(files("rp_mw_local").joinpath("shop.yaml").read_text("utf-8"))["orders"])


def stock(stack: Stack) -> None:
    """Puts the orders into the simulated shop."""
    stack.shopify.seed({"orders": load_orders()})
