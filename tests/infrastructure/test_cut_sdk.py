"""The cut SDK of each zip signs, retries and reports errors exactly as the whole one."""

from __future__ import annotations

import hashlib
import json
import shutil
import ssl
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name

from tools.zips.layout import BuildError, Repository, Service
from tools.zips.sdk import AWS_AUTHORITIES, cut_authorities, cut_sdk

ROOT = Path(__file__).resolve().parents[2]
PROBE = Path(__file__).with_name("sdk_probe.py")
# the ingress has no client (docs/decisions/0163)
SERVICES = [name for name in Repository(ROOT).service_names() if Repository(ROOT).service(name).contents.aws_operations]
QUEUE = "https://sqs.us-east-2.amazonaws.com/123456789012/events.fifo"
BODY = '{"text":"é — \\ud83d\\ude00"}'
ITEM = {
    "event_id": {"S": "evt:rp:1:2"},
    "attempts": {"N": "1"},
    "plan": {"M": {"close": {"BOOL": True}, "note": {"NULL": True}}},
}
KEY = {"event_id": {"S": "evt:rp:1:2"}}
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


@dataclass(frozen=True, slots=True)
class Sample:
    """A call with what the service answers when it works, and one error its model knows."""

    arguments: dict[str, Any]
    answer: dict[str, Any]
    error: str


