"""Which environment a command works on: the one running locally, or one in AWS with the usual credentials.

Before anything is read or written in AWS, the account of the credentials is compared with the environment's own
(`terraform/environments/<name>/common.tfvars`), and its region is used, whatever the shell says.
"""

from __future__ import annotations

import argparse
import functools
import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.arguments import near_miss
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_shared.environments.accounts import Place, list_environments, load_place
from rp_mw_shared.environments.topology import Topology, load_topology

LOCAL = "local"
# where a write asks for the environment's name
GUARDED = ("prod",)
VARIABLE = "RP_MW_ENV"
ENV_HELP = f"the environment, also before the command (default: what {VARIABLE} says, else local)"
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a command works: what the first line of its answer says. `endpoint` is set where it is not AWS's own.

    `caller` is who the credentials are, as AWS says: `user/dana`, `assumed-role/operator/dana`; None locally.
    """

    environment: str
    account: str
    region: str
    endpoint: str | None = None
    caller: str | None = None

    @property
    def line(self) -> str:
        """The first line of an answer."""
        through = f", through {self.endpoint}" if self.endpoint else ""
        return f"{self.environment}: account {self.account}, region {self.region}{through}"

    def to_json(self) -> dict[str, str | None]:
        """The same for programs."""
        return {"name": self.environment, "account": self.account, "region": self.region, "endpoint": self.endpoint}


@dataclass(frozen=True, slots=True)
class Environment:
    """The topology by name, and clients for it; `local` holds how to reach a locally running system.

    `where` is None for an environment that a test made.
    """

    topology: Topology
    client: Callable[[str], Any]
    local: dict[str, Any] | None = None
    where: Where | None = None

    @property
    def name(self) -> str:
        """What `--env` calls it."""
        return self.topology.environment

    def table(self, key: str) -> str:
        """A table's name by its topology key."""
        return self.topology.tables[key].name

    def queue_url(self, key: str, *, dead_letters: bool = False) -> str:
        """A queue's URL by its topology key."""
        spec = self.topology.queues[key]
        return str(self.client("sqs").get_queue_url(QueueName=spec.dlq_name if dead_letters else spec.name)["QueueUrl"])


def add_environment_argument(parser: argparse.ArgumentParser) -> None:
    """Adds --env after the command; what stands before it is kept where it is not given here."""
    parser.add_argument("--env", metavar="NAME", default=argparse.SUPPRESS, help=ENV_HELP)
    parser.set_defaults(takes_env=True)


def add_confirm_argument(parser: argparse.ArgumentParser) -> None:
    """Adds --confirm, for a command that writes."""
    told = f"the environment's name once more: needed to write in {', '.join(GUARDED)} where nobody can be asked"
    parser.add_argument("--confirm", metavar="NAME", default=argparse.SUPPRESS, help=told)


def known_environments() -> tuple[str, ...]:
    """Every name that --env takes."""
    return (LOCAL, *list_environments())


def settle_environment(given: str | None) -> str:
    """The environment that is meant: --env, else RP_MW_ENV, else `local`; raises UsageError for an unknown one."""
    return require_environment(given or default_environment())


def default_environment() -> str:
    """What RP_MW_ENV says, unchecked; `local` when it is not set."""
    return os.environ.get(VARIABLE) or LOCAL


def require_environment(name: str) -> str:
    """The name when it is an environment's; raises UsageError otherwise."""
    known = known_environments()
    if name not in known:
        raise UsageError(
            f"no environment is called {name!r}{near_miss(name, known)}: "
            f"give --env (or {VARIABLE}) one of {', '.join(known)}"
        )
    return name


def require_local(command: str, given: str | None = None) -> None:
    """Raises UsageError when --env or RP_MW_ENV names another environment than the only one `command` works on."""
    name = settle_environment(given)
    if name != LOCAL:
        named = "--env" if given else VARIABLE
        raise UsageError(f"{command} works on the local system only, and {named} is {name!r}: leave it out")


