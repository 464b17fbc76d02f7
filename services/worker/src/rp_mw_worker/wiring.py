"""Builds the worker once, on first use; the only place that makes clients and chooses the adapters behind the ports."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.richpanel_budget import CALLS_OF_ONE_EVENT
from rp_mw_shared.clients.secrets import SecretCache, require_own_secret, require_secret
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.observability import configure
from rp_mw_shared.settings import load_settings
from rp_mw_shared.sqs.batch import Counting, QueueRecord
from rp_mw_shared.sqs.deliveries import DynamoDBDeliveries
from rp_mw_worker.dependencies import Dependencies, Options
from rp_mw_worker.policy_engine import PolicyEngine
from rp_mw_worker.process import Worker
from rp_mw_worker.settings import Settings

if TYPE_CHECKING:
    from openai import OpenAI

    from rp_mw_shared.budget.limiter import BudgetLimiter
    from rp_mw_shared.clients.http import VendorHttp
    from rp_mw_shared.clients.limiter import Limiter
    from rp_mw_shared.clock import Clock
    from rp_mw_worker.ports import Classifier, Helpdesk, Records
    from rp_mw_worker.read_back import ReadBack
    from rp_mw_worker.sweep import Sweep
    from rp_mw_worker.sweep_ports import ClosedTickets, DecisionDays

_LEASE_BEYOND_TIMEOUT_SECONDS = 5
_SWEEP_CALL_SECONDS = 10.0


@cache
def worker() -> Worker:
    """Return the process's worker, built from the environment; raises ConfigurationError."""
    return build(load_settings(Settings, os.environ))


