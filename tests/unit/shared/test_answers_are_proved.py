"""An answer at 200 counts by its main field alone: anything else is a failed call, and nothing is forgotten for it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from rp_mw_shared.clients.secrets import SecretCache, require_own_secret
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import ConfigurationError, TransientError
from rp_mw_shared.flags.source import SsmFlags
from rp_mw_shared.idempotency.dynamodb import DynamoDBLedger
from rp_mw_shared.idempotency.statements import Statement, execute_batch
from rp_mw_shared.secret_strength import find_weakness
from rp_mw_shared.sqs.sender import count_waiting, send_body
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from tests.fakes.flags import DEFAULTS

BLANKS: list[Any] = [None, {}, [], "<html>", {"Message": "ok"}]
STRONG = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def client(**answers: Any) -> Any:
    """A client whose calls answer as told; an exception is raised, a function called."""

    def answering(answer: Any) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call

    return SimpleNamespace(**{name: answering(answer) for name, answer in answers.items()})


@pytest.mark.parametrize("answer", [*BLANKS, {"MessageId": ""}, {"MessageId": 7}])
def test_a_message_without_an_id_was_not_queued(answer: Any) -> None:
    """The record is returned to the queue, the DLQ copy made again."""
    with pytest.raises(TransientError) as raised:
        send_body(client(send_message=answer), "url", "{}", "g", "d")
    assert raised.value.code == "sqs_answer_invalid"


@pytest.mark.parametrize("answer", BLANKS)
def test_a_queue_that_does_not_say_is_not_empty(answer: Any) -> None:
    """The sweep has no room that nobody counted."""
    with pytest.raises(TransientError):
        count_waiting(client(get_queue_attributes=answer), "url")


@pytest.mark.parametrize("answer", [*BLANKS, {"Responses": {}}, {"Responses": {"events": []}}])
def test_an_event_is_new_only_where_both_tables_said_so(answer: Any) -> None:
    """A blank read is a failed read: an event that was handled before must not look new."""
    records = DynamoDBRecords(
        client(batch_get_item=answer), FakeClock(), event_table="events", state_table="states", audit_table=None
    )
    with pytest.raises(TransientError) as raised:
        records.load("evt:rp:c:m", "c", None, 1_795_000_000_000)
    assert raised.value.code == "dynamodb_answer_invalid"


@pytest.mark.parametrize("answer", BLANKS)
def test_a_claim_without_its_item_is_no_claim(answer: Any) -> None:
    """UpdateItem was asked for the whole item."""
    ledger = DynamoDBLedger(client(update_item=answer), "events")
    with pytest.raises(TransientError):
        ledger.claim("e", owner="o", lease_ms=1, mode="live", fingerprint="f", plan=None, now=1)


@pytest.mark.parametrize("answer", [*BLANKS, {"Responses": []}, {"Responses": [{}, {}]}])
def test_every_statement_of_a_batch_is_answered(answer: Any) -> None:
    """A record that nobody confirmed is written again."""
    statement = Statement('UPDATE "t" SET a = ? WHERE k = ?', ({"N": "1"}, {"S": "k"}))
    with pytest.raises(TransientError):
        execute_batch(client(batch_execute_statement=answer), [statement], FakeClock())


def test_a_body_the_sdk_cannot_parse_is_an_outage() -> None:
    """botocore raises it as a plain exception; the event goes back to the queue like for any other outage."""
    with pytest.raises(TransientError) as raised:
        send_body(client(send_message=ResponseParserError("<html>")), "url", "{}", "g", "d")
    assert raised.value.code == "sqs_unavailable"


def page(**parameters: str) -> dict[str, Any]:
    """One page of SSM."""
    return {"Parameters": [{"Name": f"/flags/{name}", "Value": value} for name, value in parameters.items()]}


@pytest.mark.parametrize(
    "answer",
    [
        *BLANKS,
        {"Parameters": [{}]},
        {"Parameters": "none"},
        page() | {"NextToken": "again"},
        RuntimeError("http.client"),
        KeyError("Parameters"),
        ResponseParserError("<html>"),
        MemoryError(),
    ],
)
def test_switches_are_off_however_they_are_unreadable(answer: Any) -> None:
    """A good read before does not help a fresh one, and nothing is raised."""
    answers: list[Any] = [page(**DEFAULTS), answer]
    flags = SsmFlags(client(get_parameters_by_path=lambda **_: _next(answers)), "/flags", FakeClock())
    assert flags.fresh().automation_enabled
    assert not flags.fresh().automation_enabled
    assert flags.fresh().problem == "flags_unreadable"


def _next(answers: list[Any]) -> Any:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize("answer", [*BLANKS, {"SecretString": ""}, {"SecretString": "["}, {"SecretString": "[]"}])
def test_an_older_secret_is_kept(answer: Any) -> None:
    """Nothing usable is not a reason to throw away what works."""
    clock, answers = FakeClock(), [{"SecretString": '{"api_key": " one\\n"}'}, answer]
    cache = SecretCache(client(get_secret_value=lambda **_: _next(answers)), 300, clock)
    assert cache.load("openai") == {"api_key": "one"}
    clock.advance(301)
    assert cache.load("openai") == {"api_key": "one"}
    with pytest.raises((ConfigurationError, TransientError)):
        cache.load("another")


def test_a_secret_that_went_away_keeps_the_older_value_too() -> None:
    """Access that was taken back by mistake shows in the log, not in lost tickets."""
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetSecretValue")
    clock, answers = FakeClock(), [{"SecretString": '{"api_key": "one"}'}, refused]
    cache = SecretCache(client(get_secret_value=lambda **_: _next(answers)), 300, clock)
    cache.load("openai")
    clock.advance(301)
    assert cache.load("openai") == {"api_key": "one"}


@pytest.mark.parametrize("value", ["sk one", "sk\\nX-Admin: 1", "clé", "k" * 513, "sk\\u0000"])
def test_a_secret_that_no_header_takes_is_named(value: str) -> None:
    """The message says which secret and field, never the value; it is not the vendor's outage."""
    cache = SecretCache(client(get_secret_value={"SecretString": f'{{"api_key": "{value}"}}'}))
    with pytest.raises(ConfigurationError) as raised:
        cache.load("rp-mw/prod/openai/api-key")
    assert "rp-mw/prod/openai/api-key: api_key" in str(raised.value)
    assert value.encode().decode("unicode_escape") not in str(raised.value)


@pytest.mark.parametrize("salt", ["pepper", "change-me", "a" * 64, "0123456789" * 2, "abababab" * 8])
def test_a_salt_that_can_be_guessed_is_refused(salt: str) -> None:
    """At the start, with how to make a good one and without the salt itself."""
    cache = SecretCache(client(get_secret_value={"SecretString": f'{{"salt": "{salt}"}}'}))
    with pytest.raises(ConfigurationError, match="openssl rand") as raised:
        require_own_secret(cache, "hash-salt", "salt")
    assert salt not in str(raised.value)


def test_what_the_documented_commands_make_is_strong() -> None:
    """`openssl rand -hex 32`, and what Python's secrets make."""
    assert find_weakness(STRONG) is None
    assert find_weakness(STRONG * 2) is None
    assert find_weakness("Zk3-_9" * 8) is not None
