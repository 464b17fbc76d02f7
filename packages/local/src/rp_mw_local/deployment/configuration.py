"""Secrets and flags."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from rp_mw_local.deployment.changes import Target
from rp_mw_shared.flags.source import read_raw_flags

SecretValue = dict[str, str | None]


def generate_secret_values() -> dict[str, SecretValue]:
    """New random values for every secret of the topology, in the shapes the functions read."""
    return {
        "webhook": {
            "token_current": secrets.token_urlsafe(32),
            "token_previous": None,
            "hmac_secret": secrets.token_urlsafe(32),
        },
        "richpanel": {"api_key": secrets.token_urlsafe(24)},
        "openai": {"api_key": f"sk-local-{secrets.token_urlsafe(24)}"},
        "shopify": {"client_id": secrets.token_hex(16), "client_secret": secrets.token_urlsafe(24)},
        "hash_salt": {"salt": secrets.token_hex(32)},
    }


def ensure_secrets(target: Target, values: Mapping[str, SecretValue]) -> dict[str, str]:
    """ARNs by key; a secret whose value differs gets a new version."""
    client = target.client("secretsmanager")
    known = {entry["Name"]: entry["ARN"] for entry in client.list_secrets(MaxResults=100)["SecretList"]}
    arns = {}
    for key, name in target.topology.secrets.items():
        text = json.dumps(values[key], sort_keys=True)
        if name not in known:
            arns[key] = str(client.create_secret(Name=name, SecretString=text)["ARN"])
            target.changed(f"secret {name}")
            continue
        arns[key] = str(known[name])
        if client.get_secret_value(SecretId=name)["SecretString"] != text:
            client.put_secret_value(SecretId=name, SecretString=text)
            target.changed(f"value of secret {name}")
    return arns


def load_secret_values(target: Target) -> dict[str, SecretValue]:
    """What the deployed secrets hold now, by key; absent ones are left out."""
    client = target.client("secretsmanager")
    known = {entry["Name"] for entry in client.list_secrets(MaxResults=100)["SecretList"]}
    return {
        key: json.loads(client.get_secret_value(SecretId=name)["SecretString"])
        for key, name in target.topology.secrets.items()
        if name in known
    }


def ensure_flags(target: Target, overrides: Mapping[str, str]) -> None:
    """Creates missing flags with the topology's defaults; an existing flag keeps its value unless overridden."""
    ssm = target.client("ssm")
    path = target.topology.flags_path
    current = read_raw_flags(ssm, path)
    for flag, default in target.topology.flag_defaults.items():
        name = f"{path}/{flag}"
        wanted = overrides.get(flag, current.get(flag, default))
        if current.get(flag) != wanted:
            ssm.put_parameter(Name=name, Value=wanted, Type="String", Overwrite=True)
            target.changed(f"flag {name}")
