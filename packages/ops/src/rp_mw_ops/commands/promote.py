"""`rp-mw promote`: open a stage of the rollout when its gates hold, and say what is missing when they do not."""

from __future__ import annotations

import argparse
from pathlib import Path

from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    find_actor,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.errors import UsageError
from rp_mw_ops.exit_codes import DONE, FINDING
from rp_mw_ops.flags import load_flags, set_flag, wait_until_seen
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.promotion import STAGE, Examined, examine, require_proof, to_json, to_lines, to_reason
from rp_mw_ops.switching import add_switching_arguments
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.flags.declared import RolloutStage
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.flags.model import CEILING
from rp_mw_worker.policy.loader import load_policy

_STAGES = tuple(to_text(stage) for stage in RolloutStage if stage is not RolloutStage.SHADOW)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the stage, --override and --dry-run beside what every switch takes."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    add_switching_arguments(parser)
    parser.add_argument("stage", choices=_STAGES, help="the stage to open")
    parser.add_argument("--override", action="store_true", help="open it though gates do not hold; needs --why")
    parser.add_argument("--dry-run", action="store_true", help="say what the gates say, and open nothing")
    parser.add_argument("--policy", type=Path, metavar="DIR", help="the policy whose rollout.yaml counts")


def run(args: argparse.Namespace) -> int:
    """0 when the stage is open, 1 when a gate does not hold, 2 for what makes no sense."""
    if args.override and not args.why.strip():
        raise UsageError("say why (--why '...'): an override goes into the audit trail")
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    values = {name: flag["value"] for name, flag in load_flags(environment).items()}
    wanted = RolloutStage[args.stage.upper()]
    require_proof(values, wanted)
    examined = examine(environment, values, wanted, load_policy(args.policy).rollout, clock.now_epoch_ms())
    if examined.now > wanted:
        told = f"rp-mw flags set {STAGE} {args.stage} --why '...' goes back"
        raise UsageError(f"the stage is {to_text(examined.now)} already: {told}")
    is_opened = not args.dry_run and (not examined.broken or args.override)
    if is_opened and examined.now < wanted:
        _open(environment, args, examined, clock)
    _tell(environment, args, examined, is_opened=is_opened)
    return FINDING if examined.broken and not is_opened else DONE


def _open(environment: Environment, args: argparse.Namespace, examined: Examined, clock: Clock) -> None:
    """Raise both flags: the stage, and the ceiling that a demotion may have lowered."""
    require_confirmation(environment, args, f"opening stage {args.stage}")
    who, why = find_actor(environment, args.who), to_reason(examined, args.why)
    done = [set_flag(environment, name, args.stage, who=who, why=why) for name in (STAGE, CEILING)]
    if not args.no_wait:
        wait_until_seen(environment, done[-1], clock)


def _tell(environment: Environment, args: argparse.Namespace, examined: Examined, *, is_opened: bool) -> None:
    if args.json:
        told = to_json(examined, is_promoted=is_opened, is_overridden=is_opened and bool(examined.broken))
        write_json(with_where(environment, told))
        return
    write_lines(*to_lines(examined))
    if is_opened:
        write_lines(f"the stage is {args.stage}" + (", by override" if examined.broken else ""))
    elif examined.broken:
        write_lines(f"stage {args.stage} stays closed: {len(examined.broken)} gates do not hold")
