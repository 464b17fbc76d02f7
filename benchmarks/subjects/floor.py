"""Floor of our ingress: what it uses of its zip's libraries, loaded with the collector off, and not a line of ours."""

from __future__ import annotations

import gc

gc.disable()

import aws_lambda_powertools  # noqa: E402, F401
import botocore.auth  # noqa: E402
import botocore.credentials  # noqa: E402
import botocore.retries.standard  # noqa: E402, F401
import urllib3  # noqa: E402, F401