def find_actor(environment: Environment, given: str = "") -> str:
    """Return who acts, for the record: who AWS says the credentials are, else who is logged in on this machine.

    A name that was given stands before it and never replaces it: a name can be made up, credentials cannot.
    """
    caller = environment.where.caller if environment.where is not None else None
    proved = caller or ("" if given else getpass.getuser())
    return f"{given} ({proved})" if given and proved else given or proved


def require_confirmation(environment: Environment, args: argparse.Namespace, deed: str) -> None:
    """Ask for the environment's name before a write in one that is guarded; raises UsageError where it is not given."""
    name, given = environment.name, getattr(args, "confirm", None)
    if given is None and name in GUARDED and sys.stdin.isatty() and not getattr(args, "json", False):
        sys.stderr.write(f"{deed} in {name}: type {name} to go on: ")
        sys.stderr.flush()
        given = sys.stdin.readline().strip()
    if given is not None and given != name:
        raise UsageError(f"nothing was done: the environment is {name}, and {given!r} was confirmed")
    if given is None and name in GUARDED:
        raise UsageError(f"nothing was done: {deed} in {name} needs --confirm {name}")


def open_environment(name: str) -> Environment:
    """The environment; raises UsageError for an unknown one, NotRunningError for `local` when nothing runs.

    OpsError when the credentials are another account's.
    """
    from rp_mw_shared.environments.running_locally import require_running

    topology = load_topology(require_environment(name))
    if name != LOCAL:
        return _open_in_aws(topology, load_place(name))
    running = require_running()
    client = functools.cache(functools.partial(_local_client, running["aws"]))
    where = Where(LOCAL, "this machine", running["aws"]["region"])
    return Environment(topology, client, running, where)


def announce(environment: Environment, args: argparse.Namespace, *, is_aside: bool = False) -> None:
    """Print the first line of an answer for people: where it is from.

    `is_aside` prints it on standard error, for a command whose standard output another program reads.
    """
    if environment.where is not None and not getattr(args, "json", False):
        stream = sys.stderr if is_aside else sys.stdout
        stream.write(f"{environment.where.line}\n")
        stream.flush()


def with_where(environment: Environment, result: dict[str, Any]) -> dict[str, Any]:
    """Return a command's result for programs, with where it is from beside it."""
    return result if environment.where is None else {"environment": environment.where.to_json(), **result}


def _open_in_aws(topology: Topology, place: Place) -> Environment:
    import boto3
    from botocore.config import Config

    # on call, to hear soon that AWS cannot be reached is worth more than a fifth try; a sweep answers after a minute
    config = Config(connect_timeout=5, read_timeout=70, retries={"total_max_attempts": 3, "mode": "standard"})
    session = boto3.Session(region_name=place.region)
    client = functools.cache(functools.partial(session.client, config=config))
    identity = client("sts").get_caller_identity()
    account = str(identity["Account"])
    if account not in place.account_ids:
        raise OpsError(
            f"these AWS credentials are of account {account}, and {place.environment} is in account "
            f"{' or '.join(place.account_ids) or 'none'} (its common.tfvars): set AWS_PROFILE to the right one"
        )
    endpoint = os.environ.get(ENDPOINT_VARIABLE) or None
    where = Where(place.environment, account, place.region, endpoint, _to_caller(str(identity["Arn"])))
    return Environment(topology, client, None, where)


def _to_caller(arn: str) -> str:
    """`arn:aws:sts::1:assumed-role/operator/dana@example.com` to `assumed-role/operator/dana`: no address is kept."""
    return arn.split(":", 5)[-1].partition("@")[0]


def _local_client(aws: dict[str, str], service: str) -> Any:
    import boto3

    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=aws["endpoint_url"],
        region_name=aws["region"],
        aws_access_key_id=aws["access_key_id"],
        aws_secret_access_key=aws["secret_access_key"],
    )
