"""Schemathesis against the ingress over HTTP: generated requests, valid and not, and only described answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.events.api_gateway import TOKEN
from tests.fakes.ingress_ports import IngressBench
from tests.fakes.recording import recording
from tests.fuzz.http_adapter import HttpAdapter

DESCRIPTION = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text("utf-8"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]

# A text over its limit makes the body too large: that is refused before anybody reads the text.
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 405, 413, 415]}}}
)

schema = schemathesis.openapi.from_dict(DESCRIPTION, config=CONFIG)


@pytest.fixture(scope="module")
def shared_adapter() -> Iterator[HttpAdapter]:
    """One server for all generated requests."""
    with recording(), HttpAdapter(IngressBench().ingress.handle) as adapter:
        yield adapter


@schema.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_requests_get_described_answers(case: schemathesis.Case, shared_adapter: HttpAdapter) -> None:
    """With the credential; what violates the description is refused, and nothing is ever answered 5xx."""
    answer = case.call_and_validate(base_url=shared_adapter.url, headers={"X-Middleware-Token": TOKEN}, checks=CHECKS)
    assert answer.status_code < 500


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_requests_without_a_credential_get_described_answers(
    case: schemathesis.Case, shared_adapter: HttpAdapter
) -> None:
    """The same without it: only whether we are alive is told to everybody."""
    answer = case.call_and_validate(base_url=shared_adapter.url, checks=CHECKS[:5])
    assert (answer.status_code == 200) == ((case.method, case.operation.path) == ("GET", "/v1/health"))
