"""`make offline-account`: what docs/deploy.md can be walked with where there is no account, for as long as it runs.

Prints the lines that send Terraform to the provider stand-in and all else to the embedded AWS on loopback; set them in
another terminal. The stand-in makes nothing real, so the bucket of the zips is made here.
"""

from __future__ import annotations

import signal
import sys

import boto3

from rp_mw_local.emulator import Emulator
from tools.tf.environments import ENVIRONMENTS, make_bucket
from tools.tf.workspace import NO_ACCOUNT, TerraformMissingError, require_terraform, stand_in_environment

ACCOUNT = "123456789012"  # the embedded AWS takes a key of twelve digits for an account


def main() -> int:
    """0 when it was ended by a person, 1 where something is missing."""
    try:
        require_terraform()
        configuration = stand_in_environment()["TF_CLI_CONFIG_FILE"]
    except TerraformMissingError as missing:
        print(f"offline-account: {missing}", file=sys.stderr)
        return 1
    with Emulator() as account:
        variables = NO_ACCOUNT | {
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_ENDPOINT_URL": account.endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-2",
            "TF_CLI_CONFIG_FILE": configuration,
        }
        s3 = boto3.client(
            "s3",
            endpoint_url=account.endpoint_url,
            region_name="us-east-2",
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key=NO_ACCOUNT["AWS_SECRET_ACCESS_KEY"],
        )
        for environment in ENVIRONMENTS:
            make_bucket(s3, f"rp-mw-{environment}-artefacts-{ACCOUNT}")
        print("\n".join(f"export {name}={value}" for name, value in variables.items()))
        print(f"# account {ACCOUNT}; press Ctrl-C to end it", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    sys.exit(main())
