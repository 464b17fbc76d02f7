"""Opens an environment's dead-letter queues, and the salt under which their conversations are named."""

from __future__ import annotations

from rp_mw_ops.dead_letters.port import DeadLetters
from rp_mw_ops.dead_letters.sqs import SqsDeadLetters
from rp_mw_ops.environment import Environment
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clients.secrets import SecretCache
from rp_mw_shared.errors import ConfigurationError, TransientError


def open_dead_letters(environment: Environment, key: str) -> DeadLetters:
    """The dead letters of a queue, by its topology key."""
    with mapped_aws_errors("sqs"):
        url, dlq_url = environment.queue_url(key), environment.queue_url(key, dead_letters=True)
        return SqsDeadLetters(environment.client("sqs"), key, dlq_url, url)


def find_salt(environment: Environment) -> str | None:
    """The salt, or None for a person who may not read it: then conversations stay unnamed."""
    try:
        return SecretCache(environment.client("secretsmanager")).load(environment.topology.secrets["hash_salt"])["salt"]
    except (ConfigurationError, TransientError, KeyError):
        return None
