"""What every ledger promises, run against the one in memory and the one on DynamoDB."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rp_mw_shared.idempotency.dynamodb import DynamoDBLedger
from rp_mw_shared.idempotency.ledger import (
    ActionRecord,
    ActionStatus,
    AlreadyCompleted,
    AlreadyDone,
    Began,
    Claimed,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
    Ledger,
    NeedsProof,
    Recorded,
)
from rp_mw_shared.idempotency.memory import MemoryLedger
from tests.fakes.tables import LEDGER_TABLE

NOW = 1_795_000_000_000
LEASE_MS = 65_000
PLAN = {"v": 1, "tags": ["mw-processed"], "confidence": 0.75}


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """One ledger of each kind in turn."""
    if request.param == "memory":
        return MemoryLedger()
    return DynamoDBLedger(request.getfixturevalue("ledger_client"), LEDGER_TABLE)


@pytest.fixture
def key() -> str:
    """A key no other test uses."""
    return f"evt:rp:{uuid.uuid4()}:m1"


def claim(
    ledger: Ledger, key: str, owner: str, now: int = NOW, plan: dict[str, Any] | None = PLAN
) -> Claimed | LeaseHeld | AlreadyCompleted:
    """Claim with the usual lease."""
    return ledger.claim(
        key, owner=owner, lease_ms=LEASE_MS, mode="live", fingerprint="f1", plan=plan, now=now, trace_id="t-1"
    )


def test_an_unknown_event_loads_as_none(ledger: Ledger, key: str) -> None:
    """An event nobody claimed has no record."""
    assert ledger.load(key) is None


def test_a_claim_records_owner_lease_and_plan(ledger: Ledger, key: str) -> None:
    """One write takes the event and keeps its plan."""
    outcome = claim(ledger, key, "a")
    assert isinstance(outcome, Claimed)
    record = outcome.record
    assert (record.owner, record.attempts, record.lease_until_epoch_ms) == ("a", 1, NOW + LEASE_MS)
    assert (record.plan, record.mode, record.fingerprint, record.trace_id) == (PLAN, "live", "f1", "t-1")
    assert ledger.load(key) == record


def test_a_live_lease_keeps_others_out(ledger: Ledger, key: str) -> None:
    """A second owner is told until when the first one holds the event."""
    claim(ledger, key, "a")
    assert claim(ledger, key, "b", NOW + LEASE_MS - 1) == LeaseHeld(NOW + LEASE_MS)


def test_the_same_owner_may_repeat_its_claim(ledger: Ledger, key: str) -> None:
    """A claim whose answer was lost is repeated by the client and still counts as taken."""
    first = claim(ledger, key, "a")
    assert claim(ledger, key, "a") == first


def test_takeover_after_the_lease_keeps_the_recorded_plan(ledger: Ledger, key: str) -> None:
    """The retry carries out the recorded decision, not a new one."""
    claim(ledger, key, "a")
    outcome = claim(ledger, key, "b", NOW + LEASE_MS, plan={"v": 1, "tags": ["other"]})
    assert isinstance(outcome, Claimed)
    assert (outcome.record.plan, outcome.record.owner, outcome.record.attempts) == (PLAN, "b", 2)
    assert outcome.record.created_at_epoch_ms == NOW


def test_takeover_of_a_claim_without_plan_takes_the_new_one(ledger: Ledger, key: str) -> None:
    """Where no plan was recorded there is none to keep."""
    claim(ledger, key, "a", plan=None)
    outcome = claim(ledger, key, "b", NOW + LEASE_MS)
    assert isinstance(outcome, Claimed)
    assert outcome.record.plan == PLAN


def test_a_completed_event_is_not_claimed_again(ledger: Ledger, key: str) -> None:
    """A duplicate of a finished event gets the finished record."""
    claim(ledger, key, "a")
    ledger.complete(key, owner="a", result={"route": "returns"}, now=NOW + 5)
    outcome = claim(ledger, key, "b", NOW + 10 * LEASE_MS)
    assert isinstance(outcome, AlreadyCompleted)
    record = outcome.record
    assert (record.status, record.result, record.completed_at_epoch_ms) == (
        EventStatus.COMPLETED,
        {"route": "returns"},
        NOW + 5,
    )


def test_completing_twice_by_the_same_owner_is_one_completion(ledger: Ledger, key: str) -> None:
    """A completion whose answer was lost may be repeated."""
    claim(ledger, key, "a")
    ledger.complete(key, owner="a", result={"route": "returns"}, now=NOW)
    once = ledger.load(key)
    ledger.complete(key, owner="a", result={"route": "returns"}, now=NOW)
    assert once is not None
    assert once.status is EventStatus.COMPLETED
    assert ledger.load(key) == once


def test_a_stale_owner_cannot_complete(ledger: Ledger, key: str) -> None:
    """A run that wakes up after its event was taken over must not write."""
    claim(ledger, key, "a")
    claim(ledger, key, "b", NOW + LEASE_MS)
    with pytest.raises(LeaseLostError):
        ledger.complete(key, owner="a", result={"late": True}, now=NOW + LEASE_MS + 1)
    assert (loaded := ledger.load(key)) is not None
    assert (loaded.owner, loaded.status) == ("b", EventStatus.CLAIMED)


def test_an_event_never_claimed_cannot_be_completed(ledger: Ledger, key: str) -> None:
    """There is nothing to complete without a claim."""
    with pytest.raises(LeaseLostError):
        ledger.complete(key, owner="a", result={}, now=NOW)
    with pytest.raises(LeaseLostError):
        ledger.finish_action(key, owner="a", status=ActionStatus.DONE, now=NOW)


def test_a_quarantined_event_may_be_claimed_again_by_a_redrive(ledger: Ledger, key: str) -> None:
    """What a person redrives from the DLQ runs again, with its plan."""
    claim(ledger, key, "a")
    ledger.complete(key, owner="a", result={"reason": "x"}, now=NOW, status=EventStatus.QUARANTINED)
    outcome = claim(ledger, key, "b", NOW + 1)
    assert isinstance(outcome, Claimed)
    assert (outcome.record.plan, outcome.record.attempts) == (PLAN, 2)


def test_an_event_without_side_effects_is_recorded_in_one_write(ledger: Ledger, key: str) -> None:
    """A dry run needs no lease."""

    def record(owner: str) -> Recorded | LeaseHeld | AlreadyCompleted:
        return ledger.record_completed(
            key, owner=owner, mode="dry_run", fingerprint="f1", result={"route": "sales"}, now=NOW
        )

    assert record("a") == Recorded()
    assert record("a") == Recorded()
    assert isinstance(record("b"), AlreadyCompleted)


def test_recording_a_finished_event_does_not_overwrite_a_claim(ledger: Ledger, key: str) -> None:
    """Somebody's lease is respected by the shortcut too."""
    claim(ledger, key, "a")
    outcome = ledger.record_completed(key, owner="b", mode="dry_run", fingerprint="f", result={}, now=NOW)
    assert outcome == LeaseHeld(NOW + LEASE_MS)


