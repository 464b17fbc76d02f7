"""Floor of our ingress: the SDK of its zip, a session and an SQS client, the collector off, and not a line of ours."""

from __future__ import annotations

import gc

gc.disable()

import botocore.session  # noqa: E402

client = botocore.session.get_session().create_client("sqs")
