"""What importing and starting the ingress loads and does, seen from a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.fakes.aws_stub import AwsStub

TOKEN = "token-0f1e2d3c4b5a69788796a5b4c3d2"
HEAVY = ("boto3", "s3transfer", "pydantic", "httpx2", "openai", "asyncio", "yaml")


def run_python(code: str, environment: dict[str, str]) -> str:
    """Standard output of `code` in a new interpreter with nothing but `environment` set."""
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_importing_the_handler_reads_nothing_and_loads_no_sdk() -> None:
    """Without Lambda's environment the import has no effect at all."""
    code = "import sys, json, rp_mw_ingress.handler; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(run_python(code, {}))
    # Powertools imports botocore's empty package, to put its name into the user agent of clients
    assert [name for name in loaded if name.startswith("botocore")] == ["botocore"]
    assert not set(HEAVY) & {name.partition(".")[0] for name in loaded}


def test_in_lambda_everything_is_ready_before_the_first_request_and_nothing_heavy_is_loaded() -> None:
    """Client built and secret read while importing; the first webhook makes exactly one call."""
    aws = AwsStub()
    aws.secrets["webhook"] = {"token_current": TOKEN}
    event = (
        "{'rawPath': '/v1/richpanel/events', 'requestContext': {'http': {'method': 'POST'}},"
        "'body': '{\"ticket_id\": 7}', 'headers': {'content-type': 'application/json', "
        f"'x-middleware-token': '{TOKEN}'}}}}"
    )
    code = (
        "import sys, json, gc, rp_mw_ingress.handler as h\n"
        f"answer = h.handler({event}, None)\n"
        "print(json.dumps([answer['statusCode'], gc.isenabled(), sorted({m.split('.')[0] for m in sys.modules})]))"
    )
    with aws.http:
        environment = {
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
            "AWS_REGION": "us-east-2",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": aws.http.url,
            "RP_MW_ENV": "test",
            "EVENTS_QUEUE_URL": f"{aws.http.url}/1/events.fifo",
            "WEBHOOK_SECRET_NAME": "webhook",
        }
        status, is_collecting, loaded = json.loads(run_python(code, environment).splitlines()[-1])
    assert (status, is_collecting) == (200, True)
    assert not set(HEAVY) & set(loaded)
    assert (len(aws.calls("GetSecretValue")), len(aws.calls("SendMessage"))) == (1, 1)


def test_a_wrong_environment_names_every_mistake_and_stops() -> None:
    """All problems in one line, before any request."""
    finished = subprocess.run(
        [sys.executable, "-c", "import rp_mw_ingress.handler"],
        env={"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "AUTH_MODE": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode != 0
    line = json.loads(finished.stdout.splitlines()[0])
    assert line["message"] == "start_failed"
    assert {"RP_MW_ENV", "EVENTS_QUEUE_URL", "WEBHOOK_SECRET_NAME", "AUTH_MODE"} <= set(line["settings"])
