"""Makes the OpenAI SDK's client so that a customer's text goes to the set address and nowhere else.

The SDK's own default follows a redirect to any host, body included, and takes a proxy from the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import OpenAI


def make_openai_client(api_key: str, base_url: str) -> OpenAI:
    """Return a client that follows no redirect, uses no ambient proxy and never retries: retries are the classifier's.

    A redirect is then an error of the SDK with the redirect's status.
    """
    from openai import DefaultHttpxClient, OpenAI

    http_client = DefaultHttpxClient(follow_redirects=False, trust_env=False)
    return OpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)
