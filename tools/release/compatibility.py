"""Consumer first: no service may send a message that the live version of its reader does not accept.

Each published version tells in its description which release it is, and each release's message versions are in the
metadata of its artefact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.topology import load_topology

ROOT = Path(__file__).resolve().parents[2]
# service: (message type, the service that reads it)
SENDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    service: tuple(function.get("sends", {}).items()) for service, function in load_topology(ROOT)["functions"].items()
}


@dataclass(frozen=True, slots=True)
class MessageVersions:
    """The message version a release writes, and the oldest it still reads; it reads everything in between."""

    writes: int
    reads_from: int


def problems(service: str, release: MessageVersions, live: Mapping[str, MessageVersions]) -> list[str]:
    """Say in words what would break if `release` of `service` went live beside the `live` ones; empty when nothing.

    Both directions count: what the release sends must be readable by the live reader, and what live services send must
    be readable by the release.
    """
    found = []
    for message_type, reader in SENDS[service]:
        other = release if reader == service else live.get(reader)
        if other is not None and not other.reads_from <= release.writes <= other.writes:
            found.append(
                f"{service} would send {message_type} version {release.writes}, but the live {reader} reads "
                f"{other.reads_from} to {other.writes}: deploy the {reader} first"
            )
    senders = {
        sender: message_type
        for sender, messages in SENDS.items()
        for message_type, reader in messages
        if reader == service and sender != service and sender in live
    }
    for sender, message_type in senders.items():
        written = live[sender].writes
        if not release.reads_from <= written <= release.writes:
            found.append(
                f"the live {sender} sends {message_type} version {written}, but this {service} reads "
                f"{release.reads_from} to {release.writes}: deploy a {service} that reads both first"
            )
    return found
