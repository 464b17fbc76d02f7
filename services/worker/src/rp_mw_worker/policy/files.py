"""The files a policy consists of, and the shape of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rp_mw_worker.domain.carriers import CarrierRules
from rp_mw_worker.domain.claim_rules import ClaimRules
from rp_mw_worker.domain.machine_rules import MachineWords
from rp_mw_worker.domain.matter_rules import Matters
from rp_mw_worker.domain.policy import (
    ChannelNames,
    IntentRule,
    ProductWords,
    Settings,
    ShippingRules,
    Templates,
)
from rp_mw_worker.domain.rollout_rules import RolloutRules
from rp_mw_worker.domain.screen_rules import ScreenWords

FILES: dict[str, Any] = {
    "intents": dict[str, IntentRule],
    "templates": Templates,
    "settings": Settings,
    "shipping_methods": ShippingRules,
    "screen": ScreenWords,
    "product_words": ProductWords,
    "machine_marks": MachineWords,
    "channels": ChannelNames,
    "matters": Matters,
    "claims": ClaimRules,
    "carriers": CarrierRules,
    "rollout": RolloutRules,
}
# Files that may be there once more for each further language, as <name>.<language>.yaml.
LANGUAGE_FILES: dict[str, Any] = {"screen": ScreenWords, "templates": Templates}
# The common words a language is told by: the product's own, the same for every shop.
LANGUAGE_WORDS = Path(__file__).parent / "language_words.json"
# What mail programs and companies add to a message: the product's own too.
MAIL_MARKS = Path(__file__).parent / "mail_marks.yaml"
# The screen's words of languages that nobody is answered in: the product's own too.
FURTHER_LANGUAGES = Path(__file__).parent / "further_languages.json"


def file_shape(name: str) -> Any:
    """Return the type of the file `name`, given without its `.yaml`."""
    return FILES.get(name) or LANGUAGE_FILES[name.partition(".")[0]]
