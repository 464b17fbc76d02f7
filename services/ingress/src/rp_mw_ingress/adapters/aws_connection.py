"""One AWS SDK session, one HTTP session, one SQS client: everything the ingress says to AWS goes through these.

The SQS client's requests are sent by our own instance of the SDK's HTTP session (the SDK's `before-send` hook), so
that reading the secret needs no second client and both share connections, timeouts and trust store.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

# Two tries of SendMessage, with the SDK's pause between them, end before the function's 10 s do.
CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.5
MAX_ATTEMPTS = 2
# Without a name of our own the SDK composes one from scratch, twice for every request: a tenth of a warm event.
USER_AGENT = "rp-mw-ingress"


class AwsConnection(NamedTuple):
    """What `connect` made; `credentials` are the SDK's own chain and renew themselves."""

    sqs: Any
    http: URLLib3Session
    credentials: Credentials
    region: str
    secrets_url: str


def connect(region: str, endpoint_url: str | None) -> AwsConnection:
    """Build the session and the client; no request is made. Raises botocore's errors when there are no credentials."""
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import NoCredentialsError
    from botocore.handlers import add_retry_headers
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    session = botocore.session.get_session()
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    config = Config(
        user_agent=USER_AGENT,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
        parameter_validation=False,  # four strings of our own making: SQS would say what is wrong with them
    )
    sqs = session.create_client("sqs", region_name=region, endpoint_url=endpoint_url, config=config)
    http = URLLib3Session(
        verify=session.get_config_variable("ca_bundle") or True,
        proxies=get_environ_proxies(sqs.meta.endpoint_url),
        timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),  # type: ignore[arg-type]  # the stubs know only int
        max_pool_connections=1,
        # As the SDK's own clients do: small requests must not wait for the peer's delayed acknowledgement.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # type: ignore[list-item]  # the stubs say str
    )
    # Two headers that only tell AWS which try this is: signed and sent with every request, read by nobody of ours.
    sqs.meta.events.unregister("request-created", add_retry_headers)
    # A handler may return the answer; the stubs say that it returns nothing.
    sqs.meta.events.register("before-send.sqs", lambda request, **_: http.send(request))  # type: ignore[arg-type]
    return AwsConnection(sqs, http, credentials, region, endpoint_url or _secrets_url(region))


def warm_up(connection: AwsConnection) -> None:
    """Open the connection to the queue's endpoint, so that the first webhook finds DNS, TLS and trust store ready.

    An unsigned request that asks for nothing; whatever is answered, the connection stays open for the next one.
    """
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError

    url = connection.sqs.meta.endpoint_url
    if not url.startswith("https://"):
        return
    try:
        connection.http.send(AWSRequest(method="GET", url=url).prepare())
    except BotoCoreError:
        return  # The first webhook will try again and report what is wrong.


def _secrets_url(region: str) -> str:
    """Source: AWS general reference, Secrets Manager endpoints."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://secretsmanager.{region}.{suffix}"
