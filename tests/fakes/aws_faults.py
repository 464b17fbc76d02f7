"""An AWS client that stops answering when told to; everything else goes to the real one behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError


class BreakableClient:
    """Passes calls on and counts them by name; while `error` is set, every call raises it instead."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.error: Exception | None = None
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append(name)
            if self.error is not None:
                raise self.error
            return getattr(self._client, name)(**arguments)

        return call


def unreachable() -> Exception:
    """What boto3 raises when there is no connection."""
    return EndpointConnectionError(endpoint_url="https://service.example")


def refused(code: str) -> Exception:
    """What boto3 raises for an error answer with this code."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")
