"""`rp-mw send`: a customer writes, the webhook fires, and the answer is shown."""

from __future__ import annotations

import argparse
from importlib.resources import files
from typing import Any

from rp_mw_local.http_target import Answer, HttpTarget, full_payload, minimal_payload
from rp_mw_local.simulators.seeding import seed
from rp_mw_ops.arguments import conversation_id
from rp_mw_ops.environment import require_local
from rp_mw_ops.errors import UsageError
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.environments.running_locally import require_running

MAX_COPIES = 100
Json = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what the customer says, and how the webhook tells it."""
    parser.add_argument("--sample", choices=sorted(load_samples()), help="a ready-made message")
    parser.add_argument("--text", help="what the customer writes")
    parser.add_argument(
        "--conversation", metavar="ID", type=conversation_id, help="write in this conversation instead of a new one"
    )
    parser.add_argument("--channel", help="email (default), livechat, ...")
    parser.add_argument("--email", help="the customer's address")
    parser.add_argument(
        "--order", metavar="ID", dest="linked_order_id", help="the order Richpanel links to the conversation"
    )
    parser.add_argument(
        "--minimal", action="store_true", help="send the ticket's id only, as the recommended template does"
    )
    parser.add_argument(
        "--copies", type=int, default=1, metavar="N", help=f"post it N times at once (up to {MAX_COPIES})"
    )
    parser.add_argument("--json", action="store_true", help="print the answers as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when every copy was accepted."""
    require_local("send", args.env)
    if not 1 <= args.copies <= MAX_COPIES:
        raise UsageError(f"--copies {args.copies} is not between 1 and {MAX_COPIES}")
    running = require_running()
    message = build_message(args)
    written = seed(running["simulators"]["richpanel"], {"customer_message": message})
    conversation_id = written["conversation_id"]
    payload = (
        minimal_payload(conversation_id)
        if args.minimal
        else full_payload(conversation_id, written["message_id"], message, written["created_at"])
    )
    answers = HttpTarget(running["webhook_url"], running["webhook_token"]).fire_many([payload] * args.copies)
    _show(conversation_id, answers, as_json=args.json)
    return 0 if all(answer.status == 200 for answer in answers) else 1


def load_samples() -> dict[str, Json]:
    """The messages of samples.yaml by name."""
    import yaml

    return dict(yaml.safe_load(files("rp_mw_ops").joinpath("samples.yaml").read_text("utf-8")))


def build_message(args: argparse.Namespace) -> Json:
    """The sample with what was given on the command line on top; raises UsageError when there is nothing to say."""
    given = {key: getattr(args, key) for key in ("text", "channel", "email", "linked_order_id") if getattr(args, key)}
    message = {"channel": "email", "email": "customer@example.com"} | load_samples().get(args.sample or "", {}) | given
    if not message.get("text"):
        raise UsageError("nothing to send: give --sample NAME or --text '...'")
    if args.conversation:
        message["conversation_id"] = args.conversation
    return message


def _show(conversation_id: str, answers: list[Answer], *, as_json: bool) -> None:
    if as_json:
        shown = [{"http_status": one.status, **one.body} for one in answers]
        write_json({"conversation_id": conversation_id, "answers": shown})
        return
    for one in answers:
        said = one.body.get("status") or one.body.get("title") or ""
        write_lines(f"{one.status} {said} in {one.seconds * 1000:.0f} ms")
    write_lines(f"conversation {conversation_id}", f"next: rp-mw explain '{conversation_id}' --wait 60")
