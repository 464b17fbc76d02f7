"""The files a policy consists of, and the shape of each."""

from __future__ import annotations

from typing import Any

from rp_mw_worker.domain.policy import (
    IntentRule,
    ScreenWords,
    Settings,
    ShippingRules,
    Templates,
)

FILES: dict[str, Any] = {
    "intents": dict[str, IntentRule],
    "templates": Templates,
    "settings": Settings,
    "shipping_methods": ShippingRules,
    "screen": ScreenWords,
}
# Files that may be there once more for each further language, as <name>.<language>.yaml.
LANGUAGE_FILES: dict[str, Any] = {"screen": ScreenWords}


def file_shape(name: str) -> Any:
    """Return the type of the file `name`, given without its `.yaml`."""
    return FILES.get(name) or LANGUAGE_FILES[name.partition(".")[0]]
