"""Roles, functions, their queues' mappings and the webhook's HTTP API."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rp_mw_local.deployment.changes import Target, wait_until
from rp_mw_local.errors import LocalError
from rp_mw_shared.environments.topology import FunctionSpec, resolve

ALIAS = "live"
POLICY = "least-privilege"
GAPS_POLICY = "emulator-gaps"
ROUTES = ("POST /v1/richpanel/events", "GET /v1/health")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def role_policy(spec: FunctionSpec, arns: Mapping[str, str]) -> dict[str, Any]:
    """Exactly the topology's permissions, plus the function's own log group and the key its queues and tables use."""
    statements = [
        {"Effect": "Allow", "Action": sorted(grant.actions), "Resource": arns[grant.on]} for grant in spec.permissions
    ]
    statements.append(
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{arns['logs']}:log-group:/aws/lambda/{spec.name}:*",
        }
    )
    statements.append({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": arns["key"]})
    return {"Version": "2012-10-17", "Statement": statements}


def emulator_gaps_policy(spec: FunctionSpec) -> dict[str, Any]:
    """What the emulator asks for where AWS asks for what the topology grants.

    It checks GetParametersByPath against every resource instead of the path, and PartiQL by the name of the API call
    instead of by statement and table. Source: the pinned emulator's behaviour; deployed roles have no such policy.
    """
    granted = {action for grant in spec.permissions for action in grant.actions}
    actions = sorted(granted & {"ssm:GetParametersByPath"})
    if any(action.startswith("dynamodb:PartiQL") for action in granted):
        actions += ["dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement"]
    statements = [{"Effect": "Allow", "Action": actions, "Resource": "*"}] if actions else []
    return {"Version": "2012-10-17", "Statement": statements}


def ensure_role(target: Target, spec: FunctionSpec, arns: Mapping[str, str]) -> str:
    """The ARN of the function's own role."""
    iam = target.client("iam")
    try:
        role = iam.get_role(RoleName=spec.name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        role = iam.create_role(RoleName=spec.name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        target.changed(f"role {spec.name}")
    for name, policy in ((POLICY, role_policy(spec, arns)), (GAPS_POLICY, emulator_gaps_policy(spec))):
        if policy["Statement"] and _current_policy(iam, spec.name, name) != policy:
            iam.put_role_policy(RoleName=spec.name, PolicyName=name, PolicyDocument=json.dumps(policy))
            target.changed(f"{name} of {spec.name}")
    return str(role["Arn"])


def _current_policy(iam: Any, role: str, name: str) -> dict[str, Any] | None:
    try:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return dict(json.loads(document) if isinstance(document, str) else document)


def ensure_function(
    target: Target, spec: FunctionSpec, zip_path: Path, role_arn: str, values: Mapping[str, str]
) -> str:
    """The ARN of the function's `live` alias, which points to the version built from exactly this zip and settings."""
    client = target.client("lambda")
    code = _load_zip(zip_path)
    settings = _settings(spec, role_arn, values)
    try:
        current = client.get_function_configuration(FunctionName=spec.name)
    except client.exceptions.ResourceNotFoundException:
        client.create_function(**settings, Code={"ZipFile": code}, PackageType="Zip")
        target.changed(f"function {spec.name}")
        return _publish(target, spec.name)
    is_changed = _update_code(client, current, code)
    if any(current.get(key) != value for key, value in settings.items()):
        client.update_function_configuration(**settings)
        is_changed = True
    if is_changed:
        target.changed(f"update of {spec.name}")
        return _publish(target, spec.name)
    return str(client.get_alias(FunctionName=spec.name, Name=ALIAS)["AliasArn"])


def replace_code(target: Target, name: str, zip_path: Path) -> bool:
    """Let the deployed function's `live` alias run exactly this zip, settings as they are; tell whether it changed."""
    client = target.client("lambda")
    if not _update_code(client, client.get_function_configuration(FunctionName=name), _load_zip(zip_path)):
        return False
    target.changed(f"code of {name}")
    _publish(target, name)
    return True


def _update_code(client: Any, current: Mapping[str, Any], code: bytes) -> bool:
    if current["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode():
        return False
    client.update_function_code(FunctionName=current["FunctionName"], ZipFile=code)
    return True


def _settings(spec: FunctionSpec, role_arn: str, values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "FunctionName": spec.name,
        "Runtime": f"python{sys.version_info[0]}.{sys.version_info[1]}",
        "Handler": spec.handler,
        "Role": role_arn,
        "MemorySize": spec.memory_mb,
        "Timeout": spec.timeout_seconds,
        "Environment": {"Variables": {name: resolve(text, values) for name, text in spec.environment.items()}},
    }


def _load_zip(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalError(f"{path} is missing: run `make build`") from error


def _publish(target: Target, name: str) -> str:
    client = target.client("lambda")
    wait_until(lambda: _is_settled(client.get_function_configuration(FunctionName=name)), name)
    version = client.publish_version(FunctionName=name)["Version"]
    try:
        alias = client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
    except client.exceptions.ResourceNotFoundException:
        alias = client.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
    return str(alias["AliasArn"])


def _is_settled(configuration: dict[str, Any]) -> bool:
    states = (configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful"))
    return states == ("Active", "Successful")


def ensure_mapping(target: Target, spec: FunctionSpec, alias_arn: str, queue_arn: str) -> None:
    """Lets the queue feed the function, in batches whose failures are reported one by one."""
    client = target.client("lambda")
    if client.list_event_source_mappings(EventSourceArn=queue_arn, FunctionName=alias_arn)["EventSourceMappings"]:
        return
    client.create_event_source_mapping(
        EventSourceArn=queue_arn,
        FunctionName=alias_arn,
        BatchSize=spec.batch_size or 1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        Enabled=True,
    )
    target.changed(f"mapping {queue_arn.rpartition(':')[2]} -> {spec.name}")


def ensure_api(target: Target, spec: FunctionSpec, alias_arn: str) -> str:
    """The id of the HTTP API in front of the function, payload format 2.0."""
    client = target.client("apigatewayv2")
    name = f"rp-mw-{target.topology.environment}-webhook"
    for api in client.get_apis()["Items"]:
        if api["Name"] == name:
            return str(api["ApiId"])
    api_id = str(client.create_api(Name=name, ProtocolType="HTTP")["ApiId"])
    integration = client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=alias_arn, PayloadFormatVersion="2.0"
    )
    for route in ROUTES:
        client.create_route(ApiId=api_id, RouteKey=route, Target=f"integrations/{integration['IntegrationId']}")
    client.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    target.client("lambda").add_permission(
        FunctionName=spec.name,
        Qualifier=ALIAS,
        StatementId="webhook",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    target.changed(f"api {name}")
    return api_id
