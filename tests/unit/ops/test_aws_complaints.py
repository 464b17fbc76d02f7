"""Every error of AWS, its credentials, its regions and its addresses is one line: the cause, and what to do."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import botocore.exceptions as sdk
import pytest

from rp_mw_ops.cli import main
from rp_mw_ops.environment import Environment, find_actor, open_environment
from rp_mw_ops.errors import OpsError, exit_code_of, find_complaint
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.environments.accounts import list_environments, load_place
from rp_mw_shared.errors import ConfigurationError, TransientError
from tests.fakes.http_stub import HttpStub, StubReply, StubRequest

CALLER = "assumed-role/operator/dana@example.com"
CAUSES: list[tuple[Exception, str]] = [
    (sdk.NoCredentialsError(), "there are no AWS credentials: log in again"),
    (sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "credentials are incomplete"),
    (sdk.CredentialRetrievalError(provider="sso", error_msg="secret"), "credentials could not be had"),
    (sdk.SSOTokenLoadError(error_msg="x"), "sign-on has ended"),
    (sdk.UnauthorizedSSOTokenError(), "sign-on has ended"),
    (sdk.TokenRetrievalError(provider="sso", error_msg="x"), "sign-on has ended"),
    (sdk.ProfileNotFound(profile="prod"), "AWS_PROFILE names a profile that this machine does not have"),
    (sdk.NoRegionError(), "no AWS region is known: set region in the environment's common.tfvars"),
    (sdk.InvalidRegionError(region_name="moon"), "the AWS region is none"),
    (sdk.EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached: is this machine online"),
    (sdk.ConnectTimeoutError(endpoint_url="https://x"), "AWS does not answer"),
    (sdk.ReadTimeoutError(endpoint_url="https://x"), "AWS does not answer"),
    (sdk.ProxyConnectionError(proxy_url="http://p"), "the proxy does not answer"),
    (sdk.SSLError(endpoint_url="https://x", error="e"), "the connection to AWS is not trusted"),
    (sdk.ConnectionClosedError(endpoint_url="https://x"), "AWS cannot be reached"),
    (sdk.ParamValidationError(report="x"), "this is a defect of rp-mw"),
    (sdk.DataNotFoundError(data_path="x"), "the AWS SDK failed"),
    (ValueError("Invalid endpoint: moon"), "the address of AWS is none: unset AWS_ENDPOINT_URL"),
]
CODES = [
    ("ExpiredTokenException", "credentials have expired: log in again"),
    ("InvalidClientTokenId", "does not accept these credentials"),
    ("InvalidSignatureException", "is this machine's clock right?"),
    ("AccessDeniedException", "this role may not do that (GetParametersByPath): docs/runbook.md, Permissions"),
    ("ResourceNotFoundException", "it is not there (GetParametersByPath): is the environment deployed"),
    ("AWS.SimpleQueueService.NonExistentQueue", "it is not there (GetParametersByPath)"),
    ("ThrottlingException", "AWS asks to slow down"),
    ("SomethingNew", "AWS refused GetParametersByPath: try again"),
]


def answered(code: str) -> sdk.ClientError:
    """AWS's answer with an error code; its message is the caller's own words."""
    return sdk.ClientError({"Error": {"Code": code, "Message": "ana@example.com"}}, "GetParametersByPath")


@pytest.mark.parametrize(("error", "said"), [*CAUSES, *((answered(code), said) for code, said in CODES)], ids=str)
def test_an_error_of_the_sdk_is_one_line_that_says_what_to_do(error: Exception, said: str) -> None:
    """Not reachable: exit code 3; nothing of the request is repeated."""
    line = find_complaint(error) or ""
    assert said in line
    assert "\n" not in line and "ana@" not in line and "secret" not in line
    assert exit_code_of(error) == 3


def test_an_error_that_our_own_code_mapped_is_worded_by_its_cause() -> None:
    """The worker's words for it would not say what to do."""
    with pytest.raises(TransientError) as raised, mapped_aws_errors("dynamodb"):
        raise answered("ExpiredTokenException")
    assert "have expired" in (find_complaint(raised.value) or "")
    refused = OpsError("it is set, but not recorded")
    refused.__cause__ = raised.value
    assert find_complaint(refused) == "it is set, but not recorded"