def test_an_action_begins_once(ledger: Ledger, key: str) -> None:
    """A second begin, even by the same owner, asks for proof instead of sending again."""
    began = ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    assert began == Began(ActionRecord(key, ActionStatus.ATTEMPTING, "a", "d", NOW, 1))
    assert isinstance(ledger.begin_action(key, owner="a", body_digest="d", now=NOW + 1), NeedsProof)
    assert isinstance(ledger.begin_action(key, owner="b", body_digest="d", now=NOW + 1), NeedsProof)


@pytest.mark.parametrize("status", [ActionStatus.DONE, ActionStatus.BLOCKED])
def test_a_settled_action_is_already_done(ledger: Ledger, key: str, status: ActionStatus) -> None:
    """Done and blocked actions are never begun again, nor settled differently."""
    ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    ledger.finish_action(key, owner="a", status=status, now=NOW + 1)
    outcome = ledger.begin_action(key, owner="b", body_digest="d", now=NOW + 2)
    assert isinstance(outcome, AlreadyDone)
    assert outcome.record.status is status
    with pytest.raises(LeaseLostError):
        ledger.finish_action(key, owner="a", status=ActionStatus.UNKNOWN, now=NOW + 3)


def test_settling_twice_the_same_way_is_one_settling(ledger: Ledger, key: str) -> None:
    """A settling whose answer was lost may be repeated."""
    ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    ledger.finish_action(key, owner="a", status=ActionStatus.DONE, now=NOW)
    once = ledger.load_action(key)
    ledger.finish_action(key, owner="a", status=ActionStatus.DONE, now=NOW)
    assert once is not None
    assert (once.status, once.attempts) == (ActionStatus.DONE, 1)
    assert ledger.load_action(key) == once


