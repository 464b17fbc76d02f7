"""Whether a private note is private in this account: a note on a test ticket, looked at by us and by its customer.

write the note, once ── read it back: the helpdesk calls it private ── a person looks as the ticket's customer ── proved
                               |                                              |
                               no, or says nothing: no proof, and a proof     not looked yet: run it again with
                               of before is withdrawn                         --customer-saw-nothing

The helpdesk's own word is not enough: it may call private what it mails all the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any
from urllib.parse import quote

from rp_mw_ops.doctor.checked import Checked, State, good
from rp_mw_ops.drift.account import CALL_SECONDS, open_vendor
from rp_mw_ops.drift.reading import DEFAULT_BASE_URL, load_secret, load_settings
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError, OpsError
from rp_mw_ops.flags import load_flags, set_flag
from rp_mw_ops.promotion import PROOF
from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.clock import Clock

PART = "private notes"
PROBE_TEXT = "rp-mw: a test whether notes are private. If you read this as a customer, please tell the shop."
_READ_BACK_WAITS_SECONDS = (0.5, 1.0, 2.0)
_NOT_FOUND = 404


def probe_notes(
    environment: Environment, ticket_id: str, clock: Clock, *, saw_nothing: bool, who: str
) -> Iterator[Checked]:
    """Write the probe's note unless the ticket has it, judge it, and keep the proof; `saw_nothing` is a person's word.

    Raises NotFoundError for an unknown ticket, OpsError where there is no key, and what the vendor's client raises.
    """
    shown = _probed(environment, ticket_id, clock)
    if shown is None:
        yield Checked(PART, State.UNREAD, "the note is not in the ticket", "look at the ticket, and run it again")
        return
    if not _is_private(shown):
        _keep(environment, "false", who, "a probe note was not private")
        told = "the customer sees it" if shown.get("public") is not None else "the helpdesk does not say so"
        yield Checked(PART, State.FINDING, f"not private: {told}", "stage draft stays closed in this account")
        return
    if not saw_nothing:
        to_do = (
            "look at the test ticket as its customer (mailbox, chat). If the note is not there: the same command with "
            "--customer-saw-nothing"
        )
        yield Checked(PART, State.UNREAD, "the helpdesk calls the note private, and nobody has looked", to_do)
        return
    _keep(environment, "true", who, "a probe note on a test ticket is private, and its customer saw nothing")
    yield good(PART, "proved: stage draft may be opened")


def _keep(environment: Environment, value: str, who: str, why: str) -> None:
    if load_flags(environment)[PROOF]["value"] != value:
        set_flag(environment, PROOF, value, who=who, why=why)


def _probed(environment: Environment, ticket_id: str, clock: Clock) -> dict[str, Any] | None:
    """Return the probe's comment as the helpdesk shows it, None where it does not show up."""
    key = load_secret(environment, "richpanel").get("api_key")
    if not key:
        raise OpsError(f"secret {environment.topology.secrets['richpanel']} has no api_key: write it again")
    base_url = load_settings(environment, "worker").get("RICHPANEL_BASE_URL", DEFAULT_BASE_URL)
    headers = {"x-richpanel-key": key, "accept": "application/json", "content-type": "application/json"}
    http = open_vendor("richpanel", base_url, headers, clock)
    path = f"/tickets/{quote(ticket_id, safe='')}"
    try:
        with redirect_stdout(io.StringIO()):  # log lines on a person's terminal would only spoil --json
            return _find_probe(http, path) or _write_probe(http, path, clock)
    finally:
        http.close()


def _write_probe(http: VendorHttp, path: str, clock: Clock) -> dict[str, Any] | None:
    """Write the note as the worker writes its drafts, and look for it."""
    comment = {"body": PROBE_TEXT, "sender_type": "operator", "public": False}
    http.request(
        "PUT",
        path,
        operation="probe_note",
        idempotent=False,
        body={"ticket": {"comment": comment}},
        total_seconds=CALL_SECONDS,
    )
    for wait in _READ_BACK_WAITS_SECONDS:
        found = _find_probe(http, path)
        if found is not None:
            return found
        clock.sleep(wait)
    return None


def _find_probe(http: VendorHttp, path: str) -> dict[str, Any] | None:
    answer = http.request(
        "GET", path, operation="probe_read", idempotent=True, accept=(_NOT_FOUND,), total_seconds=CALL_SECONDS
    )
    if answer.status == _NOT_FOUND:
        raise NotFoundError("the helpdesk has no such ticket: name the id of a test ticket of your own")
    ticket = answer.json().get("ticket", {})
    return next((one for one in ticket.get("comments", []) if PROBE_TEXT in str(one.get("body", ""))), None)


def _is_private(comment: dict[str, Any]) -> bool:
    """Only a clear word counts: an account that says nothing proves nothing."""
    return str(comment.get("public")).lower() == "false"
