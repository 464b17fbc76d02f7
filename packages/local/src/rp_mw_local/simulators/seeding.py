"""Puts something into a simulator that runs in another process."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

SEED_SECONDS = 10.0
Json = dict[str, Any]


def seed(simulator_url: str, contents: Json) -> Json:
    """Posts the contents, and returns what the simulator made of them; raises OSError when it does not take them."""
    request = urllib.request.Request(
        f"{simulator_url}/_sim/seed",
        data=json.dumps(contents).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=SEED_SECONDS) as response:
        return dict(json.loads(response.read() or b"{}") or {})