def handle(event: Mapping[str, Any], remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Run what the event asks for: a batch of the queue, or the schedule's sweep."""
    from rp_mw_worker.sweep import SOURCE

    if event.get("source") == SOURCE:
        return sweeper().run(remaining_ms, is_dry_run=bool(event.get("dry_run")))
    return worker().handle(event, remaining_ms)


@cache
def sweeper() -> Sweep:
    """Return the process's sweeper, built from the environment; raises ConfigurationError."""
    return build_sweeper(load_settings(Settings, os.environ))


def build_sweeper(settings: Settings) -> Sweep:
    """Make the clients and the sweeper."""
    from rp_mw_shared.clients.richpanel_lists import page_query
    from rp_mw_shared.sqs.sender import FifoSender, count_waiting
    from rp_mw_worker.adapters.marks_dynamodb import DynamoDBMarks
    from rp_mw_worker.adapters.richpanel.closed_tickets import RichpanelClosedTickets
    from rp_mw_worker.adapters.richpanel.tags import TagDirectory
    from rp_mw_worker.adapters.richpanel.ticket_list import RichpanelTicketList
    from rp_mw_worker.domain.delivery_window import is_business_hour
    from rp_mw_worker.domain.tags import Tag
    from rp_mw_worker.policy.loader import load_policy
    from rp_mw_worker.sweep import Sweep, room_until_next

    configure(service="worker", env=settings.env)
    client, clock = _client_maker(), SystemClock()
    dynamodb = client("dynamodb")
    limiter = _richpanel_limiter(settings, dynamodb, clock)
    http = _richpanel_http(settings, SecretCache(client("secretsmanager"), clock=clock), clock, limiter)

    def get_tags(page: int) -> Any:
        return http.request(
            "GET",
            "/tags",
            operation="get_tags",
            idempotent=True,
            query=page_query(page),
            total_seconds=_SWEEP_CALL_SECONDS,
        ).json()

    tags = TagDirectory(get_tags, clock)
    tickets = RichpanelTicketList(http, tags.to_ids, Tag.PROCESSED.value)
    sqs = client("sqs")
    marks = DynamoDBMarks(dynamodb, settings.conversation_state_table, clock)
    rating = settings.richpanel_rating_field

    def room() -> int:
        return room_until_next(
            settings.richpanel_requests_per_window,
            settings.richpanel_window_seconds,
            settings.sweep_interval_seconds,
            count_waiting(sqs, settings.events_queue_url),
        )

    reader = _read_back(settings, dynamodb, clock, RichpanelClosedTickets(http, tickets, tags.to_names, rating))
    days = _decision_days(settings, dynamodb)
    shop = load_policy().settings.shop
    sender = FifoSender(sqs, settings.events_queue_url)
    check_floor = _floor_check(settings, client("ssm"), dynamodb, clock)
    return Sweep(
        tickets, sender, clock, marks, room, days, lambda now: is_business_hour(now, shop), reader, check_floor
    )


def _floor_check(settings: Settings, ssm: Any, dynamodb: Any, clock: Clock) -> Callable[[DecisionDays, int], object]:
    from rp_mw_worker.adapters.ceiling_ssm import SsmCeiling
    from rp_mw_worker.demotion import demote_if_due
    from rp_mw_worker.policy.loader import load_policy

    ceiling = SsmCeiling(
        ssm,
        dynamodb,
        clock,
        path=settings.flags_path,
        audit_table=settings.audit_trail_table,
        audit_ttl_days=settings.audit_trail_ttl_days,
    )
    return lambda days, now: demote_if_due(days, ceiling, load_policy().rollout, now)


def _read_back(settings: Settings, dynamodb: Any, clock: Clock, tickets: ClosedTickets) -> ReadBack | None:
    from rp_mw_worker.adapters.marks_dynamodb import CLOSED_PREFIX, DynamoDBMarks
    from rp_mw_worker.adapters.outcomes_dynamodb import DynamoDBOutcomes
    from rp_mw_worker.policy.loader import load_policy
    from rp_mw_worker.read_back import ReadBack

    if settings.audit_trail_table is None:
        return None
    states = settings.conversation_state_table
    return ReadBack(
        tickets,
        DynamoDBOutcomes(dynamodb, clock, audit_table=settings.audit_trail_table, state_table=states),
        DynamoDBMarks(dynamodb, states, clock, CLOSED_PREFIX),
        clock,
        load_policy(),
        settings.richpanel_requests_per_window,
        settings.read_back_one_in,
    )


def _decision_days(settings: Settings, dynamodb: Any) -> DecisionDays | None:
    from rp_mw_worker.adapters.days_dynamodb import DynamoDBDays

    if settings.audit_trail_table is None:
        return None
    return DynamoDBDays(dynamodb, audit_table=settings.audit_trail_table, state_table=settings.conversation_state_table)


def build(settings: Settings, wrap: Callable[[Dependencies], Dependencies] = lambda deps: deps) -> Worker:
    """Make the clients and the worker. `wrap` may put something around the ports: fault tests do."""
    configure(service="worker", env=settings.env)
    client = _client_maker()
    sqs = client("sqs")
    dynamodb = client("dynamodb")
    deps = wrap(build_dependencies(settings, client, sqs, dynamodb))

    def on_permanent(record: QueueRecord, error: PermanentError) -> None:
        from rp_mw_shared.sqs.dlq import send_to_dlq

        send_to_dlq(sqs, settings.events_dlq_url, record, error=error, source="events")

    def change_visibility(receipt_handle: str, seconds: int) -> None:
        sqs.change_message_visibility(
            QueueUrl=settings.events_queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )

    def delete(record: QueueRecord) -> None:
        sqs.delete_message(QueueUrl=settings.events_queue_url, ReceiptHandle=record.receipt_handle)

    counting = Counting(DynamoDBDeliveries(dynamodb, settings.idempotency_table, deps.clock), delete)
    return Worker(deps, on_permanent=on_permanent, change_visibility=change_visibility, counting=counting)


def build_dependencies(settings: Settings, client: Callable[[str], Any], sqs: Any, dynamodb: Any) -> Dependencies:
    """Return everything a run works with, over boto3 clients made by `client(service)`."""
    from rp_mw_shared.flags.source import SsmFlags
    from rp_mw_worker.adapters.marks_dynamodb import DynamoDBMarks
    from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords, Retention
    from rp_mw_worker.adapters.sqs_enrichment import SqsEnrichmentQueue
    from rp_mw_worker.classifiers.cascade import ClassifierChoice
    from rp_mw_worker.policy.loader import load_policy

    clock = SystemClock()
    secrets = SecretCache(client("secretsmanager"), clock=clock)
    salt = require_own_secret(secrets, settings.hash_salt_secret_name, "salt")
    engine = PolicyEngine(load_policy())
    records = DynamoDBRecords(
        dynamodb,
        clock,
        event_table=settings.idempotency_table,
        state_table=settings.conversation_state_table,
        audit_table=settings.audit_trail_table,
        retention=Retention(
            settings.idempotency_ttl_days, settings.conversation_state_ttl_days, settings.audit_trail_ttl_days
        ),
    )
    budget = _richpanel_limiter(settings, dynamodb, clock)
    http = _richpanel_http(settings, secrets, clock, budget)
    marks = DynamoDBMarks(dynamodb, settings.conversation_state_table, clock)
    return Dependencies(
        helpdesk=_helpdesk(settings, secrets, http, clock, salt, engine, records),
        classifiers=ClassifierChoice(
            lambda: _make_embedded(engine),
            lambda: _make_openai(settings, secrets, clock, engine),
            make_english=lambda: _make_english(engine),
            make_multilingual=lambda: _make_multilingual(engine),
        ),
        records=records,
        enrichment=SqsEnrichmentQueue(sqs, settings.enrichment_queue_url),
        flags=SsmFlags(client("ssm"), settings.flags_path, clock),
        engine=engine,
        clock=clock,
        salt=salt,
        new_owner=_new_owner,
        options=Options(
            lease_ms=(settings.function_timeout_seconds + _LEASE_BEYOND_TIMEOUT_SECONDS) * 1000,
            proof_after_seconds=settings.proof_after_seconds,
            model_seconds=settings.openai_deadline_seconds,
        ),
        budget=budget,
        sweep_marks=marks,
        read_marks=marks,
    )


def _client_maker() -> Callable[[str], Any]:
    import botocore.session
    from botocore.config import Config

    session = botocore.session.get_session()
    config = Config(
        # The SDK's own name is composed anew, twice for every request.
        user_agent="rp-mw-worker",
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=1,
        read_timeout=5,
        tcp_keepalive=True,
    )
    return lambda service: session.create_client(service, config=config)


def _new_owner() -> str:
    return os.urandom(8).hex()


def _helpdesk(
    settings: Settings,
    secrets: SecretCache,
    http: VendorHttp,
    clock: SystemClock,
    salt: str,
    engine: PolicyEngine,
    records: Records,
) -> Helpdesk:
    from rp_mw_worker.adapters.richpanel.contacts import sender_rules
    from rp_mw_worker.adapters.richpanel.helpdesk import RichpanelHelpdesk
    from rp_mw_worker.adapters.richpanel.tag_creation import LedgerTagCreation

    return RichpanelHelpdesk(
        http,
        clock,
        author_id=settings.richpanel_author_id,
        salt=salt,
        read_body=engine.read_body,
        senders=sender_rules(engine.policy, engine.sender_marks),
        chat_replies=engine.policy.settings.chat_replies,
        creation=LedgerTagCreation(records, clock, _new_owner),
        on_unauthorized=lambda: secrets.forget(settings.richpanel_secret_name),
    )


def _richpanel_limiter(settings: Settings, dynamodb: Any, clock: Clock) -> BudgetLimiter:
    from rp_mw_shared.budget.book import BudgetTerms
    from rp_mw_shared.budget.limiter import BudgetLimiter
    from rp_mw_shared.budget.store import DynamoDBBudget

    window_ms = round(settings.richpanel_window_seconds * 1000)
    terms = BudgetTerms("richpanel", settings.richpanel_requests_per_window, window_ms, least=CALLS_OF_ONE_EVENT)
    return BudgetLimiter(clock, DynamoDBBudget(dynamodb, settings.idempotency_table, "richpanel", clock), terms)


def _richpanel_http(settings: Settings, secrets: SecretCache, clock: SystemClock, limiter: Limiter) -> VendorHttp:
    from rp_mw_shared.clients.http import VendorHttp

    def headers() -> dict[str, str]:
        key = require_secret(secrets, settings.richpanel_secret_name, "api_key")
        return {"x-richpanel-key": key, "accept": "application/json", "content-type": "application/json"}

    return VendorHttp(
        vendor="richpanel",
        base_url=settings.richpanel_base_url,
        clock=clock,
        limiter=limiter,
        breaker=CircuitBreaker(clock, vendor="richpanel"),
        headers=headers,
    )


def _make_embedded(engine: PolicyEngine) -> Classifier:
    from rp_mw_worker.classifiers.embedded import load_shop_classifier

    return load_shop_classifier(engine.policy.tier0_labels)


def _make_english(engine: PolicyEngine) -> Classifier:
    from rp_mw_worker.classifiers.english import load_english_classifier

    return load_english_classifier(engine.policy.tier0_labels)


def _make_multilingual(engine: PolicyEngine) -> Classifier:
    from rp_mw_worker.classifiers.multilingual import load_multilingual_classifier

    return load_multilingual_classifier(engine.policy.tier0_labels)


def _make_openai(settings: Settings, secrets: SecretCache, clock: SystemClock, engine: PolicyEngine) -> Classifier:
    from rp_mw_worker.classifiers.openai import ModelOptions, OpenAIClassifier

    def make_client() -> OpenAI:
        from rp_mw_worker.classifiers.openai_client import make_openai_client

        # Retries are the classifier's own: it knows the time that is left.
        key = require_secret(secrets, settings.openai_secret_name, "api_key")
        return make_openai_client(key, settings.openai_base_url)

    return OpenAIClassifier(
        make_client,
        clock,
        CircuitBreaker(clock, vendor="openai"),
        {label: rule.definition for label, rule in engine.policy.intents.items()},
        ModelOptions(
            model=settings.openai_model,
            effort=settings.openai_effort,
            max_output_tokens=settings.openai_max_output_tokens,
            input_usd=settings.openai_input_usd,
            output_usd=settings.openai_output_usd,
        ),
        forget_key=lambda: secrets.forget(settings.openai_secret_name),
    )
