"""docs/openapi.yaml says what the code does: routes, statuses, codes, limits and fields."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from rp_mw_ingress import accept
from rp_mw_ingress.domain import authentication, direction, payload, strict_json, ticket_reference
from rp_mw_ingress.domain.http_request import MAX_BODY_BYTES
from rp_mw_ingress.domain.reasons import IgnoreReason, Refusal
from tests.events.api_gateway import FULL_PAYLOAD, api_event, webhook
from tests.fakes.ingress_ports import IngressBench

DESCRIPTION = yaml.safe_load((Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml").read_text("utf-8"))
EVENTS = DESCRIPTION["paths"][accept.EVENTS_PATH]["post"]
HEALTH = DESCRIPTION["paths"][accept.HEALTH_PATH]["get"]
SCHEMAS = DESCRIPTION["components"]["schemas"]
FIELDS = SCHEMAS["Webhook"]["properties"]


def resolved(node: Any) -> Any:
    """A node, or what its $ref points to."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = DESCRIPTION
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def is_described(answer: dict[str, Any], operation: dict[str, Any]) -> bool:
    """Whether an answer's status, content type and body are among the operation's responses."""
    response = resolved(operation["responses"][str(answer["statusCode"])])
    schema = response["content"][answer["headers"]["content-type"]]["schema"]
    document = {"components": DESCRIPTION["components"], **schema}
    return jsonschema_rs.validator_for(document).is_valid(json.loads(answer["body"]))


def names_read_by(module: Any) -> set[str]:
    """Every string that a module's functions look up in a payload."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    constants = [argument for call in calls for argument in call.args if isinstance(argument, ast.Constant)]
    return {
        argument.value for argument in constants if isinstance(argument.value, str) and argument.value.isidentifier()
    }


def test_paths_and_methods_are_those_of_the_code() -> None:
    """Two routes, one method each."""
    described = {path: set(operations) for path, operations in DESCRIPTION["paths"].items()}
    assert described == {accept.EVENTS_PATH: {"post"}, accept.HEALTH_PATH: {"get"}}


def test_every_refusal_is_described_and_no_other() -> None:
    """Codes and statuses; 404 belongs to no path."""
    assert SCHEMAS["Problem"]["properties"]["code"]["enum"] == [refusal.code for refusal in Refusal]
    assert set(SCHEMAS["Problem"]["properties"]["status"]["enum"]) == {refusal.status for refusal in Refusal}
    assert {int(status) for status in EVENTS["responses"]} == {200} | {refusal.status for refusal in Refusal} - {404}


def test_every_ignore_reason_is_described() -> None:
    """The closed set."""
    assert SCHEMAS["Ignored"]["properties"]["reason"]["enum"] == [reason.value for reason in IgnoreReason]


def test_the_credentials_headers_are_those_of_the_code() -> None:
    """Names as the code reads them."""
    described = {scheme["name"].lower() for scheme in DESCRIPTION["components"]["securitySchemes"].values()}
    assert described == {
        authentication.TOKEN_HEADER,
        authentication.SIGNATURE_HEADER,
        authentication.TIMESTAMP_HEADER,
    }


def test_limits_are_those_of_the_code() -> None:
    """Sizes, depth, counts."""
    body = EVENTS["requestBody"]["description"]
    assert f"{MAX_BODY_BYTES // 1024} KiB" in body
    assert f"{strict_json.MAX_DEPTH} deep" in body
    assert f"{ticket_reference.MAX_TICKET_ID_BYTES} bytes" in FIELDS["ticket_id"]["description"]
    assert FIELDS["ticket_id"]["oneOf"][0]["maxLength"] == ticket_reference.MAX_URL_BYTES
    assert FIELDS["message_id"]["oneOf"][0]["maxLength"] == ticket_reference.MAX_MESSAGE_ID_BYTES
    assert FIELDS["attachments"]["oneOf"][0]["maxItems"] == payload.MAX_ATTACHMENTS
    assert (
        f"{authentication.MAX_CLOCK_DIFFERENCE_SECONDS} s"
        in (DESCRIPTION["components"]["securitySchemes"]["timestamp"]["description"])
    )


def test_every_field_the_code_reads_is_described_and_every_described_one_is_read() -> None:
    """Found in the source, so that a new field cannot be forgotten."""
    attachment = FIELDS["attachments"]["oneOf"][0]["items"]["properties"]
    described = {*FIELDS, *FIELDS["customer"]["properties"], *attachment}
    assert names_read_by(payload) <= described
    # isOperator and is_operator, and an author's keys, are read from tuples
    assert described <= names_read_by(payload) | names_read_by(direction) | {"is_operator", "isOperator"}


@pytest.mark.parametrize(
    "event",
    [
        webhook(FULL_PAYLOAD),
        webhook({"ticket_id": "7"}),
        webhook({"ticket_id": "7", "is_operator": True}),
        webhook({}),
        webhook({}, headers={}),
        webhook({}, headers={"content-type": "application/json"}),
        webhook({}, method="GET"),
        api_event(b"x" * 40_000),
    ],
)
def test_answers_are_as_described(event: dict[str, Any]) -> None:
    """Status, content type and body of each kind."""
    assert is_described(IngressBench().ingress.handle(event), EVENTS)


def test_failures_of_ours_are_as_described() -> None:
    """503 with Retry-After, 500, and the health check."""
    bench = IngressBench()
    bench.queue.is_refusing = True
    refused = bench.ingress.handle(webhook(FULL_PAYLOAD))
    assert is_described(refused, EVENTS)
    assert "retry-after" in refused["headers"]
    bench.queue.defect = ValueError()
    assert is_described(bench.ingress.handle(webhook(FULL_PAYLOAD)), EVENTS)
    assert is_described(bench.ingress.handle(api_event(None, method="GET", path="/v1/health")), HEALTH)


@pytest.mark.parametrize("name", ["minimal", "full"])
def test_the_examples_are_accepted(name: str) -> None:
    """What the description shows, works."""
    example = EVENTS["requestBody"]["content"]["application/json"]["examples"][name]["value"]
    assert IngressBench().post(webhook(example)) == (200, {"status": "accepted"})


def test_the_example_of_the_setup_page_is_accepted_once_rendered() -> None:
    """The body that docs/webhook.md tells people to paste."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "webhook.md").read_text("utf-8")
    [template] = [part for part in page.split("`") if part.startswith('{"ticket_id"')]
    bench = IngressBench()
    assert bench.post(api_event(template.replace("{{ticket.id}}", "<a@b>").encode()))[0] == 200
    assert bench.post(api_event(template.encode()))[0] == 400
