"""Run by tests/infrastructure/test_cut_sdk.py in a process of its own: makes AWS calls and tells what became of them.

Standard input: {"path": folder with botocore or null, "endpoint": URL, "calls": [
{"service", "operation", "arguments"}]}.
Standard output: one JSON list, an outcome per call, and where clients would connect on their own.
"""

from __future__ import annotations

import datetime
import itertools
import json
import random
import sys
import time
import uuid
from typing import Any

FROZEN = datetime.datetime(2026, 11, 22, 12, 0, 0)  # noqa: DTZ001 - the SDK's own clock is naive UTC
REGIONS = ("us-east-1", "us-east-2", "eu-central-1", "ap-southeast-2")


def freeze() -> None:
    """Makes what the SDK draws from clock and chance the same in every run, so that requests compare byte by byte."""
    from botocore import compat

    numbers = itertools.count(1)
    compat.get_current_datetime = lambda remove_tzinfo=True: FROZEN
    uuid.uuid4 = lambda: uuid.UUID(int=next(numbers))
    random.seed(1)
    time.sleep = lambda seconds: None


def outcome(client: Any, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a call returned, or the error it raised with its class, its place among the modelled ones and its text."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = getattr(client, operation)(**arguments)
    except ClientError as error:
        modelled = getattr(client.exceptions, type(error).__name__, None)
        error.response["ResponseMetadata"].pop("HTTPHeaders", None)
        return {"error": type(error).__name__, "modelled": modelled is type(error), "response": error.response}
    except BotoCoreError as error:
        return {"error": type(error).__name__, "text": str(error)}
    answer["ResponseMetadata"].pop("HTTPHeaders")
    return {"answer": answer}


def main() -> None:
    """Reads the calls, makes them one after the other, writes the outcomes."""
    asked = json.load(sys.stdin)
    if asked["path"]:
        sys.path.insert(0, asked["path"])
    freeze()
    import botocore
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "example-key", "example-token")
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, read_timeout=5, connect_timeout=5)
    clients: dict[str, Any] = {}
    outcomes = []
    for call in asked["calls"]:
        name = call["service"]
        if name not in clients:
            clients[name] = session.create_client(
                name, region_name="us-east-2", endpoint_url=asked["endpoint"], config=config
            )
        outcomes.append(outcome(clients[name], call["operation"], call["arguments"]))
    own = {
        f"{name} {region} {fips}": session.create_client(
            name, region_name=region, config=Config(use_fips_endpoint=fips)
        ).meta.endpoint_url
        for name in clients
        for region in REGIONS
        for fips in (False, True)
        if not (fips and not region.startswith("us-"))
    }
    json.dump({"from": botocore.__file__, "outcomes": outcomes, "own_endpoints": own}, sys.stdout, default=repr)


if __name__ == "__main__":
    main()
