"""The simulated shop, in a size for every run of the tests; `make shop` runs 10,000 customers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rp_mw_worker.domain.proof import BY_ADDRESS, BY_LINK, REPLY_ADDRESS, ChannelProof
from tests.fakes.worker_world import POLICY
from tests.shop.run import CODE_GUESSER, ORDERS, WRITERS, run, with_strict_chat

SOME = 300


def test_no_share_is_below_five_percent() -> None:
    """And they add up."""
    for shares in (ORDERS, WRITERS):
        assert min(shares.values()) >= 0.05
        assert sum(shares.values()) == pytest.approx(1)


def test_nobody_but_the_orders_contact_is_told_and_most_are_answered() -> None:
    """On a chat that proves nobody not even who knows number and address."""
    tally = run(SOME, seed=7, policy=with_strict_chat(POLICY))
    assert tally.disclosures == [] and tally.knew_both == 0
    assert tally.counts["answerable"] > 40 and tally.answered_share >= 0.60


def test_a_chat_trusted_by_address_is_caught() -> None:
    """The breakage that the run is for: a typed address taken for proof."""
    trusting = ChannelProof(REPLY_ADDRESS, (BY_LINK, BY_ADDRESS))
    broken = replace(POLICY, proofs={**POLICY.proofs, "livechat": trusting, "email": trusting})
    assert any("chat" in line for line in run(SOME, seed=7, policy=broken).disclosures)


def test_with_codes_owners_are_told_and_strangers_are_not() -> None:
    """On every chat: who knows number and address gets nothing, and no guess is right."""
    tally = run(SOME, seed=7, codes=True)
    assert tally.disclosures == [] and tally.knew_both == 0
    assert tally.counts["codes: strangers told of it"] == 0 and tally.counts["codes: guesses"] > 20
    assert tally.counts["codes: owners told of it"] == tally.counts["codes: owners with an order"] > 3


def test_a_code_that_anybody_has_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The breakage that the guesses are for: a code is right whatever was typed."""
    monkeypatch.setattr("rp_mw_worker.steps.typed_code.code_digest", lambda *_: "same")
    monkeypatch.setattr("rp_mw_worker.steps.issue_code.code_digest", lambda *_: "same")
    assert any(CODE_GUESSER in line for line in run(SOME, seed=7).disclosures)
