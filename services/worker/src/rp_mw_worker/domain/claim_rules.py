"""What a reply may claim, as claims.yaml holds it: each claim, the facts that prove it, and the words that say it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rp_mw_worker.domain.policy_file import Strict

ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class ClaimRule(Strict):
    """One factual claim. Any fact of `proved_by` proves it; any of `never_with` refutes it (`evidence.FACT_NAMES`).

    `words` are, by language (ISO 639-1), the phrases that say it; words inside a phrase of `harmless` do not.
    """

    means: str
    proved_by: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    never_with: tuple[str, ...] = ()
    harmless: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimRules(Strict):
    """Everything in claims.yaml. `statements` are the claims of each statement of templates.yaml, by its name."""

    claims: dict[str, ClaimRule]
    statements: dict[str, tuple[str, ...]]


NO_CLAIMS = ClaimRules({}, {})
