"""`make offline-account`: what docs/deploy.md can be walked with where there is no account, for as long as it runs.

Prints the lines that send Terraform to the provider stand-in and all else to the embedded AWS on loopback; set them in
another terminal. The stand-in makes nothing real, so the buckets of the zips and the secrets' shells are made here.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3

from rp_mw_local.emulator import Emulator
from rp_mw_shared.environments.topology import load_topology
from tools.tf.environments import ENVIRONMENTS, make_bucket
from tools.tf.workspace import NO_ACCOUNT, TerraformMissingError, require_terraform, stand_in_environment

ACCOUNT = "123456789012"  # the embedded AWS takes a key of twelve digits for an account


def make_what_is_put_into(client: Callable[[str], Any]) -> None:
    """Each environment's bucket of zips and shells of secrets: what the foundation makes and a person fills."""
    for environment in ENVIRONMENTS:
        make_bucket(client("s3"), f"rp-mw-{environment}-artefacts-{ACCOUNT}")
        for name in load_topology(environment).secrets.values():
            client("secretsmanager").create_secret(Name=name)


def main() -> int:
    """0 when it was ended by a person, 1 where something is missing."""
    try:
        require_terraform()
        configuration = stand_in_environment()["TF_CLI_CONFIG_FILE"]
    except TerraformMissingError as missing:
        print(f"offline-account: {missing}", file=sys.stderr)
        return 1
    print("offline-account: starting the embedded AWS (some minutes the first time)", file=sys.stderr, flush=True)
    with Emulator() as account:
        variables = NO_ACCOUNT | {
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_ENDPOINT_URL": account.endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-2",
            "TF_CLI_CONFIG_FILE": configuration,
        }
        client: Any = boto3.client
        at = {"endpoint_url": account.endpoint_url, "region_name": "us-east-2"}
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": NO_ACCOUNT["AWS_SECRET_ACCESS_KEY"]}
        make_what_is_put_into(partial(client, **at, **keys))
        print("\n".join(f"export {name}={value}" for name, value in variables.items()))
        print(f"# account {ACCOUNT}; press Ctrl-C to end it", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    sys.exit(main())
