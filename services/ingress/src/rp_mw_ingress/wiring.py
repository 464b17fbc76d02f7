"""Builds the ingress once; the only place that knows which adapter stands behind which port."""

from __future__ import annotations

import os
from functools import cache

from rp_mw_ingress.accept import Ingress
from rp_mw_ingress.domain.authentication import AuthMode
from rp_mw_ingress.settings import Settings
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import LogEvent, configure, log
from rp_mw_shared.settings import load_settings


@cache
def ingress() -> Ingress:
    """Return the process's ingress, built from the environment; raises ConfigurationError."""
    return build(load_settings(Settings, os.environ))


def build(settings: Settings) -> Ingress:
    """Make the clients and read the secret, so that a webhook only has to be answered."""
    from rp_mw_ingress.adapters.aws_connection import AwsConnection
    from rp_mw_ingress.adapters.secret_reader import SecretReader
    from rp_mw_ingress.adapters.sqs_sender import SqsSender

    configure(service="ingress", env=settings.env)
    clock = SystemClock()
    auth_mode = AuthMode(settings.auth_mode)
    aws = AwsConnection(settings.region, settings.aws_endpoint_url, settings.ca_bundle)
    secrets = SecretReader(aws.secrets, settings.secret_name, auth_mode, clock)
    try:
        secrets.load()
    except TransientError as error:
        log(LogEvent.SECRET_STALE, exception_name=type(error).__name__)  # the first webhook tries again
    aws.warm_up()
    return Ingress(
        auth_mode=auth_mode,
        secrets=secrets,
        queue=SqsSender(aws.sqs, settings.queue_url),
        clock=clock,
        random_hex=lambda: os.urandom(16).hex(),
        own_author_ids=frozenset(settings.own_author_ids),
    )
