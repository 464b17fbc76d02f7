"""Where and as whom the ingress speaks to AWS: endpoints, credentials, trusted authorities, kept connections."""

from __future__ import annotations

import botocore.httpsession
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider
from botocore.exceptions import NoCredentialsError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from rp_mw_ingress.adapters.aws_json import AwsJson, Endpoint

# Two tries of SendMessage, with the SDK's pause between them, end before the function's 10 s do.
CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.5
SEND_ATTEMPTS = 2
USER_AGENT = "rp-mw-ingress"
# Query mode asks for error codes as SQS has always named them. Source: Smithy, "awsQueryCompatible".
_SQS = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-query-mode": "true", "User-Agent": USER_AGENT}
_SECRETS = {"Content-Type": "application/x-amz-json-1.1", "User-Agent": USER_AGENT}


class AwsConnection:
    """The two services the ingress calls; those at one address share its connection."""

    def __init__(self, region: str, endpoint_url: str | None = None, ca_bundle: str | None = None) -> None:
        """Open nothing yet. Raises botocore's NoCredentialsError when the environment holds no credentials."""
        # What Lambda gives a function, also under SnapStart. Source: Lambda Developer Guide, "Execution role".
        credentials = CredentialResolver([EnvProvider(), ContainerProvider()]).load_credentials()
        if credentials is None:
            raise NoCredentialsError
        sqs = Endpoint("sqs", region, _url("sqs", region, endpoint_url), "AmazonSQS", _SQS, SEND_ATTEMPTS)
        secrets_url = _url("secretsmanager", region, endpoint_url)
        secrets = Endpoint("secretsmanager", region, secrets_url, "secretsmanager", _SECRETS, 1)
        pools = _pools(ca_bundle, is_tls=sqs.url.startswith("https"))
        self._queue_pool = pools.connection_from_url(sqs.url)
        self.sqs = AwsJson(sqs, self._queue_pool, credentials)
        self.secrets = AwsJson(secrets, pools.connection_from_url(secrets.url), credentials)

    def warm_up(self) -> None:
        """Open the connection to SQS, so that the first webhook finds DNS, TLS and trust store ready.

        An unsigned request that asks for nothing; whatever is answered, the connection stays open for the next one.
        """
        if self._queue_pool.scheme != "https":
            return
        try:
            self._queue_pool.urlopen("GET", "/")
        except HTTPError:
            return  # The first webhook will try again and report what is wrong.


def _url(service: str, region: str, endpoint_url: str | None) -> str:
    """Return the address with its slash. Source: AWS General Reference, service endpoints."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{endpoint_url or f'https://{service}.{region}.{suffix}'}/"


def _pools(ca_bundle: str | None, *, is_tls: bool) -> PoolManager:
    context = None
    if is_tls:
        context = create_urllib3_context()
        context.load_verify_locations(ca_bundle or botocore.httpsession.DEFAULT_CA_BUNDLE)
    return PoolManager(
        ssl_context=context,
        timeout=Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
        retries=Retry(total=False),  # tries are counted by the SDK's rules; a redirect is no answer of AWS
    )