SAMPLES: dict[tuple[str, str], Sample] = {
    ("sqs", "SendMessage"): Sample(
        {
            "QueueUrl": QUEUE,
            "MessageBody": BODY,
            "MessageGroupId": "g",
            "MessageDeduplicationId": "d",
            "MessageAttributes": {"reason": {"DataType": "String", "StringValue": "schema_invalid"}},
        },
        {"MD5OfMessageBody": hashlib.md5(BODY.encode()).hexdigest(), "MessageId": "m-1", "SequenceNumber": "18"},
        "com.amazonaws.sqs#QueueDoesNotExist",
    ),
    ("sqs", "ChangeMessageVisibility"): Sample(
        {"QueueUrl": QUEUE, "ReceiptHandle": "r", "VisibilityTimeout": 30},
        {},
        "com.amazonaws.sqs#ReceiptHandleIsInvalid",
    ),
    ("sqs", "DeleteMessage"): Sample(
        {"QueueUrl": QUEUE, "ReceiptHandle": "r"}, {}, "com.amazonaws.sqs#ReceiptHandleIsInvalid"
    ),
    ("sqs", "GetQueueAttributes"): Sample(
        {"QueueUrl": QUEUE, "AttributeNames": ["ApproximateNumberOfMessages"]},
        {"Attributes": {"ApproximateNumberOfMessages": "3"}},
        "com.amazonaws.sqs#QueueDoesNotExist",
    ),
    ("secretsmanager", "GetSecretValue"): Sample(
        {"SecretId": "rp-mw/dev/richpanel/webhook"},
        {"Name": "s", "SecretString": "{}", "VersionStages": ["AWSCURRENT"], "CreatedDate": 1763812800.5},
        "ResourceNotFoundException",
    ),
    ("ssm", "GetParametersByPath"): Sample(
        {"Path": "/rp-mw/dev/flags", "WithDecryption": False},
        {"Parameters": [{"Name": "a", "Value": "true", "Version": 3, "LastModifiedDate": 1763812800.0}]},
        "InvalidFilterKey",
    ),
    ("ssm", "PutParameter"): Sample(
        {"Name": "/rp-mw/dev/flags/stage_ceiling", "Value": "assign", "Type": "String", "Overwrite": True},
        {"Version": 4, "Tier": "Standard"},
        "TooManyUpdates",
    ),
    ("dynamodb", "GetItem"): Sample(
        {"TableName": "t", "Key": KEY, "ConsistentRead": True}, {"Item": ITEM}, f"{DYNAMODB}ResourceNotFoundException"
    ),
    ("dynamodb", "Query"): Sample(
        {"TableName": "t", "KeyConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}},
        {"Items": [ITEM], "Count": 1, "ScannedCount": 1},
        f"{DYNAMODB}ResourceNotFoundException",
    ),
    ("dynamodb", "PutItem"): Sample(
        {"TableName": "t", "Item": ITEM, "ConditionExpression": "attribute_not_exists(event_id)"},
        {},
        f"{DYNAMODB}ConditionalCheckFailedException",
    ),
    ("dynamodb", "UpdateItem"): Sample(
        {
            "TableName": "t",
            "Key": KEY,
            "UpdateExpression": "SET #s = :s",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":s": {"S": "completed"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        {"Attributes": ITEM},
        f"{DYNAMODB}ConditionalCheckFailedException",
    ),
    ("dynamodb", "BatchGetItem"): Sample(
        {"RequestItems": {"t": {"Keys": [KEY], "ConsistentRead": True}}},
        {"Responses": {"t": [ITEM]}, "UnprocessedKeys": {}},
        f"{DYNAMODB}ProvisionedThroughputExceededException",
    ),
    ("dynamodb", "BatchExecuteStatement"): Sample(
        {"Statements": [{"Statement": "INSERT INTO t VALUE {'event_id': ?}", "Parameters": [{"S": "x"}]}]},
        {"Responses": [{"TableName": "t"}, {"Error": {"Code": "DuplicateItem", "Message": "there"}}]},
        f"{DYNAMODB}RequestLimitExceeded",
    ),
    ("dynamodb", "ExecuteStatement"): Sample(
        {"Statement": "SELECT * FROM t WHERE event_id=?", "Parameters": [{"S": "x"}]},
        {"Items": [ITEM]},
        f"{DYNAMODB}ConditionalCheckFailedException",
    ),
    ("dynamodb", "DeleteItem"): Sample(
        {"TableName": "t", "Key": KEY}, {}, f"{DYNAMODB}ConditionalCheckFailedException"
    ),
    ("dynamodb", "TransactWriteItems"): Sample(
        {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}], "ClientRequestToken": "x"},
        {},
        f"{DYNAMODB}TransactionCanceledException",
    ),
}


@dataclass(slots=True)
class Stub:
    """A loopback AWS: keeps every request whole, gives the prepared answers in turn."""

    answers: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)
    requests: list[tuple[str, list[tuple[str, str]], bytes]] = field(default_factory=list)
    url: str = ""

    def will_answer(self, status: int, document: dict[str, Any]) -> None:
        """Adds one answer; an error's type also goes where SQS clients look for the old error code."""
        # the date is fixed: the SDK reckons the clock skew into its retries
        headers = {"Content-Type": "application/x-amz-json-1.0", "Date": DATE, "x-amzn-RequestId": "r-1"}
        if document.get("__type", "").endswith("QueueDoesNotExist"):
            headers["x-amzn-query-error"] = "AWS.SimpleQueueService.NonExistentQueue;Sender"
        self.answers.append((status, headers, json.dumps(document).encode()))


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    """The stub on a free loopback port."""
    state = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append((self.requestline, list(self.headers.items()), body))
            status, headers, answer = state.answers.popleft()
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def copy_of_sdk(folder: Path, services: tuple[str, ...]) -> Path:
    """A copy of botocore with the data of the named services."""
    source = Path(botocore.__file__).parent

    def unwanted(where: str, names: list[str]) -> list[str]:
        inside_data = Path(where) == source / "data"
        folders = [name for name in names if (source / "data" / name).is_dir() and name not in services]
        return folders if inside_data else [name for name in names if name == "__pycache__"]

    return Path(shutil.copytree(source, folder / "botocore", ignore=unwanted))


def calls_of(service: Service) -> list[tuple[str, str]]:
    """Every AWS operation the service's zip carries."""
    return [(aws, name) for aws, names in sorted(service.contents.aws_operations.items()) for name in sorted(names)]