def test_proof_of_absence_gives_exactly_one_more_try(ledger: Ledger, key: str) -> None:
    """A lost first try may be repeated once after proof, a lost second one never."""
    ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    ledger.finish_action(key, owner="a", status=ActionStatus.UNKNOWN, now=NOW + 1)
    doubt = ledger.begin_action(key, owner="b", body_digest="d", now=NOW + 2)
    assert isinstance(doubt, NeedsProof)
    again = ledger.begin_action(key, owner="b", body_digest="d", now=NOW + 3, proven_absent=doubt.record)
    assert isinstance(again, Began)
    assert again.record.attempts == 2
    second = ledger.begin_action(key, owner="c", body_digest="d", now=NOW + 4, proven_absent=again.record)
    assert second == NeedsProof(again.record)


def test_proof_about_an_older_try_proves_nothing(ledger: Ledger, key: str) -> None:
    """Of two runs with the same proof only one may send again."""
    ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    seen = ledger.load_action(key)
    assert seen is not None
    assert isinstance(ledger.begin_action(key, owner="b", body_digest="d", now=NOW, proven_absent=seen), Began)
    assert isinstance(ledger.begin_action(key, owner="c", body_digest="d", now=NOW, proven_absent=seen), NeedsProof)


def test_an_action_begun_by_another_run_cannot_be_settled(ledger: Ledger, key: str) -> None:
    """A stale owner cannot mark the new owner's action."""
    ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    seen = ledger.load_action(key)
    ledger.begin_action(key, owner="b", body_digest="d", now=NOW, proven_absent=seen)
    with pytest.raises(LeaseLostError):
        ledger.finish_action(key, owner="a", status=ActionStatus.DONE, now=NOW)


def _race(count: int, run: Callable[[str], Any]) -> list[Any]:
    """Run `run(owner)` in `count` threads that start together; return what each got."""
    barrier = threading.Barrier(count)

    def one(number: int) -> Any:
        barrier.wait(timeout=10)
        return run(f"owner-{number}")

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_of_many_claims_at_once_one_wins(ledger: Ledger, key: str) -> None:
    """Ten parallel deliveries of one event lead to one claim."""
    outcomes = _race(10, lambda owner: claim(ledger, key, owner))
    assert sum(isinstance(outcome, Claimed) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LeaseHeld) for outcome in outcomes) == 9


def test_of_many_takeovers_at_once_one_wins(ledger: Ledger, key: str) -> None:
    """An expired lease is taken over by exactly one."""
    claim(ledger, key, "dead")
    outcomes = _race(8, lambda owner: claim(ledger, key, owner, NOW + LEASE_MS))
    assert sum(isinstance(outcome, Claimed) for outcome in outcomes) == 1


def test_of_many_begins_at_once_one_may_send(ledger: Ledger, key: str) -> None:
    """One action begins once, however many try."""
    outcomes = _race(8, lambda owner: ledger.begin_action(key, owner=owner, body_digest="d", now=NOW))
    assert sum(isinstance(outcome, Began) for outcome in outcomes) == 1
