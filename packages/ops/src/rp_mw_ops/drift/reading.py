"""What a function is set to and which key it has: as deployed, so that the tools look at what the functions look at."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from rp_mw_ops.drift.account import Listed, load_list, open_account
from rp_mw_ops.drift.checks import LISTS
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.errors import OpsError
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clients.secrets import SecretCache
from rp_mw_shared.clock import Clock

DEFAULT_BASE_URL = "https://api.richpanel.com/v1"


def load_settings(environment: Environment, function: str) -> dict[str, str]:
    """The function's own environment: what it talks to and writes as is what has to be there."""
    name = environment.topology.functions[function].name
    qualifier = {} if environment.name == LOCAL else {"Qualifier": "live"}
    with mapped_aws_errors("lambda"):
        found = environment.client("lambda").get_function_configuration(FunctionName=name, **qualifier)
    return dict(found.get("Environment", {}).get("Variables", {}))


def load_secret(environment: Environment, key: str) -> dict[str, str | None]:
    """The fields of a secret by its topology key; raises what `SecretCache` raises."""
    return SecretCache(environment.client("secretsmanager")).load(environment.topology.secrets[key])


def load_account(environment: Environment, settings: dict[str, str], clock: Clock) -> dict[str, Listed]:
    """The account's tags, teams and agents, as the worker's key sees them; raises OpsError where there is no key."""
    key = load_secret(environment, "richpanel").get("api_key")
    if not key:
        raise OpsError(f"secret {environment.topology.secrets['richpanel']} has no api_key: write it again")
    http = open_account(settings.get("RICHPANEL_BASE_URL", DEFAULT_BASE_URL), key, clock)
    try:
        # log lines on a person's terminal would only spoil --json
        with redirect_stdout(io.StringIO()):
            return {kind: load_list(http, listed) for kind, listed in LISTS.items()}
    finally:
        http.close()