def prepare(stub: Stub, calls: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The probe's calls, and the stub's answers to them: success, failures then success, an error, bad arguments."""
    asked = []
    for call in calls:
        sample = SAMPLES[call]
        request = {"service": call[0], "operation": xform_name(call[1]), "arguments": sample.arguments}
        stub.will_answer(200, sample.answer)
        stub.will_answer(500, {"__type": "InternalServerError", "message": "try again"})
        stub.will_answer(400, {"__type": "ThrottlingException", "message": "slow down"})
        stub.will_answer(200, sample.answer)
        # errors that are retried need an answer for each of the three attempts
        retried = sample.error.endswith(("ProvisionedThroughputExceededException", "RequestLimitExceeded"))
        for _ in range(3 if retried else 1):
            stub.will_answer(400, {"__type": sample.error, "message": "no", "Item": ITEM})
        asked += [request, request, request, {**request, "arguments": {**sample.arguments, "NoSuchArgument": 1}}]
    return asked


def probe(stub: Stub, path: Path | None, calls: list[tuple[str, str]]) -> tuple[dict[str, Any], list[Any]]:
    """What the SDK under `path` (None: the installed one) did: outcomes and own endpoints, and its requests."""
    stub.answers.clear()
    stub.requests.clear()
    asked = {"path": str(path) if path else None, "endpoint": stub.url, "calls": prepare(stub, calls)}
    done = subprocess.run(
        [sys.executable, "-P", str(PROBE)],
        input=json.dumps(asked),
        env={
            "PATH": "",
            "PYTHONHASHSEED": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), list(stub.requests)


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_in_a_zip_has_a_sample_here(name: str) -> None:
    """An operation added to zip.yaml needs a call to compare."""
    assert [call for call in calls_of(Repository(ROOT).service(name)) if call not in SAMPLES] == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_cut_sdk_does_byte_for_byte_what_the_whole_one_does(name: str, stub: Stub, tmp_path: Path) -> None:
    """Same requests with the same signatures, same retries, same answers, same modelled errors, same endpoints."""
    service = Repository(ROOT).service(name)
    calls = calls_of(service)
    package = copy_of_sdk(tmp_path, tuple(service.contents.aws_operations))
    cut_sdk(package, service.contents.aws_operations)

    whole, whole_requests = probe(stub, None, calls)
    cut, cut_requests = probe(stub, tmp_path, calls)

    assert cut.pop("from") == str(package / "__init__.py")
    assert whole.pop("from") == botocore.__file__
    for ours, theirs in zip(cut_requests, whole_requests, strict=True):
        assert ours == theirs
    assert cut == whole
    # one request that worked, three for the retried one, at least one for the error, none for bad arguments
    assert len(whole_requests) >= 5 * len(calls)
    assert all(dict(headers)["Authorization"].startswith("AWS4-HMAC-SHA256") for _, headers, _ in whole_requests)
    errors = whole["outcomes"][2::4]
    assert [error["modelled"] for error in errors] == [True] * len(calls)
    assert {bad["error"] for bad in whole["outcomes"][3::4]} == {"ParamValidationError"}


def test_a_service_without_operations_carries_no_model(tmp_path: Path) -> None:
    """The ingress' zip: code of the SDK, and none of its data."""
    package = copy_of_sdk(tmp_path, ("sqs",))
    cut_sdk(package, {})
    assert list((package / "data").iterdir()) == []
    assert Repository(ROOT).service("ingress").contents.aws_operations == {}


def test_an_operation_the_service_does_not_name_is_gone(stub: Stub, tmp_path: Path) -> None:
    """The comparison above would notice a cut that cuts nothing."""
    package = copy_of_sdk(tmp_path, ("sqs",))
    cut_sdk(package, {"sqs": ["SendMessage"]})
    with pytest.raises(AssertionError, match="change_message_visibility"):
        probe(stub, tmp_path, [("sqs", "ChangeMessageVisibility")])


@pytest.mark.parametrize(
    ("operations", "named"),
    [({"sqs": ["SendMessages"]}, "SendMessages"), ({"sqsx": ["SendMessage"]}, "sqsx")],
)
def test_a_name_botocore_does_not_know_stops_the_build(
    operations: dict[str, list[str]], named: str, tmp_path: Path
) -> None:
    """A misspelt operation or service fails at build time, not in production."""
    package = copy_of_sdk(tmp_path, ("sqs",))
    with pytest.raises(BuildError, match=named):
        cut_sdk(package, operations)


def test_the_cut_bundle_trusts_the_authorities_of_aws_and_no_other() -> None:
    """Each certificate is whole: the TLS library loads it and knows its subject."""
    cut = cut_authorities((Path(botocore.__file__).parent / "cacert.pem").read_text("utf-8"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=cut)
    subjects = [dict(part for (part,) in one["subject"])["commonName"] for one in context.get_ca_certs()]
    assert sorted(subjects) == sorted(AWS_AUTHORITIES)


def test_a_bundle_without_an_authority_of_aws_stops_the_build() -> None:
    """Better than a function that trusts nobody."""
    with pytest.raises(BuildError, match="Amazon Root CA 1"):
        cut_authorities("# nothing\n")
