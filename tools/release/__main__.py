"""Release, promote, plan, deploy, shift or roll back one stack of one environment.

    python -m tools.release state-bucket --env dev                      make the state's bucket, once
    python -m tools.release release  --service worker                   build from a clean commit, into dev's bucket
    python -m tools.release promote  --service worker --from dev --env staging
    python -m tools.release plan     --env dev --service worker         what a deploy would change; changes nothing
    python -m tools.release deploy   --env dev --service worker         plan, read, apply, shift
    python -m tools.release shift    --env prod --service worker        move the traffic to the newest version
    python -m tools.release rollback --env prod --service worker        back to the version that served well last

Credentials come from the environment, as for the AWS command line. Exit code 0 done, 1 refused or failed.
"""

from __future__ import annotations

import argparse
import sys
import tomllib

from botocore.exceptions import BotoCoreError, ClientError

from tools.release import commands
from tools.release.environment import Aws
from tools.release.state_bucket import make_bucket
from tools.release.terraform import ENVIRONMENTS, SERVICES, STACKS, DeployError, Stack


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="release", description="Release, deploy or roll back one stack.")
    verbs = ("state-bucket", "release", "promote", "plan", "deploy", "shift", "rollback")
    parser.add_argument("command", choices=verbs)
    parser.add_argument("--env", default="dev", choices=ENVIRONMENTS)
    parser.add_argument("--service", choices=STACKS)
    parser.add_argument("--from", dest="source", choices=ENVIRONMENTS, help="promote: where the release runs already")
    parser.add_argument("--again", default="", help="shift: `yes` tries a version that did not stand before")
    parser.add_argument("--destroy", default="", help="addresses that a deploy may take away, separated by spaces")
    chosen = parser.parse_args(arguments)
    try:
        _run(chosen)
    except (DeployError, tomllib.TOMLDecodeError, BotoCoreError, ClientError) as error:
        print(f"{chosen.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _run(chosen: argparse.Namespace) -> None:
    aws = Aws(chosen.env)
    if chosen.command == "state-bucket":
        return make_bucket(aws)
    if chosen.service is None:
        raise DeployError(f"name a stack: SERVICE={'|'.join(STACKS)}")
    if chosen.command in ("plan", "deploy"):
        stack = Stack(chosen.service, chosen.env)
        return (
            commands.plan(aws, stack)
            if chosen.command == "plan"
            else commands.deploy(aws, stack, chosen.destroy.split())
        )
    if chosen.service not in SERVICES:
        raise DeployError("the foundation has no versions: revert its change and deploy it")
    if chosen.command == "release":
        if chosen.env != "dev":
            raise DeployError(
                f"a release is built for dev and promoted from there: make promote FROM=dev ENV={chosen.env}"
            )
        return commands.release(aws, chosen.service)
    if chosen.command == "promote":
        if chosen.source in (None, chosen.env):
            raise DeployError("say from where: FROM=dev (or staging), and another ENV to where")
        return commands.promote(Aws(chosen.source), aws, chosen.service)
    if chosen.command == "shift":
        return commands.shift(aws, chosen.service, again=chosen.again == "yes")
    return commands.roll_back(aws, chosen.service)


if __name__ == "__main__":
    sys.exit(main())
