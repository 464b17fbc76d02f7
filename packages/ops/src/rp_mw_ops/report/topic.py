"""Sends a report to the topic that alarms go to: whoever hears of trouble hears of the week too."""

from __future__ import annotations

from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_shared.clients.aws_errors import mapped_aws_errors

_MOST_SUBJECT_CHARS = 100  # Source: SNS API Reference, Publish
_MOST_BYTES = 250_000  # a message may hold 256 KB


def publish(environment: Environment, subject: str, text: str) -> None:
    """Publish the text; raises UsageError locally, NotFoundError without the topic, TransientError."""
    if environment.name == LOCAL:
        raise UsageError("--publish needs an environment in AWS: the local system has no topic")
    topic = _find_topic(environment)
    message = text.encode()[:_MOST_BYTES].decode(errors="ignore")
    with mapped_aws_errors("sns"):
        environment.client("sns").publish(TopicArn=topic, Subject=subject[:_MOST_SUBJECT_CHARS], Message=message)


def _find_topic(environment: Environment) -> str:
    """Return the ARN of the foundation's topic by its name."""
    name = f"rp-mw-{environment.name}-alarms"
    with mapped_aws_errors("sns"):
        pages = environment.client("sns").get_paginator("list_topics").paginate()
        found = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    wanted = [arn for arn in found if arn.rpartition(":")[2] == name]
    if not wanted:
        raise NotFoundError(f"there is no topic {name}: apply the foundation stack of {environment.name}")
    return str(wanted[0])
