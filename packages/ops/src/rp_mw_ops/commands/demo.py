"""Shows the story live: what happens as it happens, then a table, then one conversation explained."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rp_mw_local.demo.scenario_runner import Outcome, ScenarioRunner
from rp_mw_local.demo.scenarios import run_scenarios
from rp_mw_local.emulator_environment import require_python, require_space
from rp_mw_local.shop import stock
from rp_mw_local.stack import LIVE_FLAGS, Stack, StackOptions
from rp_mw_local.zips import build_zips
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.explanation import load_story
from rp_mw_ops.turns import explain_lines
from rp_mw_shared.environments.checkout import state_dir

STYLES = {
    "customer": "cyan",
    "webhook": "blue",
    "decided": "magenta",
    "send-message": "green",
    "comment": "green",
    "note": "dim",
    "tags": "yellow",
    "status": "yellow",
    "fault": "red",
    "switch": "red",
    "poison": "red",
    "failed": "bold red",
}
EXPLAINED = "number"
PLAIN_WIDTH = 120


def run_demo(*, is_plain: bool, pace_seconds: float = 0.0, has_console: bool = False) -> int:
    """0 when every scenario came out as told, 1 otherwise. Leaves no process, port or temporary folder behind.

    `pace_seconds` are waited after each scenario. With `has_console` the console shows it as it happens, and the system
    is kept until Ctrl-C.
    """
    console = _console(is_plain=is_plain)
    require_python()
    require_space(state_dir())
    started = time.monotonic()
    with console.status("building the zips") as status:
        zips = build_zips(_progress(console, status.update))
        stack = Stack(zips, StackOptions(flags=LIVE_FLAGS), _progress(console, status.update))
        status.update("starting the embedded AWS, the vendors and the functions")
        stack.start()
        try:
            stock(stack)
            console.print(f"ready after {time.monotonic() - started:.1f} s\n")
            status.update("playing the story")
            environment = Environment(stack.topology, stack.client)
            with _watched(console, environment, is_wanted=has_console):
                runner = ScenarioRunner(stack, _teller(console, status.update), pace_seconds=pace_seconds)
                outcomes = run_scenarios(runner)
                status.update("looking back")
                _summarise(console, outcomes)
                _explain(console, environment, outcomes)
                if has_console:
                    status.update("the console is open; Ctrl-C ends it and removes everything")
                    with contextlib.suppress(KeyboardInterrupt):
                        threading.Event().wait()
        finally:
            status.update("stopping")
            stack.stop()
    return _conclude(console, outcomes, time.monotonic() - started)


def _console(*, is_plain: bool) -> Console:
    """Colours and a spinner on a terminal; plain lines, wide enough for the table, anywhere else."""
    console = Console(no_color=is_plain, force_terminal=False if is_plain else None, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = max(console.width, PLAIN_WIDTH)
    return console


def _progress(console: Console, update: Callable[[str], None]) -> Callable[[str], None]:
    def show(line: str) -> None:
        update(escape(line))
        console.print(f"  [dim]{escape(line)}[/dim]")

    return show


def _teller(console: Console, update: Callable[[str], None]) -> Callable[[str, str], None]:
    def tell(kind: str, text: str) -> None:
        if kind == "scenario":
            update(escape(text))
            console.print(f"\n[bold]{escape(text)}[/bold]")
            return
        style = STYLES.get(kind, "white")
        console.print(f"  [{style}]{kind:>12}[/{style}]  {escape(text)}")

    return tell


def _summarise(console: Console, outcomes: list[Outcome]) -> None:
    table = Table(title="\nWhat came of it", title_justify="left", show_edge=False, pad_edge=False)
    for heading in ("", "scenario", "result", "checks", "seconds"):
        table.add_column(heading, justify="right" if heading in {"checks", "seconds"} else "left")
    for outcome in outcomes:
        held = sum(1 for _, is_so in outcome.checks if is_so)
        failed = next((what for what, is_so in outcome.checks if not is_so), "")
        table.add_row(
            "[green]ok[/green]" if outcome.is_as_told else "[bold red]NO[/bold red]",
            escape(outcome.title),
            escape(outcome.summary if outcome.is_as_told else f"expected: {failed}"),
            f"{held}/{len(outcome.checks)}",
            f"{outcome.seconds:.1f}",
        )
    console.print(table)


@contextlib.contextmanager
def _watched(console: Console, environment: Environment, *, is_wanted: bool) -> Iterator[None]:
    """Serve the console while the block runs, where it is wanted, and say where."""
    if not is_wanted:
        yield
        return
    from rp_mw_ops.console.serving import served

    with served(LOCAL, lambda: environment) as running:
        console.print(f"[bold]watch it at {escape(running.entrance)}[/bold]\n")
        yield


def _explain(console: Console, environment: Environment, outcomes: list[Outcome]) -> None:
    conversation_id = next(outcome.conversation_id for outcome in outcomes if outcome.name == EXPLAINED)
    console.print(f"\n[bold]rp-mw explain '{escape(conversation_id)}'[/bold]")
    for line in explain_lines(load_story(environment, conversation_id)):
        console.print(escape(line))


def _conclude(console: Console, outcomes: list[Outcome], seconds: float) -> int:
    told = sum(1 for outcome in outcomes if outcome.is_as_told)
    console.print(f"\n{told} of {len(outcomes)} scenarios came out as told, in {seconds:.0f} s.")
    console.print("To read along: make demo ARGS='--pace 5 --console' keeps a console open in the browser.")
    console.print("Go on by hand: make up · rp-mw send --sample tracked · rp-mw console · make down")
    console.print("(rp-mw is in .venv/bin)", style="dim")
    sys.stdout.flush()
    return 0 if told == len(outcomes) else 1
