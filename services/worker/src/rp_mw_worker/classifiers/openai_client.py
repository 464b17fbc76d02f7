"""Makes the OpenAI SDK's client so that a customer's text goes to the set address and nowhere else.

The SDK's own default follows a redirect to any host, body included, takes a proxy from the environment, and reads an
answer of any size.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

# A good answer has some 2 KB.
MAX_ANSWER_BYTES = 262_144


class AnswerRefusedError(ValueError):
    """The answer is larger than the limit, or packed so that its size cannot be told."""


def make_openai_client(api_key: str, base_url: str) -> OpenAI:
    """Return a client that follows no redirect, uses no ambient proxy, reads at most 256 KiB and never retries.

    Retries are the classifier's. A redirect is an error of the SDK with the redirect's status.
    """
    import logging
    import warnings

    from openai import DefaultHttpxClient, OpenAI

    # At level debug, which an environment variable sets, the SDK logs what it sends.
    logging.getLogger("openai").setLevel(logging.WARNING)
    # pydantic writes what an unexpected answer held to stderr, which is a log.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic\b")
    http_client = DefaultHttpxClient(
        transport=_transport_class()(), follow_redirects=False, trust_env=False, headers={"accept-encoding": "identity"}
    )
    return OpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)


@cache
def _transport_class() -> type[Any]:
    """Return the transport's class: its base is the SDK's HTTP library, which is loaded with the first call only."""
    import httpx2

    class CappedTransport(httpx2.BaseTransport):
        """The library's own transport, whose answers end at the limit."""

        def __init__(self) -> None:
            self._inner = httpx2.HTTPTransport(trust_env=False)

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            answer = self._inner.handle_request(request)
            if answer.headers.get("content-encoding", "identity") != "identity":
                answer.close()
                raise AnswerRefusedError("the answer is compressed, which was not asked for")
            stream: Any = answer.stream
            return httpx2.Response(
                answer.status_code, headers=answer.headers, stream=CappedStream(stream, answer.is_success)
            )

        def close(self) -> None:
            self._inner.close()

    class CappedStream(httpx2.SyncByteStream):
        """A body that may not go on forever; of a failure the status says it all, so that one is cut."""

        def __init__(self, stream: Any, is_success: bool) -> None:
            self._stream = stream
            self._is_success = is_success

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in self._stream:
                size += len(chunk)
                if size > MAX_ANSWER_BYTES and not self._is_success:
                    return
                if size > MAX_ANSWER_BYTES:
                    raise AnswerRefusedError("the answer is larger than the limit")
                yield chunk

        def close(self) -> None:
            self._stream.close()

    return CappedTransport