def test_a_defect_is_no_complaint() -> None:
    """Its traceback is wanted."""
    assert find_complaint(KeyError("x")) is None


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A person's shell without anything of AWS's but keys."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return monkeypatch


def sts(account: str) -> Any:
    """Answer GetCallerIdentity with an account, and SSM with no flags."""

    def answer(request: StubRequest) -> StubReply:
        if b"GetCallerIdentity" in request.body:
            told = f"<Account>{account}</Account><Arn>arn:aws:sts::{account}:{CALLER}</Arn>"
            result = f"<GetCallerIdentityResult>{told}</GetCallerIdentityResult>"
            body = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
            return StubReply(200, body.encode(), {"content-type": "text/xml"})
        return StubReply(200, json.dumps({"Parameters": [], "Items": [], "Count": 0}).encode(), {})

    return answer


def test_credentials_of_another_account_are_refused_before_anything_is_read(
    shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A switch thrown in another account would look thrown."""
    with HttpStub(sts("111111111111")) as aws:
        shell.setenv("AWS_ENDPOINT_URL", aws.url)
        assert main(["stop", "--env", "prod", "--confirm", "prod"]) == 3
        assert len(aws.requests) == 1
    line = capsys.readouterr().err
    assert "these AWS credentials are of account 111111111111, and prod is in account 000000000000" in line
    assert "set AWS_PROFILE to the right one" in line


def test_the_first_line_says_environment_account_and_region_whatever_the_shell_says(
    shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The region is the environment's own; an address that is not AWS's is told too."""
    with HttpStub(sts("000000000000")) as aws:
        shell.setenv("AWS_ENDPOINT_URL", aws.url)
        shell.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        assert main(["flags", "--env", "staging"]) == 0
        assert all("us-east-2" in request.headers["authorization"] for request in aws.requests)
        told = capsys.readouterr().out.splitlines()
        assert told[0] == f"staging: account 000000000000, region us-east-2, through {aws.url}"
        assert main(["--env", "staging", "flags", "--json"]) == 0
        where = json.loads(capsys.readouterr().out)["environment"]
    assert (where["name"], where["account"], where["region"]) == ("staging", "000000000000", "us-east-2")


def test_who_acts_is_who_the_credentials_are(shell: pytest.MonkeyPatch) -> None:
    """A name that is given stands beside it, and replaces it nowhere but locally; no address is kept."""
    with HttpStub(sts("000000000000")) as aws:
        shell.setenv("AWS_ENDPOINT_URL", aws.url)
        environment = open_environment("staging")
    assert find_actor(environment) == "assumed-role/operator/dana"
    assert find_actor(environment, "eve") == "eve (assumed-role/operator/dana)"
    local = Environment(environment.topology, environment.client)
    assert find_actor(local, "eve") == "eve"
    assert find_actor(local) == getpass.getuser()


def test_an_aws_that_is_not_there_is_one_line_also_for_the_kill_switch(
    shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A closed port of this machine, and an address that is none."""
    shell.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert main(["stop", "--env", "prod", "--confirm", "prod"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rp-mw: AWS cannot be reached")
    shell.setenv("AWS_ENDPOINT_URL", "moon")
    assert main(["stop", "--env", "prod", "--confirm", "prod"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rp-mw: the address of AWS is none")


def test_a_place_is_what_the_environments_own_file_says(tmp_path: Path) -> None:
    """A file that is of another environment, or says too little, is refused."""
    assert list_environments() == ("dev", "prod", "staging")
    assert load_place("prod").region == "us-east-2"
    (tmp_path / "blue").mkdir()
    file = tmp_path / "blue" / "common.tfvars"
    file.write_text(
        'environment = "blue"\nregion = "eu-west-1"\naccount_ids = ["123456789012", "210987654321"]\n', "utf-8"
    )
    assert list_environments(tmp_path) == ("blue",)
    assert load_place("blue", tmp_path).account_ids == ("123456789012", "210987654321")
    for text in ('environment = "prod"\nregion = "x"\naccount_ids = []\n', 'environment = "blue"\n'):
        file.write_text(text, "utf-8")
        with pytest.raises(ConfigurationError, match="does not say environment = 'blue'"):
            load_place("blue", tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_place("green", tmp_path)
